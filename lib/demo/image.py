"""A container image: real bytes, real digests, a real manifest."""

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from functools import cached_property
from typing import Any

MIB = 1 << 20


@dataclass(frozen=True)
class Blob:
    """Content that a registry stores under its digest."""

    media_type: str
    content: bytes

    @cached_property
    def digest(self) -> str:
        """The digest, as registries write it."""
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    @property
    def descriptor(self) -> dict[str, Any]:
        """Its entry in a manifest."""
        return {
            "mediaType": self.media_type,
            "digest": self.digest,
            "size": len(self.content),
        }


class Image:
    """A small image of two layers, identical in every run.

    See https://github.com/opencontainers/image-spec/blob/main/manifest.md

    Attributes:
        blobs: The layers and the configuration, by name.
        manifest: The manifest's JSON text.
        digest: The manifest's digest.
    """

    def __init__(self) -> None:
        layers = [_layer("usr/lib/hello.so", 12 * MIB), _layer("usr/bin/hello", 7 * MIB)]
        config = _json_blob(
            "application/vnd.oci.image.config.v1+json",
            {
                "architecture": "amd64",
                "os": "linux",
                "config": {"Cmd": ["/usr/bin/hello"]},
                # Digests of the uncompressed layers; these are not compressed.
                "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in layers]},
            },
        )
        manifest = _json_blob(
            "application/vnd.oci.image.manifest.v1+json",
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": config.descriptor,
                "layers": [layer.descriptor for layer in layers],
            },
        )
        self.blobs = {"first layer": layers[0], "second layer": layers[1], "configuration": config}
        self.manifest = manifest.content.decode()
        self.digest = manifest.digest


def _layer(path: str, size: int) -> Blob:
    """Return a tar archive with one file of arbitrary bytes."""
    content = hashlib.shake_256(path.encode()).digest(size)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        file = tarfile.TarInfo(path)
        file.size = size
        file.mode = 0o755
        tar.addfile(file, io.BytesIO(content))
    return Blob("application/vnd.oci.image.layer.v1.tar", archive.getvalue())


def _json_blob(media_type: str, content: dict[str, Any]) -> Blob:
    return Blob(media_type, json.dumps(content).encode())
