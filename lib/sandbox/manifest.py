"""Image manifests: the digest, and the content that a manifest refers to.

See https://github.com/opencontainers/image-spec/blob/main/manifest.md
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Self

import orjson


def digest_of(content: bytes) -> str:
    """Return the digest of a manifest or a layer, as registries write it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass(frozen=True)
class Manifest:
    """The digests that a manifest refers to.

    Args:
        layers: The configuration and the layers of an image.
        images: The images of a multi-platform image.
    """

    layers: tuple[str, ...]
    images: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a manifest.

        Raises:
            ValueError: It is not a JSON object.
        """
        members = orjson.loads(text)
        if not isinstance(members, dict):
            raise ValueError("a manifest is a JSON object")  # noqa: TRY004 - invalid like no JSON
        return cls(
            layers=_digests([members.get("config")]) + _digests(members.get("layers")),
            images=_digests(members.get("manifests")),
        )


def _digests(descriptors: Any) -> tuple[str, ...]:
    """Return the digests in a list of descriptors; what is no descriptor has none."""
    return tuple(
        descriptor["digest"]
        for descriptor in (descriptors if isinstance(descriptors, list) else ())
        if isinstance(descriptor, dict) and isinstance(descriptor.get("digest"), str)
    )
