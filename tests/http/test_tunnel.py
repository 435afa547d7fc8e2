"""An https endpoint behind a proxy: through the tunnel, TLS and requests go as without one."""

import socket
import time
from pathlib import Path

import pytest

from lib.http import Timeout, Transport, TransportError, prepared
from tests.support.tls import self_signed, tls
from tests.support.wire import OK, Script, Wire, read_request

TIMEOUT = Timeout(connect=5, read=5)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls") / "self.pem", "192.0.2.1")


@pytest.fixture(autouse=True)
def environment(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))


def proxy(answer: bytes, then: Script, hears: list[bytes] | None = None) -> Script:
    """Return a script that answers CONNECT, and then does what the endpoint would."""

    def script(connection: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        if hears is not None:
            hears.append(head)
        connection.sendall(answer)
        then(connection)

    return script


def answer_three_requests(connection: socket.socket) -> None:
    connection.settimeout(5)
    for _ in range(3):
        read_request(connection)
        connection.sendall(OK)


def transport(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Transport:
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:word@127.0.0.1:{wire.port}")
    return Transport("https://192.0.2.1/", 1)


def post(sender: Transport, timeout: Timeout = TIMEOUT) -> bytes:
    return sender.send(prepared("POST", "https://192.0.2.1/", {}, b"{}"), timeout).content


def test_requests_go_through_one_tunnel(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[bytes] = []
    established = b"HTTP/1.1 200 Connection established\r\n\r\n"
    script = proxy(established, tls(certificate, answer_three_requests), heard)

    with Wire(script) as wire:
        sender = transport(wire, monkeypatch)
        answers = [post(sender) for _ in range(3)]

        assert answers == [b"{}"] * 3
        assert wire.connections == 1
    assert heard[0].startswith(b"CONNECT 192.0.2.1:443 HTTP/1.1\r\nHost: 192.0.2.1:443\r\n")
    assert b"\r\nProxy-Authorization: Basic dXNlcjp3b3Jk\r\n" in heard[0]


@pytest.mark.parametrize("status", [201, 302, 407])
def test_any_other_answer_than_200_is_no_tunnel(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    script = proxy(b"HTTP/1.1 %d X\r\n\r\n" % status, tls(certificate, answer_three_requests))

    with (
        Wire(script) as wire,
        pytest.raises(TransportError, match=f"the proxy refused it with HTTP {status}") as raised,
    ):
        post(transport(wire, monkeypatch))

    assert not raised.value.retryable


@pytest.mark.parametrize(("status", "retryable"), [(499, False), (500, True), (503, True)])
def test_a_proxy_s_own_fault_may_pass(
    monkeypatch: pytest.MonkeyPatch, status: int, retryable: bool
) -> None:
    script = proxy(b"HTTP/1.1 %d X\r\n\r\n" % status, lambda _: None)

    with Wire(script) as wire, pytest.raises(TransportError) as raised:
        post(transport(wire, monkeypatch))

    assert raised.value.retryable is retryable


def test_a_refused_connection_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bytes] = []

    def wait_for_the_end(connection: socket.socket) -> None:
        connection.settimeout(5)
        closed.append(connection.recv(1))

    with Wire(proxy(b"HTTP/1.1 403 X\r\n\r\n", wait_for_the_end)) as wire:
        sender = transport(wire, monkeypatch)
        with pytest.raises(TransportError):
            post(sender)
        give_up = time.monotonic() + 5
        while not closed and time.monotonic() < give_up:
            time.sleep(0.01)

        assert closed == [b""]


def test_the_tunnel_and_tls_share_the_time_to_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a proxy that takes its time, and an endpoint that says nothing
    def end_the_head_late(connection: socket.socket) -> None:
        time.sleep(0.7)
        connection.sendall(b"\n")
        while connection.recv(1 << 10):
            pass

    # When
    began = time.monotonic()
    with (
        Wire(proxy(b"HTTP/1.1 200 OK\r\n\r", end_the_head_late)) as wire,
        pytest.raises(TransportError),
    ):
        post(transport(wire, monkeypatch), Timeout(connect=1, read=60))

    # Then
    assert time.monotonic() - began < 1.6
