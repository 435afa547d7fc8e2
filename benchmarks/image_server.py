"""An Amazon ECR on loopback with an image of one layer of any size; uploads are dropped."""

import asyncio
import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import cycle, islice
from typing import Any, cast

import orjson

from benchmarks.server import served

SOURCE, TARGET, TAG = "source", "target", "1.0"

_PART_SIZE = 20 << 20  # bytes, what Amazon ECR takes at once
_BLOCK = hashlib.sha512(b"any bytes").digest() * 16384  # 1 MiB
_TYPE = "application/vnd.oci.image."
_ACCOUNT = "123456789012"
_CONFIG = b"{}"
# Larger requests are parts of layers, of which only the size is looked at.
_LARGEST_READ = 1 << 16
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_OPERATION = re.compile(rb"\r\nx-amz-target: *\w+\.(\w+)", re.IGNORECASE)
_HOST = re.compile(rb"\r\nhost: *(\S+)", re.IGNORECASE)
_RANGE = re.compile(rb"\r\nrange: *bytes=(\d+)-(\d+)", re.IGNORECASE)


def layer_digest(size: int) -> str:
    """Return the digest of a layer of so many MiB."""
    checksum = hashlib.sha256()
    for block in islice(cycle([_BLOCK]), size):
        checksum.update(block)
    return f"sha256:{checksum.hexdigest()}"


@contextmanager
def image_server(size: int, layer: str) -> Iterator[dict[str, str]]:
    """Serve an image, and yield the connector's cfg for it.

    Args:
        size: The MiB of its layer.
        layer: The layer's digest.
    """
    with served(partial(_Exchange, size << 20, layer)) as running:
        yield running.cfg


class _Exchange(asyncio.Protocol):
    """A connection; answers each request as soon as its last byte has arrived."""

    def __init__(self, size: int, layer: str) -> None:
        self._size = size
        self._layer = layer
        self._head = b""
        self._body = b""
        self._left = 0  # bytes of the body still to come
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{_TYPE}manifest.v1+json",
            "config": _descriptor("config.v1+json", _digest(_CONFIG), len(_CONFIG)),
            "layers": [_descriptor("layer.v1.tar", layer, size)],
        }
        self._manifest = orjson.dumps(manifest).decode()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._left:
            self._left -= len(data)
            if len(self._body) < _LARGEST_READ:
                self._body += data
        else:
            self._head += data
            head, end, body = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            self._head, self._body = head, body
            length = _LENGTH.search(head)
            self._left = int(length[1]) - len(body) if length else 0
        if not self._left:
            self._answer(self._head)
            self._head = b""

    def _answer(self, head: bytes) -> None:
        if head.startswith(b"GET"):
            self._send_range(head)
            return
        [operation], [host] = _found(_OPERATION, head), _found(_HOST, head)
        self._send(200, orjson.dumps(self._result(operation.decode(), host.decode())))

    def _result(self, operation: str, host: str) -> dict[str, Any]:
        match operation:
            case "BatchGetImage":
                is_source = orjson.loads(self._body)["repositoryName"] == SOURCE
                return {"images": [self._image()] if is_source else []}
            case "DescribeRepositories":
                return {"repositories": [{"registryId": _ACCOUNT, "repositoryName": TARGET}]}
            case "GetDownloadUrlForLayer":
                digest = orjson.loads(self._body)["layerDigest"]
                return {"downloadUrl": f"http://{host}/{digest}"}
            case "InitiateLayerUpload":
                return {"uploadId": "1", "partSize": _PART_SIZE}
        return {}

    def _image(self) -> dict[str, Any]:
        return {
            "registryId": _ACCOUNT,
            "imageId": {"imageDigest": _digest(self._manifest.encode()), "imageTag": TAG},
            "imageManifest": self._manifest,
            "imageManifestMediaType": f"{_TYPE}manifest.v1+json",
        }

    def _send_range(self, head: bytes) -> None:
        first, last = map(int, _found(_RANGE, head))
        if self._layer.encode() in head:
            size, start = self._size, first % len(_BLOCK)
            blocks = _BLOCK * ((last - first) // len(_BLOCK) + 2)
            content = memoryview(blocks)[start : start + last - first + 1]
        else:
            size, content = len(_CONFIG), memoryview(_CONFIG)[first : last + 1]
        self._send(206, content, f"Content-Range: bytes {first}-{last}/{size}\r\n")

    def _send(self, status: int, content: bytes | memoryview, header: str = "") -> None:
        length = f"Content-Length: {len(content)}\r\n"
        self._transport.write(f"HTTP/1.1 {status} OK\r\n{length}{header}\r\n".encode())
        self._transport.write(content)


def _found(header: re.Pattern[bytes], head: bytes) -> Sequence[bytes]:
    """Return the parts of a header, which each request of its kind has."""
    match = header.search(head)
    if match is None:
        raise ValueError(f"the request has no header that matches {header.pattern!r}")
    return match.groups()


def _descriptor(kind: str, digest: str, size: int) -> dict[str, Any]:
    return {"mediaType": f"{_TYPE}{kind}", "digest": digest, "size": size}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
