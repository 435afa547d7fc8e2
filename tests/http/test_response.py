"""Answers are read piece by piece, up to their limits and not a byte beyond."""

import gzip
import zlib

import pytest

from lib.http import LARGEST_ANSWER, Response, TransportError
from lib.http.response import Reader

LIMIT = 1000
OK = b"HTTP/1.1 200 OK\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LARGEST_HEAD = 65_536


def fed(*pieces: bytes, limit: int = LIMIT) -> Reader:
    reader = Reader(limit)
    for piece in pieces:
        reader.feed(piece)
    return reader


def refusal(*pieces: bytes, limit: int = LIMIT) -> TransportError:
    """Return the error of the last piece; those before are taken."""
    reader = fed(*pieces[:-1], limit=limit)
    with pytest.raises(TransportError) as raised:
        reader.feed(pieces[-1])
    return raised.value


def whole(content: bytes, *fields: bytes) -> bytes:
    length = b"Content-Length: %d\r\n" % len(content)
    return OK + length + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + content


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)


def test_a_new_reader_has_read_nothing() -> None:
    reader = Reader()

    assert (reader.status, reader.headers) == (0, {})
    assert not reader.has_head
    assert not reader.is_complete


def test_an_answer_may_come_byte_by_byte() -> None:
    content = whole(b"{}", b"X-Amzn-RequestId: 1b2c")
    reader = Reader(LIMIT)

    for place, byte in enumerate(content, 1):
        assert not reader.is_complete
        reader.feed(bytes([byte]))
        assert reader.has_head == (place >= len(content) - 2)

    assert reader.is_complete
    assert reader.keeps_alive
    assert reader.status == 200
    assert reader.headers == {"content-length": "2", "x-amzn-requestid": "1b2c"}
    assert reader.content() == b"{}"


def test_headers_of_one_name_are_joined_and_may_hold_any_byte() -> None:
    reader = fed(whole(b"", b"A: 1", b"a: 2", b"A: \xe4"))

    assert reader.headers == {"content-length": "0", "a": "1, 2, \xe4"}


# How an answer ends


def test_without_a_length_an_answer_ends_with_the_connection() -> None:
    reader = fed(OK + b"\r\n{", b"}")
    assert not reader.is_complete

    reader.feed(b"")

    assert reader.is_complete
    assert not reader.keeps_alive
    assert reader.content() == b"{}"


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"HTTP/1.1 2",
        OK + b"A: b\r\n",
        CONTINUE,
        OK + b"Content-Length: 2\r\n\r\n{",
        OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    ],
)
def test_an_answer_that_ends_too_early_is_an_error_that_may_pass(begun: bytes) -> None:
    error = refusal(*[begun] if begun else [], b"")

    assert str(error) == "it was closed before the answer was complete"
    assert error.retryable


def test_chunks_are_joined() -> None:
    head = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    reader = fed(head + chunk(b"{"), chunk(b"}") + chunk(b""))

    assert reader.is_complete
    assert reader.content() == b"{}"


@pytest.mark.parametrize(
    ("answer", "keeps_alive"),
    [
        (whole(b"{}"), True),
        (whole(b"{}", b"Connection: close"), False),
        (whole(b"{}").replace(b"HTTP/1.1", b"HTTP/1.0"), False),
        (whole(b"{}") + whole(b"forged"), False),
        (whole(b"{}") + b"more", False),
    ],
)
def test_a_connection_is_kept_if_the_answer_allows_it_and_nothing_follows(
    answer: bytes, keeps_alive: bool
) -> None:
    reader = fed(answer)

    assert reader.is_complete
    assert reader.keeps_alive == keeps_alive
    assert reader.content() == b"{}"


def test_interim_answers_are_skipped_with_their_headers() -> None:
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    reader = fed(CONTINUE + hint)
    assert not reader.has_head
    assert not reader.is_complete

    reader.feed(whole(b"{}"))

    assert reader.status == 200
    assert reader.headers == {"content-length": "2"}
    assert reader.content() == b"{}"


def test_what_is_not_http_is_an_error_that_may_pass() -> None:
    error = refusal(b"SSH-2.0-OpenSSH_9.6\r\n")

    assert str(error).startswith("the answer is not HTTP: ")
    assert error.retryable


def test_another_protocol_is_a_final_error() -> None:
    upgrade = b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"

    error = refusal(upgrade)

    assert str(error) == "the answer has the HTTP status 101, which changes the protocol"
    assert not error.retryable


# Limits


@pytest.mark.parametrize("pieces", [[LIMIT], [1, LIMIT - 1], [LIMIT - 1, 1]])
@pytest.mark.parametrize("head", [OK + b"\r\n", OK + b"Transfer-Encoding: chunked\r\n\r\n"])
def test_content_is_limited_to_the_byte(head: bytes, pieces: list[int]) -> None:
    chunked = b"chunked" in head
    sent = [chunk(bytes(size)) if chunked else bytes(size) for size in pieces]

    reader = fed(head, *sent, *[chunk(b"")] if chunked else [])
    assert reader.content() == bytes(LIMIT)
    error = refusal(head, *sent, chunk(b"x") if chunked else b"x")

    assert str(error) == "the answer exceeds 1000 bytes"
    assert not error.retryable


def test_the_head_is_limited_to_the_byte() -> None:
    half = b"A:" + b"x" * (LARGEST_HEAD // 2 - 1) + b"\r\n"

    assert fed(OK, half, half, b"\r\n").has_head
    error = refusal(OK, half, half, b"B:\r\n\r\n")

    assert str(error) == "the head exceeds 65536 bytes"
    assert not error.retryable


@pytest.mark.parametrize("begun", [b"HTTP/1.1 200 ", OK + b"A: "])
def test_a_head_in_which_nothing_ends_is_limited_to_the_byte(begun: bytes) -> None:
    more = b"x" * LARGEST_HEAD

    assert not fed(begun, more[1:]).has_head
    error = refusal(begun, more, b"x")

    assert str(error) == "the head exceeds 65536 bytes"
    assert not error.retryable


def test_what_follows_a_header_or_a_piece_of_content_is_counted_anew() -> None:
    chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n"

    for begun, more in ((OK + b"A: b\r\nB", b"x"), (chunked + b"1\r\nx", b"\r\n0;" + b"x" * 90)):
        rest = more + b"x" * (LARGEST_HEAD - len(more))
        assert not fed(begun, rest).is_complete
        assert str(refusal(begun, rest, b"x")) == "the head exceeds 65536 bytes"


def test_an_answer_may_have_64_mib_by_default() -> None:
    assert LARGEST_ANSWER == 64 * 1024 * 1024


def test_a_repr_shows_neither_headers_nor_content() -> None:
    assert repr(Response(200, {"set-cookie": "secret"}, b"secret")) == "Response(status=200)"


def test_a_chunk_whose_size_never_ends_is_refused() -> None:
    head = OK + b"Transfer-Encoding: chunked\r\n\r\n"

    assert not fed(head, b"0;" + b"x" * 60_000).is_complete
    error = refusal(head, b"0;" + b"x" * 60_000, b"x" * 10_000)

    assert str(error) == "the head exceeds 65536 bytes"


def test_headers_are_limited_to_100() -> None:
    fields = b"A: b\r\n" * 100

    assert fed(OK + fields + b"\r\n").has_head
    error = refusal(OK + fields, b"A: b\r\n\r\n")

    assert str(error) == "the answer has more than 100 headers"
    assert not error.retryable


def test_interim_answers_are_limited_to_100() -> None:
    assert fed(CONTINUE * 100 + OK + b"\r\n").has_head
    error = refusal(CONTINUE * 100, CONTINUE)

    assert str(error) == "there are more than 100 interim answers and headers"
    assert not error.retryable


# Compressed content


@pytest.mark.parametrize("encoding", [b"gzip", b"GZIP", b"x-gzip"])
def test_compressed_content_is_decompressed_up_to_the_limit(encoding: bytes) -> None:
    fields = b"Content-Encoding: " + encoding

    assert fed(whole(gzip.compress(bytes(LIMIT), mtime=0), fields)).content() == bytes(LIMIT)
    with pytest.raises(TransportError) as raised:
        fed(whole(gzip.compress(bytes(LIMIT + 1), mtime=0), fields)).content()

    assert str(raised.value) == "the answer exceeds 1000 bytes"
    assert not raised.value.retryable


def test_content_with_a_zlib_header_is_decompressed_too() -> None:
    reader = fed(whole(zlib.compress(b"{}"), b"Content-Encoding: gzip"))

    assert reader.content() == b"{}"


@pytest.mark.parametrize("encoding", [b"identity", b"Identity", b"unknown"])
def test_other_content_is_left_as_it_is(encoding: bytes) -> None:
    assert fed(whole(b"{}", b"Content-Encoding: " + encoding)).content() == b"{}"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{}", "the answer is not gzip, as it says"),
        (gzip.compress(bytes(100), mtime=0)[:-1], "the answer's gzip ends too early"),
        (b"", "the answer's gzip ends too early"),
    ],
)
def test_content_that_only_says_that_it_is_compressed_is_an_error(
    content: bytes, reason: str
) -> None:
    with pytest.raises(TransportError) as raised:
        fed(whole(content, b"Content-Encoding: gzip")).content()

    assert str(raised.value) == reason
    assert raised.value.retryable
