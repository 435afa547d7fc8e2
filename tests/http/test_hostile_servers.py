"""Servers and proxies that want to take time, memory or secrets; nothing gets past the limits."""

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import pytest

from lib.http import ProxyOrTrustError, Response, Timeout, Transport, TransportError, prepared
from lib.sailor.errors import HttpError
from lib.sailor.http_client import HttpClient, Retries
from tests.support.loopback import Loopback, Reply
from tests.support.wire import OK, Script, Wire, read_request

LIMIT = 1 << 20
QUICK = Timeout(connect=0.5, read=0.5)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def ask(url: str, timeout: Timeout = QUICK, limit: int = LIMIT) -> Response:
    return Transport(url, 1, limit).send(prepared("POST", url, {}, b"{}"), timeout)


def refused(wire: Wire, timeout: Timeout = QUICK) -> TransportError:
    """Return the error of a request, which must not take long."""
    started = time.monotonic()
    with pytest.raises(TransportError) as raised:
        ask(f"http://127.0.0.1:{wire.port}/", timeout)
    assert time.monotonic() - started < 3
    return raised.value


def sending(*parts: bytes, pause: float = 0, forever: bytes = b"") -> Script:
    """Return a script that sends parts, and then one part without end."""

    def script(connection: socket.socket) -> None:
        read_request(connection)
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
        for part in repeat(forever) if forever else ():
            connection.sendall(part)
            time.sleep(pause)

    return script


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        pytest.param(
            sending(forever=b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
            "there are more than 100 interim answers and headers",
            id="100 Continue",
        ),
        pytest.param(
            sending(HEAD, forever=b"A: b\r\n" * 1000),
            "the answer has more than 100 headers",
            id="headers",
        ),
        pytest.param(
            sending(HEAD + b"A: " + b"b" * 70_000 + b"\r\n\r\n"),
            "the head exceeds 65536 bytes",
            id="a long header",
        ),
        pytest.param(
            sending(HEAD + b"A: ", forever=b"b" * 70_000),
            "the head exceeds 65536 bytes",
            id="an endless header",
        ),
        pytest.param(
            sending(b"HTTP/1.1 200 ", forever=b"b" * 70_000),
            "the head exceeds 65536 bytes",
            id="an endless reason",
        ),
        pytest.param(
            sending(HEAD + b"\r\n", forever=b"b" * 70_000),
            "the answer exceeds 1048576 bytes",
            id="a body",
        ),
        pytest.param(
            sending(
                HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
                forever=b"10000\r\n" + b"b" * 65_536 + b"\r\n",
            ),
            "the answer exceeds 1048576 bytes",
            id="chunks",
        ),
    ],
)
def test_an_answer_without_end_is_refused_at_the_limit(script: Script, reason: str) -> None:
    with Wire(script) as wire:
        error = refused(wire, Timeout(connect=30, read=30))

        assert str(error) == f"the connection to 127.0.0.1:{wire.port} failed: {reason}"
        assert not error.retryable


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(sending(pause=0.1, forever=b"HTTP/1.1 100 Continue\r\n\r\n"), id="100"),
        pytest.param(sending(HEAD, pause=0.1, forever=b"A: b\r\n"), id="the head"),
        pytest.param(sending(HEAD + b"\r\n", pause=0.1, forever=b"b"), id="the body"),
    ],
)
def test_an_answer_that_drips_ends_with_its_time(script: Script) -> None:
    with Wire(script) as wire:
        error = refused(wire)

        assert str(error) == f"127.0.0.1:{wire.port} did not answer in time"


def test_a_gzip_bomb_is_refused_before_it_is_unpacked() -> None:
    # Given: 128 MiB
    packer = zlib.compressobj(1, wbits=31)
    block = bytes(1 << 20)
    bomb = b"".join(packer.compress(block) for _ in range(128)) + packer.flush()
    with Loopback() as server:
        server.answer(Reply(bomb, headers={"Content-Encoding": "gzip"}))
        tracemalloc.start()

        # When
        with pytest.raises(TransportError) as raised:
            ask(server.url, Timeout(connect=5, read=30), limit=4 << 20)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    # Then
    assert str(raised.value).endswith("the answer exceeds 4194304 bytes")
    assert peak < 24 << 20


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(bytes(1000), mtime=0)[:-10]])
def test_what_is_not_gzip_is_an_error(content: bytes) -> None:
    with Loopback() as server:
        server.answer(Reply(content, headers={"Content-Encoding": "gzip"}))
        with pytest.raises(TransportError, match="gzip"):
            ask(server.url)


def test_an_answer_of_exactly_the_limit_is_read() -> None:
    with Loopback() as server:
        server.answer(Reply(bytes(LIMIT)))
        assert len(ask(server.url).content) == LIMIT
        server.answer(Reply(gzip.compress(bytes(LIMIT)), headers={"Content-Encoding": "gzip"}))
        assert len(ask(server.url).content) == LIMIT


def test_another_protocol_is_an_error() -> None:
    switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"
    with Wire(sending(switch)) as wire:
        error = refused(wire)

        assert str(error) == (
            f"the connection to 127.0.0.1:{wire.port} failed: the answer has the HTTP status 101,"
            " which changes the protocol"
        )
        assert not error.retryable


def test_bytes_that_come_after_an_answer_are_not_taken_for_the_next() -> None:
    # Given
    late = threading.Event()

    def send_more_later(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(OK)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
        late.set()
        connection.recv(1)

    with Wire(send_more_later) as wire:
        url = f"http://127.0.0.1:{wire.port}/"
        transport = Transport(url, 1)
        request = prepared("POST", url, {}, b"{}")

        # When
        answers = []
        for _ in range(2):
            answers.append(transport.send(request, QUICK).content)
            assert late.wait(5)

    # Then
    assert answers == [b"{}", b"{}"]
    assert wire.connections == 2


def test_a_connection_that_got_more_than_one_answer_is_not_used_again() -> None:
    # Given a server that would keep it
    def send_two(connection: socket.socket) -> None:
        for _ in range(2):
            read_request(connection)
            connection.sendall(OK + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")

    with Wire(send_two) as wire:
        url = f"http://127.0.0.1:{wire.port}/"
        transport = Transport(url, 1)

        # When
        answers = [
            transport.send(prepared("POST", url, {}, b"{}"), QUICK).content for _ in range(2)
        ]

    # Then
    assert answers == [b"{}", b"{}"]
    assert wire.connections == 2


# Proxies


@pytest.mark.parametrize(
    "proxy",
    [
        "http://flow:hunter2@[127.0.0.1",
        "http://flow:hunter2@[…]:3128",
        "http://flow:hunter2@127.0.0.1:0",
        "http://flow:hunter2@127.0.0.1:no-port",
        "http://flow:hunter2@",
        "socks5://flow:hunter2@127.0.0.1:1080",
        "hunter2://127.0.0.1",
    ],
)
def test_a_proxy_that_can_t_be_used_is_an_error_at_once_and_is_not_shown(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)

    with pytest.raises(ProxyOrTrustError) as raised:
        Transport("https://api.example/", 1)

    assert raised.value.setting == "proxy"
    assert str(raised.value) == "the proxy of the environment: expected an http or https URL"


@pytest.mark.parametrize("proxy", ["proxy.example:3128", "proxy.example", "https://proxy.example"])
def test_a_proxy_may_be_written_in_any_usual_way(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)

    assert Transport("https://api.example/", 1).host == "api.example"


def tunnel(answer: bytes, pause: float = 0) -> Script:
    def script(connection: socket.socket) -> None:
        read_request(connection)
        for byte in answer:
            connection.sendall(bytes([byte]))
            time.sleep(pause)

    return script


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        pytest.param(
            tunnel(b"HTTP/1.1 407 flow:hunter2 is wrong\r\n\r\n"),
            "the connection to api.example failed: the proxy refused it with HTTP 407",
            id="407",
        ),
        pytest.param(
            tunnel(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 50, pause=0.05),
            "api.example did not answer in time",
            id="drips",
        ),
        pytest.param(
            sending(forever=b"HTTP/1.1 100 Continue\r\n\r\n"),
            "the connection to api.example failed:"
            " there are more than 100 interim answers and headers",
            id="100 Continue",
        ),
    ],
)
def test_a_proxy_has_a_deadline_and_its_words_are_not_shown(
    script: Script, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(script) as wire:
        monkeypatch.setenv("HTTPS_PROXY", f"http://flow:hunter2@127.0.0.1:{wire.port}")
        started = time.monotonic()
        with pytest.raises(TransportError) as raised:
            ask("https://api.example/")

    assert time.monotonic() - started < 2
    assert str(raised.value) == reason


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_this_machine_is_asked_without_a_proxy(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback() as server, Loopback() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)

        ask(server.url.replace("127.0.0.1", host))

        assert len(server.requests) == 1
        assert proxy.requests == []


def test_another_host_is_asked_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)

        ask("http://evil-localhost/")

        assert [request.path for request in proxy.requests] == ["http://evil-localhost/"]


def test_certificates_that_are_not_there_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = "the certificate bundle of the environment (REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE): "
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "secret-name.pem"))
    with pytest.raises(ProxyOrTrustError) as missing:
        Transport("https://api.example/", 1)
    (tmp_path / "secret-name.pem").write_text("no certificate")
    with pytest.raises(ProxyOrTrustError) as malformed:
        Transport("https://api.example/", 1)

    assert str(missing.value) == fault + "got a path that does not exist"
    assert str(malformed.value) == fault + "expected certificates in PEM format"


# The platform's services


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def service(url: str, timeout: float = 10) -> HttpClient:
    return HttpClient("the service", url, HttpError, Retries(1, lambda _: 0), timeout)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_redirect_is_an_error_and_not_followed(
    server: Loopback, method: str, status: int
) -> None:
    with Loopback() as elsewhere:
        server.answer(Reply(status=status, headers={"Location": f"{elsewhere.url}/stolen"}))
        with pytest.raises(HttpError) as raised:
            service(server.url).request(method, "/v1/x", b"{}")

        assert str(raised.value) == f"the service answered {method} /v1/x with HTTP {status}"
        assert elsewhere.requests == []


def test_a_login_in_the_url_is_sent_and_never_shown(server: Loopback) -> None:
    # Given
    url = server.url.replace("://", "://user:p%40ss@") + "/private/path?token=hunter2"
    server.answer(Reply(), Reply(status=401), Reply(hang_up=True))
    client = service(url)

    # When
    client.request("POST", "", b"{}")
    with pytest.raises(HttpError) as unauthorized:
        client.request("POST", "", b"{}")
    with pytest.raises(HttpError) as lost:
        client.request("POST", "", b"{}")

    # Then
    assert server.requests[0].headers["Authorization"] == "Basic dXNlcjpwQHNz"
    assert server.requests[0].path == "/private/path?token=hunter2"
    assert str(unauthorized.value) == "the service answered POST with HTTP 401"
    host = server.url.removeprefix("http://")
    assert str(lost.value) == (
        f"the service did not answer POST: the connection to {host} failed: it was closed before"
        " the answer was complete"
    )
    assert lost.value.__cause__ is None


def test_a_service_that_hangs_is_given_up(server: Loopback) -> None:
    server.answer(Reply(b" " * 100, drip=0.1))
    started = time.monotonic()

    with pytest.raises(HttpError, match="did not answer in time"):
        service(server.url, timeout=0.5).request("GET", "/x")

    assert time.monotonic() - started < 2
