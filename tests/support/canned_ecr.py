"""A server that is an Amazon ECR with one image of one layer, whose layer may be of any size."""

import base64
import hashlib
import re
from itertools import cycle, islice
from typing import Any

import orjson

from tests.support.loopback import Captured, Loopback, Reply

ACCOUNT = "123456789012"
TAG = "1.0"

_BLOCK = hashlib.sha512(b"any bytes").digest() * 16384  # 1 MiB
_TYPE = "application/vnd.oci.image."
_EMPTY = b"{}"


class CannedEcr(Loopback):
    """Source and target in one; the target has no layers until they are uploaded.

    Args:
        size: The bytes of the layer.
        part_size: The bytes that it wants of a layer at once.

    Attributes:
        downloads: Answers to the next requests for layers; None for the true one.
        download_url: Where layers are downloaded from.
        refusals: By operation, the code of the error that it answers with, once.
        fetched: The requests for layers.
        operations: The operations that were called, in order.
        completed: The digests of the layers whose upload was completed.
        layer: The digest of the layer.
    """

    def __init__(self, size: int, part_size: int = 20 << 20) -> None:
        super().__init__()
        self._size = size
        self._part_size = part_size
        self.downloads: list[Reply | None] = []
        self.download_url = f"{self.url}/layers/"
        self.refusals: dict[str, str] = {}
        self.fetched: list[Captured] = []
        self.operations: list[str] = []
        self.completed: list[str] = []
        checksum = hashlib.sha256()
        for block in islice(cycle([_BLOCK]), size >> 20):
            checksum.update(block)
        checksum.update(_BLOCK[: size % len(_BLOCK)])
        self.layer = f"sha256:{checksum.hexdigest()}"
        self._uploaded = hashlib.sha256()
        self._uploaded_size = 0
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{_TYPE}manifest.v1+json",
            "config": {
                "mediaType": f"{_TYPE}config.v1+json",
                "digest": _digest(_EMPTY),
                "size": len(_EMPTY),
            },
            "layers": [{"mediaType": f"{_TYPE}layer.v1.tar", "digest": self.layer, "size": size}],
        }
        self._manifest = orjson.dumps(manifest).decode()

    def keep(self, request: Captured) -> Reply:
        """Answer an operation, or a request for a layer."""
        target = request.headers.get("X-Amz-Target")
        if target is None:
            self.fetched.append(request)
            scripted = self.downloads.pop(0) if self.downloads else None
            return scripted or self._range(request)
        operation = target.rpartition(".")[2]
        self.operations.append(operation)
        if code := self.refusals.pop(operation, None):
            return Reply({"__type": code, "message": "no"}, 400)
        return Reply(self._answer(operation, request.json))

    def _answer(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked.get("repositoryName")
        match operation:
            case "BatchGetImage":
                images = [self._image()] if name == "source" else []
                return {"images": images, "failures": [{"failureReason": "not there"}]}
            case "DescribeRepositories":
                return {"repositories": [{"registryId": ACCOUNT, "repositoryName": "target"}]}
            case "BatchCheckLayerAvailability":
                return {"layers": [], "failures": []}
            case "GetDownloadUrlForLayer":
                url = f"{self.download_url}{asked['layerDigest']}?X-Amz-Signature=very-secret"
                return {"downloadUrl": url}
            case "InitiateLayerUpload":
                self._uploaded, self._uploaded_size = hashlib.sha256(), 0
                return {"uploadId": "1", "partSize": self._part_size}
            case "UploadLayerPart":
                assert asked["partFirstByte"] == self._uploaded_size
                part = base64.b64decode(asked["layerPartBlob"])
                self._uploaded.update(part)
                self._uploaded_size += len(part)
                assert asked["partLastByte"] == self._uploaded_size - 1
            case "CompleteLayerUpload":
                assert asked["layerDigests"] == [f"sha256:{self._uploaded.hexdigest()}"]
                self.completed += asked["layerDigests"]
        return {}

    def _image(self) -> dict[str, Any]:
        return {
            "registryId": ACCOUNT,
            "imageId": {"imageDigest": _digest(self._manifest.encode()), "imageTag": TAG},
            "imageManifest": self._manifest,
            "imageManifestMediaType": f"{_TYPE}manifest.v1+json",
        }

    def _range(self, request: Captured) -> Reply:
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers["Range"])
        assert asked
        first, last = map(int, asked.groups())
        if self.layer in request.path:
            size, start = self._size, first % len(_BLOCK)
            blocks = _BLOCK * ((last - first) // len(_BLOCK) + 2)
            content = blocks[start : start + last - first + 1]
        else:
            size, content = len(_EMPTY), _EMPTY[first : last + 1]
        return Reply(content, 206, {"Content-Range": f"bytes {first}-{last}/{size}"})


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
