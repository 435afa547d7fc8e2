"""The registry in which the examples and the recipes of docs/designers.md play."""

import time

import orjson

from lib.sandbox.backend import SandboxBackend, registry_of
from lib.sandbox.manifest import digest_of

REPOSITORY = "team/app"
TAG = "1.4.2"

_ARCHIVE = "archive/app"  # where a recipe copies images to
# The repositories that a recipe audits, and whom their policies let pull.
_SHARED = {"team/open": "*", "team/shared": {"AWS": "arn:aws:iam::111122223333:root"}}

_TYPE = "application/vnd.oci.image"
_CONFIG = b"{}"
# Seconds since the images were pushed. The trigger New Images leaves out the latest pushes.
_AGE = 3_600
_OLDER_AGE = 30 * 86_400 + 60  # 30 days, even if the clock is set back a little


def push_images(account: str, region: str) -> None:
    """Let an account have a repository with an image, and an older one that has lost its tag."""
    registry = registry_of(account, region)
    _create(registry, REPOSITORY)
    for layer in (_CONFIG, b"hello\n", b"old\n"):
        upload = registry.initiate_layer_upload(REPOSITORY)["uploadId"]
        registry.upload_layer_part(REPOSITORY, upload, 0, len(layer) - 1, layer)
        registry.complete_layer_upload(REPOSITORY, upload, [digest_of(layer)])
    image = registry.put_image(REPOSITORY, _manifest(b"hello\n"), TAG)
    image.image_pushed_at = int(time.time()) - _AGE
    older = registry.put_image(REPOSITORY, _manifest(b"old\n"), "")
    older.remove_tag("")
    older.image_pushed_at = int(time.time()) - _OLDER_AGE


def add_recipe_repositories(account: str, region: str) -> None:
    """Let an account have the other repositories of the recipes: an empty one, and two shared."""
    registry = registry_of(account, region)
    _create(registry, _ARCHIVE)
    for name, principal in _SHARED.items():
        _create(registry, name)
        statement = {
            "Sid": "Pull",
            "Effect": "Allow",
            "Principal": principal,
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        registry.set_repository_policy(account, name, orjson.dumps(policy).decode())


def remove(account: str, region: str) -> None:
    """Let an account have none of these repositories."""
    registry = registry_of(account, region)
    for name in (REPOSITORY, _ARCHIVE, *_SHARED):
        if name in registry.repositories:
            registry.delete_repository(name, force=True)


def _create(registry: SandboxBackend, name: str) -> None:
    registry.create_repository(
        name,
        registry_id=None,
        encryption_config={},
        image_scan_config=None,
        image_tag_mutability="MUTABLE",
        tags=[],
    )


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
