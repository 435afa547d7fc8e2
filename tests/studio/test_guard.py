"""Who may see the page: requests as other users and other pages of this machine would send them."""

import http.client
import json
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

pytestmark = pytest.mark.slow

SOCKET = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"

Answer = tuple[int, Mapping[str, str], str]


def ask(studio: str, path: str = "/", method: str = "GET", **headers: str) -> Answer:
    """Send a request, and return status, headers and text of the answer."""
    address = urlsplit(studio)
    connection = http.client.HTTPConnection(address.netloc, timeout=60)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    answer = response.status, dict(response.getheaders()), response.read().decode()
    connection.close()
    return answer


def path_of(studio: str) -> str:
    """Return the path of the printed URL, with the token."""
    address = urlsplit(studio)
    return f"{address.path}?{address.query}"


@pytest.fixture(scope="module")
def cookie(studio: str) -> str:
    """Return the cookie that the printed URL sets, as a browser sends it back."""
    status, headers, _ = ask(studio, path_of(studio))
    assert status == 200
    return headers["set-cookie"].partition(";")[0]


def test_the_printed_url_sets_a_strict_cookie_and_leads_to_the_page(studio: str) -> None:
    _, headers, text = ask(studio, path_of(studio))
    _, *flags = headers["set-cookie"].split("; ")
    assert sorted(flags) == ["HttpOnly", "Path=/", "SameSite=Strict"]
    assert 'content="0; url=/"' in text


def test_the_page_is_there_with_the_cookie(studio: str, cookie: str) -> None:
    status, _, text = ask(studio, Cookie=cookie)
    assert (status, "nicegui" in text) == (200, True)


def test_the_cookie_is_not_the_token(studio: str, cookie: str) -> None:
    token = studio.partition("token=")[2]
    assert token not in cookie


@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong", "?other=1"])
def test_without_the_token_it_is_403(studio: str, query: str) -> None:
    assert ask(studio, f"/{query}")[0] == 403


@pytest.mark.parametrize("path", ["/favicon.ico", "/studio/1.0.0/studio.css", "/docs", SOCKET])
def test_nothing_is_there_without_the_cookie(studio: str, path: str) -> None:
    assert ask(studio, path)[0] == 403


def test_a_cookie_that_nobody_was_given_is_403(studio: str, cookie: str) -> None:
    name = cookie.partition("=")[0]
    assert ask(studio, Cookie=f"{name}=guessed")[0] == 403


def test_the_token_is_for_the_page_alone(studio: str) -> None:
    query = path_of(studio).partition("?")[2]
    assert ask(studio, f"/favicon.ico?{query}")[0] == 403
    assert ask(studio, f"/?{query}", "POST")[0] == 403


@pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1", "127.0.0.1:1"])
def test_another_host_is_403(studio: str, cookie: str, host: str) -> None:
    assert ask(studio, Cookie=cookie, Host=host)[0] == 403
    assert ask(studio, path_of(studio), Host=host)[0] == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_another_origin_is_403(studio: str, cookie: str, origin: str) -> None:
    status, headers, _ = ask(studio, Cookie=cookie, Origin=origin)
    assert status == 403
    assert not any(name.lower().startswith("access-control") for name in headers)


def test_another_origin_may_not_even_ask(studio: str, cookie: str) -> None:
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    status, headers, _ = ask(studio, "/", "OPTIONS", Cookie=cookie, **asked)
    assert status == 403
    assert not any(name.lower().startswith("access-control") for name in headers)


def test_its_own_origin_is_let_in(studio: str, cookie: str) -> None:
    address = urlsplit(studio)
    assert ask(studio, Cookie=cookie, Origin=f"http://{address.netloc}")[0] == 200


def test_answers_keep_other_hosts_and_frames_out(studio: str, cookie: str) -> None:
    _, headers, _ = ask(studio, Cookie=cookie)
    policy = headers["content-security-policy"].split("; ")
    assert "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["referrer-policy"] == "no-referrer"


class TestWebSockets:
    def test_a_page_of_its_own_is_let_in(self, studio: str, cookie: str) -> None:
        netloc = urlsplit(studio).netloc
        with connect(
            f"ws://{netloc}{SOCKET}",
            origin=Origin(f"http://{netloc}"),
            additional_headers={"Cookie": cookie},
        ) as opened:
            greeting = str(opened.recv())
        assert "sid" in json.loads(greeting[1:])

    @pytest.mark.parametrize("origin", ["http://evil.example", "null", None])
    def test_any_other_is_403(self, studio: str, cookie: str, origin: str | None) -> None:
        self._refused(studio, origin, {"Cookie": cookie})

    def test_without_the_cookie_it_is_403(self, studio: str) -> None:
        self._refused(studio, f"http://{urlsplit(studio).netloc}", {})

    def _refused(self, studio: str, origin: str | None, headers: dict[str, str]) -> None:
        url = f"ws://{urlsplit(studio).netloc}{SOCKET}"
        with (
            pytest.raises(InvalidStatus) as error,
            connect(url, origin=Origin(origin) if origin else None, additional_headers=headers),
        ):
            pass
        assert error.value.response.status_code == 403


def test_it_listens_at_one_address_alone(studio: str) -> None:
    port = urlsplit(studio).port
    assert port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port))
