"""Requests are prepared, hosts told apart, and faults told in the words of the network."""

import socket
from contextlib import closing
from pathlib import Path

import pytest

from lib.http import (
    ProxyOrTrustError,
    Response,
    Timeout,
    Transport,
    TransportError,
    is_loopback,
    prepared,
)
from lib.http.adapter import OriginAdapter
from tests.support.loopback import Loopback
from tests.support.tls import self_signed, tls
from tests.support.wire import OK, Wire, answering

PATIENT = Timeout(connect=5, read=5)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls") / "self.pem")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://api.example/v1", "api.example"),
        ("https://me:secret@api.example:8443", "api.example:8443"),
        ("http://[::1]:80/", "[::1]:80"),
    ],
)
def test_the_host_is_what_the_host_header_has(url: str, host: str) -> None:
    assert Transport(url, 1).host == host


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_this_machine_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "10.0.0.1", "[::2]", "evil-localhost", "localhost.example"])
def test_any_other_machine_is_not_this_one(host: str) -> None:
    assert not is_loopback(host)


def test_a_request_has_the_host_its_headers_and_its_length() -> None:
    request = prepared("POST", "http://api.example:81/a b?c=d", {"A": "b"}, b"{}")

    assert (request.method, request.url) == ("POST", "http://api.example:81/a%20b?c=d")
    assert request.body == b"{}"
    assert dict(request.headers) == {"Host": "api.example:81", "A": "b", "Content-Length": "2"}


def test_a_request_without_a_body_has_no_length() -> None:
    request = prepared("GET", "http://api.example", {}, None)

    assert dict(request.headers) == {"Host": "api.example"}


@pytest.mark.parametrize("url", ["api.example", "http://", "https://[…]/", "http://a b/"])
def test_a_malformed_url_is_a_final_error_that_does_not_show_it(url: str) -> None:
    with pytest.raises(TransportError) as raised:
        prepared("GET", url, {}, None)

    assert str(raised.value) == "the URL is malformed"
    assert not raised.value.retryable


def test_a_header_with_a_line_break_is_not_sent() -> None:
    with Loopback() as server:
        request = prepared("POST", server.url, {"A": "b\nC: d"}, b"{}")
        with pytest.raises(ValueError, match="a header holds a line break"):
            Transport(server.url, 1).send(request, PATIENT)

        assert server.requests == []


def test_a_connection_is_used_for_one_request_after_another() -> None:
    with Loopback() as server:
        transport = Transport(server.url, 1)
        answers = [
            transport.send(prepared("POST", f"{server.url}{path}", {}, b"{}"), PATIENT)
            for path in ("/a", "/b", "/a")
        ]

        assert [answer.status for answer in answers] == [200] * 3
        assert [request.path for request in server.requests] == ["/a", "/b", "/a"]


# Proxies


@pytest.mark.parametrize(("status", "retryable"), [(407, False), (499, False), (500, True)])
@pytest.mark.parametrize("host", ["api.example", "[2001:db8::1]"])
def test_a_proxy_is_asked_for_a_connection_to_the_host(
    host: str, status: int, retryable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    asked: list[bytes] = []

    def refuse(connection: socket.socket) -> None:
        asked.append(connection.recv(1 << 16))
        connection.sendall(b"HTTP/1.1 %d No\r\n\r\n" % status)

    with Wire(refuse) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        url = f"https://{host}/"

        # When
        with pytest.raises(TransportError) as raised:
            Transport(url, 1).send(prepared("POST", url, {}, b"{}"), PATIENT)

    # Then
    target = host.encode()
    assert asked[0].startswith(b"CONNECT %b:443 HTTP/1.1\r\nHost: %b:443\r\n" % (target, target))
    assert str(raised.value).endswith(f"the proxy refused it with HTTP {status}")
    assert raised.value.retryable == retryable


# Certificates


def ask(port: int) -> Response:
    url = f"https://127.0.0.1:{port}/"
    return Transport(url, 1).send(prepared("POST", url, {}, b"{}"), PATIENT)


def test_a_server_in_the_bundle_is_trusted_and_any_other_is_not(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(tls(certificate, answering(OK))) as wire:
        with pytest.raises(TransportError) as raised:
            ask(wire.port)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))

        assert ask(wire.port)

    assert str(raised.value) == f"127.0.0.1:{wire.port} is not trusted: self-signed certificate"
    assert not raised.value.retryable


def test_a_bundle_may_be_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))

    assert Transport("https://api.example", 1).host == "api.example"


@pytest.mark.parametrize("url", ["http://api.example", "https://api.example"])
def test_a_bundle_that_is_not_there_matters_to_https_alone(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))

    if url.startswith("http:"):
        assert Transport(url, 1).host == "api.example"
    else:
        with pytest.raises(ProxyOrTrustError) as raised:
            Transport(url, 1)
        assert raised.value.setting == "certificates"


def test_a_response_names_its_request() -> None:
    # As requests does; tools that stand in for a server go by it.
    with Wire(answering(OK)) as wire, closing(OriginAdapter(1, 100)) as adapter:
        request = prepared("POST", f"http://127.0.0.1:{wire.port}/", {}, b"{}")
        with adapter.send(request, timeout=5) as response:
            pass

    assert response.request is request
