"""The image, built once for all its tests."""

from collections.abc import Iterator

import pytest

from tests.support.image import Image, MissingEngineError, built
from tests.support.provision import Machine


@pytest.fixture(scope="session")
def image(machine: Machine) -> Iterator[Image]:
    """Return the image; skip the test if nothing on this machine can build it."""
    try:
        with built(machine.install) as found:
            yield found
    except MissingEngineError as reason:
        pytest.skip(str(reason))
