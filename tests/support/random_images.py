"""Random images, pushed to a sandbox: of one platform or many, with shared layers."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from lib.sandbox.backend import registry_of
from tests.support.sandbox import call, digest, upload

_SIZES = (0, 1, 100, 65_536, 300_000, 1_048_577)
# More than a part has, and no multiple of a range.
_LARGE = 11_000_001
_OCI, _DOCKER = "application/vnd.oci.image.", "application/vnd.docker."
# The media types of an index, a manifest, a configuration and a layer.
_TYPES = (
    (
        f"{_OCI}index.v1+json",
        f"{_OCI}manifest.v1+json",
        f"{_OCI}config.v1+json",
        f"{_OCI}layer.v1.tar+gzip",
    ),
    (
        f"{_DOCKER}distribution.manifest.list.v2+json",
        f"{_DOCKER}distribution.manifest.v2+json",
        f"{_DOCKER}container.image.v1+json",
        f"{_DOCKER}image.rootfs.diff.tar.gzip",
    ),
)


@dataclass
class PushedImage:
    """What an image consists of.

    Args:
        digest: The image's digest.
        manifests: The text and the media type of each of its manifests, by digest.
        layers: Its layers and configurations, by digest.
    """

    digest: str = ""
    manifests: dict[str, tuple[str, str]] = field(default_factory=dict)
    layers: dict[str, bytes] = field(default_factory=dict)


class Builder:
    """Pushes a random image.

    Args:
        cfg: The sandbox's cfg.
        repository: The repository.
        seed: The same one makes the same image.
    """

    def __init__(self, cfg: dict[str, str], repository: str, seed: int) -> None:
        self._cfg = cfg
        self._repository = repository
        self._random = random.Random(seed)  # noqa: S311 - any image, the same each time
        self._types = self._random.choice(_TYPES)
        self._pushed = PushedImage()

    def push(
        self, tag: str, platforms: int, layers: int, *, small: bool = False, large: int = 0
    ) -> PushedImage:
        """Push the image.

        Args:
            tag: Its tag.
            platforms: The number of platforms; with 1 it has no index.
            layers: The most layers that the image of a platform has.
            small: Whether all layers are.
            large: The bytes of another layer, which every platform has; 0 for none.
        """
        sizes = (0, 5) if small else (*_SIZES, _LARGE)
        # Most are small; the images share some of them.
        pool = [
            self._blob(self._random.choice(sizes[: 4 + number // 9])) for number in range(layers)
        ]
        shared = [self._blob(large)] if large else []
        parts = []
        for number in range(platforms):
            chosen = self._random.sample(pool, self._random.randint(min(2, layers), layers))
            tagged = tag if platforms == 1 else ""
            image = self._image(f"cpu{number}", shared + chosen, tagged)
            parts.append(image)
            # Clients know no attestations in the forms of Docker.
            if self._types is _TYPES[0] and platforms > 1 and self._random.random() < 0.5:
                parts.append(self._attestation(image))
        if platforms > 1:
            self._put({"manifests": parts}, self._types[0], tag)
        return self._pushed

    def _image(self, architecture: str, layers: list[bytes], tag: str) -> dict[str, Any]:
        _, manifest, config, layer = self._types
        settings = orjson.dumps({"architecture": architecture, "os": "linux"})
        members = {
            "config": self._descriptor(config, settings),
            "layers": [self._descriptor(layer, blob) for blob in layers],
        }
        platform = {"os": "linux", "architecture": architecture}
        return {**self._put(members, manifest, tag), "platform": platform}

    def _attestation(self, image: Mapping[str, Any]) -> dict[str, Any]:
        """An attestation of an image, as BuildKit adds it to an index."""
        statement = orjson.dumps({"subject": image["digest"]})
        members = {
            "config": self._descriptor(self._types[2], b"{}"),
            "layers": [self._descriptor("application/vnd.in-toto+json", statement)],
        }
        unknown = {"os": "unknown", "architecture": "unknown"}
        return {**self._put(members, self._types[1]), "platform": unknown}

    def _put(self, members: dict[str, Any], media_type: str, tag: str = "") -> dict[str, Any]:
        text = orjson.dumps({"schemaVersion": 2, "mediaType": media_type, **members}).decode()
        self._pushed.digest = digest(text.encode())
        self._pushed.manifests[self._pushed.digest] = text, media_type
        call(
            self._cfg,
            "PutImage",
            repositoryName=self._repository,
            imageManifest=text,
            imageManifestMediaType=media_type,
            **({"imageTag": tag} if tag else {}),
        )
        return {"mediaType": media_type, "digest": self._pushed.digest, "size": len(text)}

    def _blob(self, size: int) -> bytes:
        return self._random.randbytes(size)

    def _descriptor(self, media_type: str, content: bytes) -> dict[str, Any]:
        name = digest(content)
        if name not in self._pushed.layers:
            self._pushed.layers[name] = content
            upload(self._cfg, self._repository, content)
        return {"mediaType": media_type, "digest": name, "size": len(content)}


def found(cfg: dict[str, str], region: str, repository: str, image: PushedImage) -> PushedImage:
    """Return what a repository of a sandbox has of an image."""
    there = {**cfg, "region": region}
    described = call(there, "DescribeRepositories", repositoryNames=[repository])
    registry = registry_of(described["repositories"][0]["registryId"], region)
    present = PushedImage(image.digest)
    for name in image.manifests:
        ids = [{"imageDigest": name}]
        for it in call(there, "BatchGetImage", repositoryName=repository, imageIds=ids)["images"]:
            text = it["imageManifest"], it["imageManifestMediaType"]
            present.manifests[it["imageId"]["imageDigest"]] = text
    for name in image.layers:
        content = registry.content_of(repository, name)
        if content is not None:
            present.layers[name] = content
    return present
