"""Calls of a sandbox's operations, and images pushed with them."""

import base64
import hashlib
from typing import Any

import orjson

from lib.component.connection import client_of
from lib.sandbox import REGION
from lib.sandbox.backend import SandboxBackend, registry_of

OCI = "application/vnd.oci.image."
MANIFEST_TYPE = f"{OCI}manifest.v1+json"
INDEX_TYPE = f"{OCI}index.v1+json"


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def call(cfg: dict[str, str], operation: str, **members: Any) -> dict[str, Any]:
    return client_of(cfg).call(operation, orjson.dumps(members)).members


def backend_of(cfg: dict[str, str], repository: str) -> SandboxBackend:
    """The registry behind a sandbox, of which tests set the clock."""
    [found] = call(cfg, "DescribeRepositories", repositoryNames=[repository])["repositories"]
    return registry_of(found["registryId"], REGION)


def upload(cfg: dict[str, str], repository: str, blob: bytes) -> str:
    """Upload a layer, and return its digest."""
    where = {"repositoryName": repository}
    upload_id = call(cfg, "InitiateLayerUpload", **where)["uploadId"]
    call(
        cfg,
        "UploadLayerPart",
        **where,
        uploadId=upload_id,
        partFirstByte=0,
        partLastByte=len(blob) - 1,
        layerPartBlob=base64.b64encode(blob).decode(),
    )
    layers = [digest(blob)]
    call(cfg, "CompleteLayerUpload", **where, uploadId=upload_id, layerDigests=layers)
    return digest(blob)


def manifest(config: bytes, *layers: bytes) -> str:
    """The manifest of an image."""
    return orjson.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": _descriptor(f"{OCI}config.v1+json", config),
            "layers": [_descriptor(f"{OCI}layer.v1.tar", layer) for layer in layers],
        }
    ).decode()


def index(**manifests: str) -> str:
    """The manifest of a multi-platform image, of the manifests by architecture."""
    return orjson.dumps(
        {
            "schemaVersion": 2,
            "mediaType": INDEX_TYPE,
            "manifests": [
                _descriptor(MANIFEST_TYPE, text.encode())
                | {"platform": {"os": "linux", "architecture": architecture}}
                for architecture, text in manifests.items()
            ],
        }
    ).decode()


def push(cfg: dict[str, str], repository: str, *layers: bytes, tag: str = "") -> str:
    """Push an image with its layers and an empty configuration, and return its digest."""
    for blob in (b"{}", *layers):
        upload(cfg, repository, blob)
    return put(cfg, repository, manifest(b"{}", *layers), tag)


def put(cfg: dict[str, str], repository: str, text: str, tag: str = "") -> str:
    """Put a manifest, and return its digest."""
    tagged = {"imageTag": tag} if tag else {}
    image = call(cfg, "PutImage", repositoryName=repository, imageManifest=text, **tagged)["image"]
    return str(image["imageId"]["imageDigest"])


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest(content), "size": len(content)}
