"""The images with which the examples of docs/designers.md begin."""

import time

import orjson

from lib.sandbox.backend import registry_of
from lib.sandbox.manifest import digest_of

REPOSITORY = "team/app"
TAG = "1.4.2"

_TYPE = "application/vnd.oci.image"
_CONFIG = b"{}"
_AGE = 30 * 86_400  # seconds since the older image was pushed


def push_images(account: str, region: str) -> None:
    """Let an account have a repository with an image, and an older one that has lost its tag."""
    registry = registry_of(account, region)
    registry.create_repository(
        REPOSITORY,
        registry_id=None,
        encryption_config={},
        image_scan_config=None,
        image_tag_mutability="MUTABLE",
        tags=[],
    )
    for layer in (_CONFIG, b"hello\n", b"old\n"):
        upload = registry.initiate_layer_upload(REPOSITORY)["uploadId"]
        registry.upload_layer_part(REPOSITORY, upload, 0, len(layer) - 1, layer)
        registry.complete_layer_upload(REPOSITORY, upload, [digest_of(layer)])
    registry.put_image(REPOSITORY, _manifest(b"hello\n"), TAG)
    older = registry.put_image(REPOSITORY, _manifest(b"old\n"), "")
    older.remove_tag("")
    older.image_pushed_at = int(time.time()) - _AGE


def _manifest(layer: bytes) -> str:
    """Return the manifest of an image of one layer."""
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_TYPE}.manifest.v1+json",
        "config": _descriptor(f"{_TYPE}.config.v1+json", _CONFIG),
        "layers": [_descriptor(f"{_TYPE}.layer.v1.tar", layer)],
    }
    return orjson.dumps(manifest).decode()


def _descriptor(media_type: str, content: bytes) -> dict[str, str | int]:
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}
