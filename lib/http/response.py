"""Answers, read with httptools' parser, of limited size even when they come compressed."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from lib.http.errors import TransportError

LARGEST_ANSWER = 64 << 20  # bytes, also after decompression
_LARGEST_HEAD = 64 << 10  # bytes; all heads of an answer together
_MOST_HEADERS = 100
_FIRST_FINAL_STATUS = 200
_WITH_GZIP_OR_ZLIB_HEADER = 32 + zlib.MAX_WBITS


@dataclass(frozen=True)
class Response:
    """A complete answer as it came over the wire; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


class Reader:
    """Reads one answer, piece after piece.

    The parser calls the methods whose names begin with ``on_``.

    Args:
        largest: The bytes that the content may have.

    Attributes:
        status: The HTTP status.
        headers: By their names in lower case.
        has_head: Whether the status and all headers have arrived.
        is_complete: Whether all of the answer has arrived.
        keeps_alive: Whether the connection can be used for another request.
    """

    def __init__(self, largest: int = LARGEST_ANSWER) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.has_head = False
        self.is_complete = False
        self.keeps_alive = True
        self._largest = largest
        self._size = self._head_size = self._header_count = 0
        self._unparsed = 0  # bytes since the parser has last found something
        self._pieces: list[bytes] = []
        self._ends_with_connection = False
        self._fault: TransportError | None = None
        self._parser = HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take the next bytes; none means that the connection has ended.

        Raises:
            TransportError: The bytes are not HTTP, there are too many of them, or the connection
                ended too early.
        """
        if data:
            self._parse(data)
        elif self._ends_with_connection:
            self.is_complete, self.keeps_alive = True, False
        else:
            raise TransportError("it was closed before the answer was complete")
        if self.is_complete:
            del self._parser  # breaks the cycle of references between it and this object

    def _parse(self, data: bytes) -> None:
        self._unparsed += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            raise TransportError(
                f"the answer has the HTTP status {self.status}, which changes the protocol",
                retryable=False,
            ) from None
        except HttpParserError as error:
            # Bytes after a complete answer spoil only the connection.
            if not self.is_complete:
                raise self._fault or TransportError(f"the answer is not HTTP: {error}") from None
            self.keeps_alive = False
        if self._unparsed > _LARGEST_HEAD and not self.is_complete:
            raise _too_large("head", _LARGEST_HEAD)

    def on_message_begin(self) -> None:
        """Begin the answer, or another one after an interim answer."""
        self._unparsed = 0
        if self.is_complete:
            raise self._refuse(TransportError("there is more than one answer"))
        self.headers = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; of several with one name, all values."""
        self._unparsed = 0
        self._head_size += len(name) + len(value)
        self._header_count += 1
        if self._head_size > _LARGEST_HEAD:
            raise self._refuse(_too_large("head", _LARGEST_HEAD))
        if self._header_count > _MOST_HEADERS:
            text = f"the answer has more than {_MOST_HEADERS} headers"
            raise self._refuse(TransportError(text, retryable=False))
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def on_headers_complete(self) -> None:
        """Find out how the content ends."""
        self.status = self._parser.get_status_code()
        self.has_head = self.status >= _FIRST_FINAL_STATUS
        if not self.has_head:
            # Interim answers, such as 100 Continue, count as well: there might be no end of them.
            self._header_count += 1
            if self._header_count > _MOST_HEADERS:
                text = f"there are more than {_MOST_HEADERS} interim answers and headers"
                raise self._refuse(TransportError(text, retryable=False))
        has_length = self.headers.keys() & {"content-length", "transfer-encoding"}
        self._ends_with_connection = self.has_head and not has_length

    def on_body(self, piece: bytes) -> None:
        """Keep a piece of the content."""
        self._unparsed = 0
        self._size += len(piece)
        if self._size > self._largest:
            raise self._refuse(_too_large("answer", self._largest))
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        """End the answer, unless it is an interim one."""
        if self.has_head:
            self.is_complete = True
            self.keeps_alive = self._parser.should_keep_alive()

    def _refuse(self, fault: TransportError) -> TransportError:
        # The parser replaces what its callbacks raise with its own error.
        self._fault = fault
        return fault

    def content(self) -> bytes:
        """Return the content, decompressed if it came compressed.

        Raises:
            TransportError: It is not what its encoding says, or too large.
        """
        content = b"".join(self._pieces)
        if self.headers.get("content-encoding", "identity").lower() in {"gzip", "x-gzip"}:
            return _decompressed(content, self._largest)
        return content


def _decompressed(content: bytes, largest: int) -> bytes:
    inflater = zlib.decompressobj(_WITH_GZIP_OR_ZLIB_HEADER)
    try:
        plain = inflater.decompress(content, largest + 1)
    except zlib.error:
        raise TransportError("the answer is not gzip, as it says") from None
    if len(plain) > largest:
        raise _too_large("answer", largest)
    if not inflater.eof:
        raise TransportError("the answer's gzip ends too early")
    return plain


def _too_large(what: str, limit: int) -> TransportError:
    return TransportError(f"the {what} exceeds {limit} bytes", retryable=False)
