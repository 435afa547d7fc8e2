"""Downloads of layers from pre-signed URLs, a range at a time.

The URLs lead to storage that anyone who has one may read from, so our credentials stay out of the
requests, and the URLs out of logs and errors. Each range is a request with deadlines, so a download
that stops or drips ends however large the layer is, and memory holds no more than one range.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html
"""

import random
import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from lib.component.errors import LayerDownloadError
from lib.component.images.manifest import Layer
from lib.component.images.repository import Repository
from lib.ecr import InvalidConfigurationError
from lib.http import (
    ProxyOrTrustError,
    Response,
    Timeout,
    Transport,
    TransportError,
    is_loopback,
    prepared,
)

LARGEST_RANGE = 6 << 20  # bytes; a multiple of 3, so that base64 texts of ranges can be joined

_ATTEMPTS = 3
_LONGEST_WAIT = 20.0  # seconds
_TIMEOUT = Timeout(connect=5.0, read=30.0)
_OK, _PARTIAL_CONTENT, _FORBIDDEN, _TOO_MANY_REQUESTS, _SERVER_ERROR = 200, 206, 403, 429, 500
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")

# Waits after an attempt failed, which is given by its number.
Wait = Callable[[int], None]


def wait(attempt: int) -> None:
    """Wait for a random time that is longer after each attempt: full jitter."""
    time.sleep(random.uniform(0, min(2.0**attempt, _LONGEST_WAIT)))  # noqa: S311 - no secret


class LayerDownloads:
    """Downloads of a repository's layers, over connections that are kept alive.

    Args:
        source: The repository.
        wait: Waits before another attempt.
    """

    def __init__(self, source: Repository, wait: Wait = wait) -> None:
        self._source = source
        self._wait = wait
        self._urls: dict[Layer, str] = {}
        self._transports: dict[str, Transport] = {}

    def read(self, layer: Layer, first: int, size: int) -> bytes:
        """Return a range of a layer; after a transient error it is tried again, up to 3 times.

        Args:
            layer: The layer.
            first: The range's first byte.
            size: The range's bytes, at least 1 and at most ``LARGEST_RANGE``.

        Raises:
            LayerDownloadError: It can't be downloaded, now or for good.
            EcrError: Amazon ECR gives no URL for it.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._range(layer, first, size)
            except LayerDownloadError as error:
                if not error.retryable or attempt == _ATTEMPTS:
                    raise
            self._wait(attempt)

    def _range(self, layer: Layer, first: int, size: int) -> bytes:
        fresh = layer not in self._urls
        if fresh:
            self._urls[layer] = self._new_url(layer)
        response = self._get(layer, f"bytes={first}-{first + size - 1}")
        if response.status == _FORBIDDEN:
            # URLs expire; one that was made just now is refused for another reason.
            del self._urls[layer]
            if not fresh:
                return self._range(layer, first, size)
        _check(layer, response, first, size)
        return response.content

    def _new_url(self, layer: Layer) -> str:
        answer = self._source.call(
            "GetDownloadUrlForLayer", repositoryName=self._source.name, layerDigest=layer.digest
        )
        url = str(answer.members.get("downloadUrl"))
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise LayerDownloadError(layer.digest, "its URL is malformed") from None
        if not host or port == 0 or "@" in parts.netloc:
            raise LayerDownloadError(layer.digest, "its URL is malformed")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
            reason = f"its URL, on {host}, begins with {parts.scheme or 'no scheme'}, not https"
            raise LayerDownloadError(layer.digest, reason)
        return url

    def _get(self, layer: Layer, byte_range: str) -> Response:
        url = self._urls[layer]
        try:
            request = prepared("GET", url, {"Range": byte_range}, None)
            return self._transport(url).send(request, _TIMEOUT)
        except TransportError as error:
            raise LayerDownloadError(layer.digest, str(error), retryable=error.retryable) from None
        except ProxyOrTrustError as error:
            raise InvalidConfigurationError({error.setting: str(error)}) from None

    def _transport(self, url: str) -> Transport:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}/"
        if origin not in self._transports:
            self._transports[origin] = Transport(origin, 1, LARGEST_RANGE)
        return self._transports[origin]


def _check(layer: Layer, response: Response, first: int, size: int) -> None:
    """Refuse an answer that is not the range that was asked for."""
    status, length = response.status, len(response.content)
    if status not in {_OK, _PARTIAL_CONTENT}:
        retryable = status >= _SERVER_ERROR or status == _TOO_MANY_REQUESTS
        raise LayerDownloadError(layer.digest, f"HTTP {status}", retryable=retryable)
    if status == _PARTIAL_CONTENT:
        found = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        asked = (first, first + size - 1, layer.size)
        if found is None or tuple(map(int, found.groups())) != asked or length != size:
            raise LayerDownloadError(
                layer.digest,
                f"the answer is not the bytes {first} to {first + size - 1} of {layer.size}",
            )
    elif first or size != layer.size or length != size:  # a server may ignore the range
        raise LayerDownloadError(
            layer.digest, f"the answer has {length} bytes from the first on, expected {size} of it"
        )
