"""The Node sailor and ours, side by side: what comes of each message is the same.

Properties, headers with their types and decrypted payloads are compared; times and ids that are
made up are not. Differences that we want are in ``WANTED``, each with its reason.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lib.platform import Broker, Flow, ObjectStorage, RestApi
from lib.platform.process import OURS, Sailor
from tests.support.cases import SETTINGS
from tests.support.neighbours import Case, Outcome, Setting, run
from tests.support.steps import Starter


class Wanted(NamedTuple):
    """A difference that we want.

    Args:
        node: What the Node sailor does.
        ours: What we do.
        reason: Why that is better.
    """

    node: Any
    ours: Any
    reason: str


ABSENT = "absent"

# By setting, case, and the way to the difference in what came of the case.
WANTED: dict[tuple[str, str, str], Wanted] = {}
_TEXT = "errors.0.payload.error.message"
_NAME = "errors.0.payload.error.name"


def _want_error_text(setting: str, case: str, node: str, ours: str, ours_name: str) -> None:
    """Want another text and another name of an error that the runtime itself found."""
    says_more = "it says what was wrong, and what kind of error it is"
    WANTED[setting, case, _TEXT] = Wanted(repr(node), repr(ours), says_more)
    WANTED[setting, case, _NAME] = Wanted("'Error'", repr(ours_name), says_more)


_want_error_text(
    "events",
    "httpReply to nobody",
    "Component emitted 'httpReply' event but 'reply_to' was not found in AMQP headers",
    "httpReply: the message's AMQP headers have no reply_to",
    "InvalidEvent",
)
for _case, _size in {
    "too large": 5376,
    "too large, then small": 5376,
    "just too large": 1068,
}.items():
    _want_error_text(
        "size limit",
        _case,
        f"Outgoing message size {_size} exceeds limit of 1000.",
        f"The outgoing message has {_size} bytes, more than the limit of 1000",
        "UnsendableMessage",
    )
_want_error_text(
    "large messages come in",
    "none there",
    "Failed to get message body with id=no-such-object",
    "The body with id=no-such-object cannot be fetched: "
    "the object storage answered GET /objects/no-such-object with HTTP 404",
    "ObjectStorage",
)
_want_error_text(
    "references are kept, passthrough is fetched before it is sent",
    "passthrough that is not there",
    "Failed to get message body with id=none",
    "The body with id=none cannot be fetched: "
    "the object storage answered GET /objects/none with HTTP 404",
    "ObjectStorage",
)
_want_error_text(
    "large messages go out",
    "a failing upload, then small",
    "Lightweight message/passthrough body upload error",
    "the object storage answered POST /objects with HTTP 400",
    "ObjectStorage",
)
_want_error_text(
    "updateKeys fails",
    "updateKeys",
    '{"error":"scripted"}',
    "the platform's API answered PUT /v1/accounts/acc with HTTP 404",
    "RestApi",
)


class Neighbours:
    """Runs each setting once in both runtimes, when it is first asked for."""

    def __init__(self, broker: Broker, node: Sailor, folder: Path) -> None:
        self._broker = broker
        self._node = node
        self._folder = folder
        self._outcomes: dict[str, tuple[dict[str, Outcome], dict[str, Outcome]]] = {}

    def both(self, setting: Setting, case: Case) -> tuple[Outcome, Outcome]:
        """Return what comes of a case in the Node sailor, and in ours."""
        if setting.name not in self._outcomes:
            with ThreadPoolExecutor() as at_once:
                runs = [at_once.submit(self._run, sailor, setting) for sailor in (self._node, OURS)]
            theirs, ours = (run.result() for run in runs)
            self._outcomes[setting.name] = theirs, ours
        theirs, ours = self._outcomes[setting.name]
        return theirs[case.name], ours[case.name]

    def _run(self, sailor: Sailor, setting: Setting) -> dict[str, Outcome]:
        folder = self._folder / f"{setting.name}-{sailor.name}"
        folder.mkdir()
        start = Starter(folder)
        try:
            with (
                RestApi() as api,
                ObjectStorage() as storage,
                Flow(self._broker, api, flow_id="flow-of-both").declared() as flow,
            ):
                return run(setting, sailor, flow, storage, start)
        finally:
            start.end()


@pytest.fixture(scope="module")
def neighbours(
    broker: Broker, node: Sailor, tmp_path_factory: pytest.TempPathFactory
) -> Neighbours:
    return Neighbours(broker, node, tmp_path_factory.mktemp("neighbours"))


@pytest.mark.parametrize(
    ("setting", "case"),
    [
        pytest.param(setting, case, id=f"{setting.name}: {case.name}")
        for setting in SETTINGS
        for case in setting.cases
    ],
)
def test_both_runtimes_make_the_same_of_a_message(
    neighbours: Neighbours, setting: Setting, case: Case
) -> None:
    theirs, ours = neighbours.both(setting, case)
    wanted = {
        way: (difference.node, difference.ours)
        for (of_setting, of_case, way), difference in WANTED.items()
        if (of_setting, of_case) == (setting.name, case.name)
    }
    assert dict(differences(theirs, ours)) == wanted


def test_every_wanted_difference_belongs_to_a_case() -> None:
    cases = {(setting.name, case.name) for setting in SETTINGS for case in setting.cases}
    assert {(setting, case) for setting, case, _ in WANTED} <= cases
    assert len(cases) == sum(len(setting.cases) for setting in SETTINGS)


def differences(theirs: Any, ours: Any, way: str = "") -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Yield the way to each difference, and what is there on either side."""
    if isinstance(theirs, list) and isinstance(ours, list):
        theirs, ours = dict(enumerate(theirs)), dict(enumerate(ours))
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted(theirs.keys() | ours.keys(), key=str):
            step = f"{way}.{key}" if way else str(key)
            yield from differences(theirs.get(key, ABSENT), ours.get(key, ABSENT), step)
    elif theirs != ours:
        yield way, (theirs, ours)
