"""A timeout is a deadline: for a connection with all of a host's addresses, and for an exchange."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from urllib3.util.connection import create_connection

from lib.http import Response, Timeout, Transport, TransportError, prepared
from tests.support.tls import self_signed, tls
from tests.support.wire import OK, Wire, answering, deaf, read_request

LARGE = bytes(20 << 20)  # more than sockets buffer


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls") / "self.pem")


def post(url: str, timeout: Timeout, body: bytes = b"{}") -> Response:
    return Transport(url, 1).send(prepared("POST", url, {}, body), timeout)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


# The connection


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let the host ``several.example`` have some addresses."""
    known = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *args: Any, **options: Any) -> list[Any]:
        hosts = addresses if host == "several.example" else (host,)
        return [found for each in hosts for found in known(each, port, *args, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_all_addresses_of_a_host_share_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    resolve_to(monkeypatch, "127.0.0.1", "127.0.0.2", "127.0.0.3")
    timeout = Timeout(connect=0.6, read=5)
    began = time.monotonic()

    # When
    with (
        deaf("127.0.0.1") as port,
        deaf("127.0.0.2", port),
        deaf("127.0.0.3", port),
        pytest.raises(TransportError) as raised,
        at_most(1.1),
    ):
        post(f"http://several.example:{port}/", timeout)

    # Then
    assert str(raised.value) == f"several.example:{port} did not accept the connection in time"
    assert raised.value.retryable
    assert time.monotonic() - began >= 0.59  # none of the time is given away


def test_an_address_that_does_not_accept_leaves_time_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given
    resolve_to(monkeypatch, "127.0.0.1", "127.0.0.2")

    # When
    with deaf("127.0.0.1") as port, Wire(answering(OK), address="127.0.0.2", port=port) as wire:
        answer = post(f"http://several.example:{port}/", Timeout(connect=0.5, read=5))

    # Then
    assert answer.content == b"{}"
    assert wire.connections == 1


def test_an_address_that_refuses_is_followed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "127.0.0.3", "127.0.0.1")

    with Wire(answering(OK)) as wire:
        answer = post(f"http://several.example:{wire.port}/", Timeout(connect=5, read=5))

    assert answer.content == b"{}"


def test_addresses_that_all_refuse_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    resolve_to(monkeypatch, "127.0.0.2", "127.0.0.3")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"several.example:{listener.getsockname()[1]}"

        # When
        with pytest.raises(TransportError) as raised:
            post(f"http://{host}/", Timeout(connect=5, read=5))

    # Then
    assert str(raised.value) == f"the connection to {host} failed: Connection refused"


def test_a_connection_that_comes_too_late_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    made: list[socket.socket] = []

    def connect_late(*args: Any, **options: Any) -> socket.socket:
        made.append(create_connection(*args, **options))
        time.sleep(0.2)
        return made[0]

    monkeypatch.setattr("lib.http.connection.create_connection", connect_late)

    # When
    with Wire(answering(OK)) as wire, pytest.raises(TransportError, match="in time"):
        post(f"http://127.0.0.1:{wire.port}/", Timeout(connect=0.1, read=5))

    # Then
    assert [each.fileno() for each in made] == [-1]


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_an_ipv6_address_is_connected_to() -> None:
    with Wire(answering(OK), address="::1") as wire:
        answer = post(f"http://[::1]:{wire.port}/", Timeout(connect=5, read=5))

    assert answer.content == b"{}"


@pytest.mark.parametrize("host", ["a..example", "a" * 64 + ".example"])
def test_a_malformed_name_of_a_host_is_an_error_at_once(host: str) -> None:
    with pytest.raises(TransportError, match=f"{host} failed: the host's name is malfo") as raised:
        post(f"http://{host}/", Timeout(connect=5, read=5))

    assert not raised.value.retryable


def test_a_server_that_does_not_speak_tls_ends_with_the_time_to_connect() -> None:
    # Given
    def say_nothing(connection: socket.socket) -> None:
        while connection.recv(1 << 10):
            pass

    # When, then
    with Wire(say_nothing) as wire, pytest.raises(TransportError), at_most(1):
        post(f"https://127.0.0.1:{wire.port}/", Timeout(connect=0.2, read=60))


# The exchange


def test_a_request_may_take_longer_than_the_connection() -> None:
    # Given
    def read_late(connection: socket.socket) -> None:
        time.sleep(0.4)
        read_request(connection)
        connection.sendall(OK)

    # When
    with Wire(read_late) as wire:
        answer = post(f"http://127.0.0.1:{wire.port}/", Timeout(connect=0.2, read=20), LARGE)

    # Then
    assert answer.content == b"{}"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_reads_in_drips_ends_with_its_time(
    scheme: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))

    def sip(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        while connection.recv(1 << 14):
            time.sleep(0.01)

    script = tls(certificate, sip) if scheme == "https" else sip

    # When
    with Wire(script) as wire:
        with pytest.raises(TransportError) as raised, at_most(1.5):
            post(f"{scheme}://127.0.0.1:{wire.port}/", Timeout(connect=5, read=0.5), LARGE)

        # Then
        assert str(raised.value) == f"127.0.0.1:{wire.port} did not answer in time"


def test_the_request_and_the_answer_have_one_deadline() -> None:
    # Given
    def read_late_and_answer_late(connection: socket.socket) -> None:
        time.sleep(0.5)
        read_request(connection)
        time.sleep(0.5)
        connection.sendall(OK)

    # When
    with (
        Wire(read_late_and_answer_late) as wire,
        pytest.raises(TransportError, match="did not answer in time"),
    ):
        post(f"http://127.0.0.1:{wire.port}/", Timeout(connect=5, read=0.8), LARGE)


def test_the_connection_and_the_exchange_have_one_deadline_too(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    speak = tls(certificate, lambda _: time.sleep(0.4))

    def speak_late(connection: socket.socket) -> None:
        time.sleep(0.4)
        speak(connection)

    # When
    with Wire(speak_late) as wire, pytest.raises(TransportError), at_most(0.75):
        post(f"https://127.0.0.1:{wire.port}/", Timeout(total=0.6, connect=5, read=60))


def test_an_answer_before_the_request_is_read_counts() -> None:
    # Given
    too_large = b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n"

    def refuse(connection: socket.socket) -> None:
        connection.recv(1 << 10)
        connection.sendall(too_large)  # and hang up, which resets the connection

    # When
    with Wire(refuse) as wire:
        answer = post(f"http://127.0.0.1:{wire.port}/", Timeout(connect=5, read=5), LARGE)

    # Then
    assert answer.status == 413
