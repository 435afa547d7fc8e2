"""Calls whose answer is not a result of Amazon ECR.

From the network up: no connection, half an answer, an answer too late, an answer of somebody else,
an error of Amazon ECR. The number of attempts is test_retries.py's subject.
"""

import gzip
import logging
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from lib.component.connection import configuration_of
from lib.ecr import (
    Client,
    Clock,
    EcrError,
    Limits,
    NoAnswerError,
    ServiceError,
    UnavailableError,
    UnreadableAnswerError,
)
from tests.support.aws_model import KEYS, REGION, TOKEN, ask_action, cfg_for
from tests.support.clock import StandingClock
from tests.support.loopback import Loopback, Reply
from tests.support.tls import self_signed, tls
from tests.support.wire import OK, Script, Wire, answering, deaf, read_request

RST_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time at all


def client(
    port: int, scheme: str = "http", limits: Limits | None = None, clock: Clock | None = None
) -> Client:
    endpoint = f"{scheme}://127.0.0.1:{port}"
    configuration = configuration_of({**KEYS, "region": REGION, "endpoint": endpoint})
    return Client(configuration, clock or StandingClock(), limits)


def client_of(server: Loopback, limits: Limits | None = None) -> Client:
    return Client(configuration_of(cfg_for(server)), StandingClock(), limits)


def describe(server: Loopback, limits: Limits | None = None) -> dict[str, Any]:
    """Ask a server for images, through the client."""
    return dict(client_of(server, limits).call("DescribeImages", b"{}").members)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@contextmanager
def at_most(seconds: float, forgiven: float = 2.0) -> Iterator[None]:
    """Fail if the block takes longer; a busy machine is forgiven some seconds more."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds + forgiven


# No connection, or half an answer


def test_a_refused_connection_is_told_as_such() -> None:
    # Given
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    # When
    with pytest.raises(UnavailableError) as raised:
        client(port).call("DescribeImages", b"{}")

    # Then
    assert str(raised.value) == (
        "DescribeImages failed after 3 attempts:"
        f" the connection to 127.0.0.1:{port} failed: Connection refused"
    )


def test_a_connection_that_nobody_accepts_ends_with_its_time() -> None:
    # When
    limits = Limits(connect_timeout=0.1)
    with deaf("127.0.0.1") as port, pytest.raises(UnavailableError) as raised, at_most(0.3):
        client(port, limits=limits).call("DescribeImages", b"{}")

    # Then
    assert str(raised.value) == (
        "DescribeImages failed after 3 attempts:"
        f" 127.0.0.1:{port} did not accept the connection in time"
    )


def reset(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(OK[:-1])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)


WHOLE = "it was closed before the answer was complete"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        pytest.param(reset, "Connection reset by peer", id="reset"),
        pytest.param(answering(b""), WHOLE, id="no byte"),
        pytest.param(answering(b"HTTP/1.1"), WHOLE, id="half a line"),
        pytest.param(answering(b"HTTP/1.1 200 OK\r\nConten"), WHOLE, id="half a head"),
        pytest.param(answering(b"HTTP/1.1 100 Continue\r\n\r\n"), WHOLE, id="none, but soon"),
        pytest.param(answering(OK[:-1]), WHOLE, id="less than Content-Length"),
        pytest.param(
            answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{"),
            WHOLE,
            id="half a chunk",
        ),
    ],
)
def test_a_connection_that_is_lost_mid_answer_is_a_passing_fault(
    script: Script, reason: str
) -> None:
    # Given
    with Wire(script) as wire:
        # When
        with pytest.raises(UnavailableError) as raised:
            client(wire.port).call("DescribeImages", b"{}")

        # Then
        assert str(raised.value) == (
            "DescribeImages failed after 3 attempts:"
            f" the connection to 127.0.0.1:{wire.port} failed: {reason}"
        )
        assert wire.connections == 3


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n{}", id="to the connection's end"),
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", id="HTTP/1.0"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
            id="in chunks",
        ),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + OK, id="after another"),
        pytest.param(OK + OK, id="before another"),
        pytest.param(OK + b"And more?", id="before what is none"),
    ],
)
def test_an_answer_may_end_in_any_way_that_http_knows(content: bytes) -> None:
    # Given: the first connection can't be used twice, whether it says so or not
    with Wire(answering(content)) as wire:
        asking = client(wire.port)

        # When
        answers = [asking.call("DescribeImages", b"{}").members for _ in range(2)]

        # Then
        assert answers == [{}, {}]
        assert wire.connections == 2


def test_what_is_no_http_is_a_fault_of_the_connection() -> None:
    with (
        Wire(answering(b"SSH-2.0-OpenSSH_9.6\r\n")) as wire,
        pytest.raises(UnavailableError, match=f"the connection to 127.0.0.1:{wire.port} failed"),
    ):
        client(wire.port).call("DescribeImages", b"{}")


def test_a_kept_connection_that_the_server_closed_costs_no_attempt() -> None:
    # Given
    clock = StandingClock()
    closed = threading.Event()

    def answer_once(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(OK)
        connection.close()
        closed.set()

    with Wire(answer_once, answering(OK)) as wire:
        ecr = client(wire.port, clock=clock)
        ecr.call("DescribeImages", b"{}")
        assert closed.wait(5)

        # When
        answer = ecr.call("DescribeImages", b"{}")

        # Then
        assert answer.members == {}
        assert wire.connections == 2
        assert clock.waits == []


def test_a_kept_connection_that_is_closed_under_a_request_is_followed_by_another() -> None:
    # Given
    def answer_only_the_first(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(OK)
        read_request(connection)

    with Wire(answer_only_the_first, answering(OK)) as wire:
        ecr = client(wire.port)
        ecr.call("DescribeImages", b"{}")

        # When, then
        assert ecr.call("DescribeImages", b"{}").members == {}
        assert wire.connections == 2


# An answer that is too late


def test_a_connection_has_5_s_an_answer_30_s_and_a_call_100_s() -> None:
    limits = Limits()

    assert (limits.connect_timeout, limits.read_timeout, limits.call_timeout) == (5, 30, 100)


def test_an_answer_that_never_comes_is_waited_for_and_asked_for_again(
    server: Loopback,
) -> None:
    # Given
    limits = Limits(read_timeout=0.1)
    server.answer(Reply(delay=60))

    # When
    with pytest.raises(UnavailableError) as raised, at_most(0.3):
        describe(server, limits)

    # Then
    host = server.url.removeprefix("http://")
    assert str(raised.value) == (
        f"DescribeImages failed after 3 attempts: {host} did not answer in time"
    )
    assert len(server.requests) == 3


def test_a_server_that_does_not_read_is_told_as_late() -> None:
    # Given
    limits = Limits(read_timeout=0.2, slowest_line=1e12)
    over = threading.Event()

    def read_nothing(_: socket.socket) -> None:
        over.wait(60)

    with Wire(read_nothing) as wire:
        # When
        with pytest.raises(UnavailableError) as raised, at_most(0.6):
            client(wire.port, limits=limits).call("UploadLayerPart", bytes(20 << 20))
        over.set()

        # Then
        assert re.fullmatch(
            f"UploadLayerPart failed after 3 attempts: 127.0.0.1:{wire.port} .* time",
            str(raised.value),
        )


def test_a_large_payload_has_more_time_than_a_small_one(server: Loopback) -> None:
    # Given
    limits = Limits(attempts=1, read_timeout=0.1, slowest_line=1000)
    server.answer(Reply(delay=0.3))

    # When, then
    with pytest.raises(UnavailableError):
        client_of(server, limits).call("UploadLayerPart", b"{}")
    assert client_of(server, limits).call("UploadLayerPart", bytes(1000)).members == {}


def test_the_largest_layer_part_has_time_on_a_slow_line() -> None:
    limits = Limits()

    needed = (20 << 20) * 4 / 3 / limits.slowest_line  # as base64
    assert 50 < needed < limits.call_timeout - limits.read_timeout


def test_an_answer_that_never_comes_ends_with_the_total_time(
    server: Loopback,
) -> None:
    server.answer(Reply(delay=60))

    with pytest.raises(UnavailableError), at_most(0.2):
        describe(server, Limits(call_timeout=0.2))


def test_a_body_that_drips_ends_with_the_total_time(
    server: Loopback,
) -> None:
    # Given
    limits = Limits(call_timeout=0.3)
    server.answer(Reply(b" " * 1000 + b"{}", drip=0.05))

    # When
    with pytest.raises(UnavailableError) as raised, at_most(0.3):
        describe(server, limits)

    # Then
    host = server.url.removeprefix("http://")
    assert str(raised.value) == (
        f"DescribeImages failed after 1 attempt: {host} did not answer in time"
    )


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([b"HTTP/1.1 200 OK\r\n", *([b"X-Drop: 1\r\n"] * 20)], id="the head"),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"{", b""], id="then silence"
        ),
    ],
)
def test_no_pace_of_an_answer_outlasts_the_total_time(
    parts: list[bytes],
) -> None:
    # Given
    limits = Limits(call_timeout=1.0)
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        read_request(connection)
        for part in parts:
            connection.sendall(part)
            over.wait(0.7 if len(parts) < 5 else 0.2)
        over.wait(10)

    # When, then
    with Wire(drip) as wire:
        try:
            with pytest.raises(UnavailableError), at_most(1.0, forgiven=0.6):
                client(wire.port, limits=limits).call("DescribeImages", b"{}")
        finally:
            over.set()


# An answer of somebody else


def test_html_is_told_with_its_status_and_its_first_200_characters(server: Loopback) -> None:
    # Given
    page = "<html><title>Sign in to the guest network</title>" + "ä" * 500
    server.answer(Reply(page.encode(), status=403, headers={"Content-Type": "text/html"}))

    # When
    with pytest.raises(UnreadableAnswerError) as raised:
        describe(server)

    # Then
    assert str(raised.value) == (
        "The answer to DescribeImages (HTTP 403) does not come from Amazon ECR; it begins: "
        + page[:200]
    )
    assert len(server.requests) == 1


def test_html_under_a_passing_status_is_asked_for_again(server: Loopback) -> None:
    # Given
    server.answer(Reply(b"<h1>Bad Gateway</h1>", status=502))

    # When
    with pytest.raises(UnavailableError) as raised:
        describe(server)

    # Then
    assert str(raised.value) == (
        "DescribeImages failed after 3 attempts: The answer to DescribeImages (HTTP 502)"
        " does not come from Amazon ECR; it begins: <h1>Bad Gateway</h1>"
    )
    assert len(server.requests) == 3


def test_an_xml_error_is_read_as_the_error_that_it_is(server: Loopback) -> None:
    # Given
    xml = (
        '<?xml version="1.0"?><ErrorResponse><Error><Code>AccessDenied</Code>\n'
        "<Message>Not for &lt;you&gt;</Message></Error></ErrorResponse>"
    )
    server.answer(Reply(xml.encode(), status=403, headers={"x-amzn-requestid": "1b2c"}))

    # When
    with pytest.raises(ServiceError) as raised:
        describe(server)

    # Then
    assert raised.value.error_name == "AccessDenied"
    assert str(raised.value) == (
        "AccessDenied: Not for <you> (DescribeImages, eu-central-1, HTTP 403, request id 1b2c)"
    )


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"<Code>a</Code><Message>" * 1_800_000, id="codes"),
        pytest.param(b"<Code>a</Code>" + b" " * 40_000_000, id="blanks"),
        pytest.param(b"<Code>a</Code><Message>" + b"x" * 40_000_000, id="one message"),
        pytest.param(b"Signature=" * 4_000_000, id="signatures"),
    ],
)
def test_40_mb_that_resemble_an_error_are_read_at_once(server: Loopback, content: bytes) -> None:
    server.answer(Reply(content, status=400))
    started = time.process_time()

    with pytest.raises(UnreadableAnswerError):
        describe(server)

    assert time.process_time() - started < 2


def test_a_code_a_reason_and_a_request_id_of_any_length_are_cut(server: Loopback) -> None:
    # Given
    refusal = {"__type": "C" * 1_000_000, "message": "m" * 10_000_000}
    server.answer(Reply(refusal, status=400, headers={"x-amzn-requestid": "r" * 10_000}))

    # When
    with pytest.raises(ServiceError) as raised:
        describe(server)

    # Then
    assert str(raised.value) == (
        f"{'C' * 200}: {'m' * 2000}"
        f" (DescribeImages, eu-central-1, HTTP 400, request id {'r' * 200})"
    )


@pytest.mark.parametrize("secret", [KEYS["secretAccessKey"], KEYS["accessKeyId"], TOKEN])
def test_a_code_a_reason_and_a_request_id_that_repeat_a_secret_are_told_without_it(
    server: Loopback, secret: str
) -> None:
    # Given
    refusal = {"__type": f"Odd{secret}", "message": f"for {secret}"}
    server.answer(Reply(refusal, status=400, headers={"x-amzn-requestid": f"1b2c {secret}"}))
    asking = Client(configuration_of(cfg_for(server, sessionToken=TOKEN)))

    # When
    with pytest.raises(ServiceError) as raised:
        asking.call("DescribeImages", b"{}")

    # Then
    for text in (str(raised.value), raised.value.code, raised.value.error_name):
        assert secret[:16] not in text
    assert "request id 1b2c " in str(raised.value)


def test_xml_without_a_code_is_told_by_its_first_characters(server: Loopback) -> None:
    server.answer(Reply(b"<Error>no</Error>", status=400))

    with pytest.raises(UnreadableAnswerError, match=r"\(HTTP 400\) .* begins: <Error>no</Error>$"):
        describe(server)


def test_an_empty_answer_is_told_as_empty(server: Loopback) -> None:
    # Given
    server.answer(Reply(b""))

    # When
    with pytest.raises(UnreadableAnswerError) as raised:
        describe(server)

    # Then
    assert str(raised.value) == (
        "The answer to DescribeImages (HTTP 200) does not come from Amazon ECR; it is empty"
    )
    assert len(server.requests) == 1


def test_an_empty_answer_under_a_passing_status_is_asked_for_again(server: Loopback) -> None:
    # Given
    server.answer(Reply(b"", status=500))

    # When
    with pytest.raises(UnavailableError) as raised:
        describe(server)

    # Then
    assert str(raised.value) == (
        "DescribeImages failed after 3 attempts: The answer to DescribeImages (HTTP 500)"
        " does not come from Amazon ECR; it is empty"
    )
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("body", "begins"),
    [
        pytest.param(b'{"imageDetails": [{"ima', '{"imageDetails": [{"ima', id="truncated"),
        pytest.param(b"[]", "[]", id="an array"),
        pytest.param(b'"text"', '"text"', id="a string"),
        pytest.param(b"null", "null", id="null"),
        pytest.param(b"4.5", "4.5", id="a number"),
        pytest.param(b"\xff\xfe{", "\ufffd\ufffd{", id="no UTF-8"),
    ],
)
def test_what_is_no_json_object_is_told_once(server: Loopback, body: bytes, begins: str) -> None:
    # Given
    server.answer(Reply(body))

    # When
    with pytest.raises(UnreadableAnswerError) as raised:
        describe(server)

    # Then
    assert str(raised.value) == (
        "The answer to DescribeImages (HTTP 200) does not come from Amazon ECR;"
        f" it begins: {begins}"
    )
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "status",
    [
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    ],
)
def test_a_redirect_is_not_followed(server: Loopback, status: HTTPStatus) -> None:
    # Given
    with Loopback() as elsewhere:
        server.answer(Reply(b"moved", status=status, headers={"Location": elsewhere.url}))

        # When, then
        with pytest.raises(UnreadableAnswerError, match=rf"\(HTTP {status.value}\) .*: moved$"):
            describe(server)
        assert len(server.requests) == 1
        assert elsewhere.requests == []


@pytest.mark.parametrize("status", [300, 302, 304])
def test_a_json_object_under_a_redirect_is_no_data(server: Loopback, status: int) -> None:
    server.answer(Reply({"imageDetails": []}, status=status))

    with pytest.raises(UnreadableAnswerError, match=rf"\(HTTP {status}\)"):
        describe(server)


@pytest.mark.slow
def test_gzip_is_read(server: Loopback) -> None:
    # Given
    images = {"imageDetails": [{"imageTags": [str(number)]} for number in range(50_000)]}
    packed = gzip.compress(Reply(images).content)
    server.answer(Reply(packed, headers={"Content-Encoding": "gzip"}))

    # When, then
    assert describe(server) == images


@pytest.mark.parametrize("body", [b"{}", b"\x1f\x8b no gzip"])
def test_what_only_says_that_it_is_gzip_is_an_error(server: Loopback, body: bytes) -> None:
    server.answer(Reply(body, headers={"Content-Encoding": "gzip"}))

    with pytest.raises(EcrError):
        describe(server)


# An error of Amazon ECR


@pytest.mark.parametrize("namespace", ["", "com.amazonaws.ecr#"])
def test_an_error_is_told_with_its_code_reason_operation_region_status_and_request_id(
    server: Loopback, namespace: str
) -> None:
    # Given
    reason = "The repository with name 'shop' does not exist in the registry with id '123456789012'"
    refusal = {"__type": f"{namespace}RepositoryNotFoundException", "message": reason}
    server.answer(Reply(refusal, status=400, headers={"x-amzn-RequestId": "7a62c49f-EXAMPLE"}))

    # When
    with pytest.raises(ServiceError) as raised:
        describe(server)

    # Then
    assert raised.value.error_name == "RepositoryNotFoundException"
    assert str(raised.value) == (
        f"RepositoryNotFoundException: {reason}"
        " (DescribeImages, eu-central-1, HTTP 400, request id 7a62c49f-EXAMPLE)"
    )
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"__type": "Odd", "Message": "capital"}, "Odd: capital"),
        ({"__type": "Odd"}, "Odd: no reason given"),
        ({"__type": "Odd", "message": None}, "Odd: no reason given"),
        ({"__type": "Odd:http://internal.amazon.com/coral/", "message": "m"}, "Odd: m"),
    ],
)
def test_an_error_is_read_in_all_the_forms_that_aws_writes_it(
    server: Loopback, body: dict[str, Any], text: str
) -> None:
    # Given
    server.answer(Reply(body, status=400))

    # When
    with pytest.raises(ServiceError) as raised:
        describe(server)

    # Then
    assert raised.value.error_name == "Odd"
    assert str(raised.value) == f"{text} (DescribeImages, eu-central-1, HTTP 400)"


def test_a_code_in_the_header_is_as_good_as_one_in_the_body(server: Loopback) -> None:
    # Given
    server.answer(
        Reply({"message": "no"}, status=403, headers={"x-amzn-ErrorType": "AccessDeniedException:"})
    )

    # When
    with pytest.raises(ServiceError) as raised:
        describe(server)

    # Then
    assert raised.value.error_name == "AccessDeniedException"


def test_a_json_error_without_a_code_is_shown_and_not_called_something_else(
    server: Loopback,
) -> None:
    # Given
    server.answer(Reply({"message": "Forbidden"}, status=403))

    # When
    with pytest.raises(EcrError) as raised:
        describe(server)

    # Then
    assert "403" in str(raised.value)
    assert "Forbidden" in str(raised.value)
    assert "not a JSON object" not in str(raised.value)


def test_failures_beside_http_200_are_data_with_a_warning(
    server: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    # Given
    answer = {
        "images": [],
        "failures": [{"imageId": {"imageTag": "2"}, "failureCode": "ImageNotFound"}],
    }
    server.answer(Reply(answer))

    # When
    body = {"repositoryName": "shop", "imageIds": [{"imageTag": "2"}]}
    emitted = ask_action("BatchGetImage", body, cfg_for(server))

    # Then
    assert emitted["body"] == answer
    assert [(line.levelno, line.getMessage()) for line in caplog.records] == [
        (logging.WARNING, "BatchGetImage: 1 of the items failed")
    ]


def test_no_failures_are_no_warning(server: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    server.answer(Reply({"images": [], "failures": []}))

    body = {"repositoryName": "shop", "imageIds": [{"imageTag": "2"}]}
    ask_action("BatchGetImage", body, cfg_for(server))

    assert caplog.records == []


# A server that can't be trusted


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a self-signed certificate of 127.0.0.1 and its key."""
    return self_signed(tmp_path_factory.mktemp("tls") / "self.pem")


def test_a_self_signed_server_is_refused_without_a_second_attempt(
    certificate: Path,
) -> None:
    # Given
    clock = StandingClock()
    with Wire(tls(certificate, answering(OK))) as wire:
        # When
        with pytest.raises(NoAnswerError) as raised:
            client(wire.port, "https", clock=clock).call("DescribeImages", b"{}")

        # Then
        assert str(raised.value) == (
            f"127.0.0.1:{wire.port} is not trusted: self-signed certificate"
        )
        assert wire.connections == 1
        assert clock.waits == []


def test_a_certificate_of_another_host_is_refused_without_a_second_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    others = self_signed(tmp_path / "others.pem", "127.0.0.2")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(others))
    with Wire(tls(others, answering(OK))) as wire:
        # When, then
        with pytest.raises(NoAnswerError, match=f"127.0.0.1:{wire.port} is not trusted: "):
            client(wire.port, "https").call("DescribeImages", b"{}")
        assert wire.connections == 1


def test_a_server_whose_certificate_is_in_the_bundle_is_trusted(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))

    with Wire(tls(certificate, answering(OK))) as wire:
        assert client(wire.port, "https").call("DescribeImages", b"{}").members == {}
