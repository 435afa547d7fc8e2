"""Image manifests: what one says of the layers and the other images that it refers to.

https://github.com/opencontainers/image-spec/blob/main/manifest.md and image-index.md
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import orjson

from lib.component.errors import InvalidManifestError, PlatformNotFoundError

# The media types in which an image is asked for. Amazon ECR converts to no other than these.
MEDIA_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# Layers that only their vendor may distribute, such as Windows' own: registries do not hold them.
_ELSEWHERE = ("foreign", "nondistributable")


@dataclass(frozen=True)
class Layer:
    """A layer of an image, or its configuration.

    Args:
        digest: Such as ``sha256:…``.
        size: Its bytes.
    """

    digest: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """The manifest of an image, or of a multi-platform image.

    Args:
        text: The manifest as it was pushed: its digest is that of these bytes.
        digest: The image's digest.
        media_type: The manifest's media type.
        layers: The configuration and the layers of an image, each once.
        images: The digests of a multi-platform image's images, each with its platform, such as
            ``linux/arm64/v8``; the empty text if it has none.
    """

    text: str = field(repr=False)
    digest: str
    media_type: str
    layers: tuple[Layer, ...] = ()
    images: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str, media_type: str) -> Self:
        """Read a manifest.

        Raises:
            InvalidManifestError: It is not a manifest of a known form.
        """
        digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
        try:
            members = orjson.loads(text)
            descriptors = [*_several(members, "config"), *_several(members, "layers")]
            layers = [
                _layer(descriptor)
                for descriptor in descriptors
                if not any(word in descriptor.get("mediaType", "") for word in _ELSEWHERE)
            ]
            images = [
                (_digest(descriptor), _platform(descriptor))
                for descriptor in _several(members, "manifests")
            ]
        except (AttributeError, KeyError, TypeError, ValueError):
            raise InvalidManifestError(digest, media_type) from None
        if not descriptors and "manifests" not in members:
            raise InvalidManifestError(digest, media_type)
        return cls(
            text, digest, media_type, tuple(dict.fromkeys(layers)), tuple(dict.fromkeys(images))
        )

    def image_for(self, platform: str) -> str:
        """Return the digest of the first image for a platform.

        Args:
            platform: Such as ``linux/arm64``, with which ``linux/arm64/v8`` agrees.

        Raises:
            PlatformNotFoundError: There is none.
        """
        for digest, found in self.images:
            if f"{found}/".startswith(f"{platform}/"):
                return digest
        raise PlatformNotFoundError(self.digest, platform, [found for _, found in self.images])


def with_all_images(top: Manifest, fetch: Callable[[str], Manifest]) -> list[Manifest]:
    """Return an image after all the images that it refers to, each once.

    Amazon ECR takes a multi-platform image only after its images.

    Args:
        top: The image.
        fetch: Fetches an image's manifest by its digest.
    """
    found: dict[str, Manifest] = {}

    def visit(manifest: Manifest) -> None:
        for digest, _ in manifest.images:
            if digest not in found:
                visit(fetch(digest))
        found[manifest.digest] = manifest

    visit(top)
    return list(found.values())


def all_layers(images: Iterable[Manifest]) -> list[Layer]:
    """Return the layers of several images, each once."""
    return list(dict.fromkeys(layer for image in images for layer in image.layers))


def _several(members: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the descriptors of a member: those of a list, a single one, or none."""
    value = members.get(name)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _layer(descriptor: dict[str, Any]) -> Layer:
    size = descriptor["size"]
    if not isinstance(size, int) or size < 0:
        raise ValueError
    return Layer(_digest(descriptor), size)


def _digest(descriptor: dict[str, Any]) -> str:
    digest: str = descriptor["digest"]
    if not _DIGEST.fullmatch(digest):
        raise ValueError
    return digest


def _platform(descriptor: dict[str, Any]) -> str:
    platform = descriptor.get("platform") or {}
    return "/".join(filter(None, map(platform.get, ("os", "architecture", "variant"))))
