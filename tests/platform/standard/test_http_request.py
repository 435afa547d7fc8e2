"""HTTP Request: a GET, and what a step emits of the answer."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests
import responses

from lib.platform import ObjectStorage
from lib.platform.http_server import Answer, HttpServer
from tests.support.standard import StandardStep


class Site(HttpServer):
    """Answers with bytes, with JSON, or as large as asked."""

    def answer(
        self,
        method: str,  # noqa: ARG002 - the server's contract
        path: str,
        headers: Mapping[str, str],  # noqa: ARG002 - likewise
        content: bytes,  # noqa: ARG002 - likewise
    ) -> Answer:
        match path.partition("?")[0].split("/")[1:]:
            case ["bytes", size]:
                return Answer(200, b"\xff" * int(size))
            case ["json"]:
                return Answer(200, {"a": [1]})
            case ["text"]:
                return Answer(200, "Grüße".encode())
            case ["status", status]:
                return Answer(int(status), {"secret": "of the server"})
        return Answer(404)


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as server:
        yield server


def get(url: str, waits: list[float] | None = None, **fields: Any) -> StandardStep:
    """Return a step; how long it waits between tries goes to a list."""
    reader = {"method": "GET", "url": url, **fields.pop("reader", {})}
    kept: list[float] = [] if waits is None else waits
    return StandardStep("httpRequestAxios", {"reader": reader, **fields}, sleep=kept.append)


# What is emitted


@pytest.mark.parametrize(
    ("path", "encoding", "body"),
    [
        ("/bytes/3", "base64", base64.b64encode(b"\xff" * 3).decode()),
        ("/json", "", {"a": [1]}),
        ("/text", "utf8", "Grüße"),
        ("/bytes/2", "utf-8", "\ufffd\ufffd"),
    ],
)
def test_the_content_is_put_into_the_body(site: Site, path: str, encoding: str, body: Any) -> None:
    step = get("url & elasticio.step_1.body.path", responseEncoding=encoding)

    [emitted] = step.bodies({"url": site.url}, passthrough={"step_1": {"body": {"path": path}}})

    assert emitted["statusCode"] == 200
    assert emitted["HTTPHeaders"]["content-type"].startswith("application/")
    assert emitted["responseBody"] == body


def test_headers_are_expressions_too(site: Site) -> None:
    reader = {"headers": [{"key": "X-Name", "value": "'n' & $string(n)"}]}

    get("url", reader=reader).bodies({"url": f"{site.url}/json", "n": 7})

    [request] = site.requests
    assert request.headers["X-Name"] == "n7"
    assert "Authorization" not in request.headers


def test_an_attachment_goes_to_the_object_storage(
    site: Site, storage: ObjectStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELASTICIO_OBJECT_STORAGE_URI", storage.url)
    monkeypatch.setenv("ELASTICIO_OBJECT_STORAGE_TOKEN", storage.token)

    [emitted] = get("url", downloadAsAttachment=True).bodies({"url": f"{site.url}/bytes/9"})

    headers = {"Authorization": f"Bearer {storage.token}"}
    assert "responseBody" not in emitted
    assert emitted["attachmentUrl"].startswith(f"{storage.url}/objects/")
    assert emitted["attachmentUrl"].endswith("?storage_type=maester")
    assert list(storage.objects.values()) == [b"\xff" * 9]
    url = emitted["attachmentUrl"].partition("?")[0]
    assert requests.get(url, headers=headers, timeout=5).content == b"\xff" * 9


def test_an_object_storage_that_refuses_is_an_error(
    site: Site, storage: ObjectStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELASTICIO_OBJECT_STORAGE_URI", storage.url)
    monkeypatch.setenv("ELASTICIO_OBJECT_STORAGE_TOKEN", "another")

    error = get("url", downloadAsAttachment=True).error({"url": f"{site.url}/bytes/9"})

    assert error == "HttpError: The object storage answers with HTTP 401"


# Errors


def test_an_error_of_the_server_shows_neither_the_url_nor_what_it_says(site: Site) -> None:
    step = get("url")

    assert step.error({"url": f"{site.url}/status/403?X-Amz-Signature=0123"}) == (
        "HttpError: The server answers with HTTP 403"
    )
    assert len(site.requests) == 1


def test_a_redirect_is_not_followed(site: Site) -> None:
    assert get("url").error({"url": f"{site.url}/status/302"}) == (
        "HttpError: The server answers with HTTP 302"
    )


@pytest.mark.parametrize("status", [408, 423, 429, 500, 503])
def test_a_transient_error_is_tried_again(
    site: Site, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    waits: list[float] = []
    site.fail(status, times=3)

    [emitted] = get("url", waits).bodies({"url": f"{site.url}/json"})

    assert emitted["responseBody"] == {"a": [1]}
    assert waits == [1, 2, 4]
    assert caplog.messages == [
        f"The server answers with HTTP {status}; trying again in {pause} s" for pause in waits
    ]


def test_it_gives_up_after_so_many_tries(site: Site) -> None:
    waits: list[float] = []

    error = get("url", waits, maxRetries="2").error({"url": f"{site.url}/status/500"})

    assert error == "HttpError: The server answers with HTTP 500"
    assert len(site.requests) == 2
    assert waits == [1]


@pytest.mark.parametrize(("pause", "waited"), [("7", 7), ("9999", 60), ("soon", 1)])
def test_it_waits_as_long_as_the_server_asks_for(pause: str, waited: float) -> None:
    waits: list[float] = []
    with responses.RequestsMock() as server:
        server.add("GET", "https://example.com/a", status=429, headers={"Retry-After": pause})
        server.add("GET", "https://example.com/a", json=1)
        [emitted] = get('"https://example.com/a"', waits).bodies({})

    assert emitted["responseBody"] == 1
    assert waits == [waited]


def test_a_transient_error_can_become_a_rebound(site: Site) -> None:
    step = get("url", errorPolicy="rebound")

    assert step.events({"url": f"{site.url}/status/503"}) == [
        ("rebound", "The server answers with HTTP 503")
    ]
    assert step.error({"url": f"{site.url}/status/404"}).endswith("HTTP 404")


def test_or_an_error_at_once(site: Site) -> None:
    error = get("url", errorPolicy="throwError").error({"url": f"{site.url}/status/503"})

    assert error == "HttpError: The server answers with HTTP 503"
    assert len(site.requests) == 1


def test_a_server_that_is_not_there_is_an_error(site: Site) -> None:
    url = f"{site.url}/json"
    site.down()

    error = get("url", errorPolicy="throwError").error({"url": url})

    assert error.startswith("HttpError: No answer: the connection to 127.0.0.1:")


def test_a_server_that_is_too_slow_is_an_error(site: Site) -> None:
    site.fail(None, delay=1)

    step = get("url", errorPolicy="throwError", requestTimeoutPeriod="100")

    assert "did not answer in time" in step.error({"url": f"{site.url}/json"})


def test_an_answer_that_is_too_large_is_an_error(site: Site) -> None:
    step = get("url", maxContentLength="1000")

    assert step.bodies({"url": f"{site.url}/bytes/1000"})
    assert step.error({"url": f"{site.url}/bytes/1001"}) == (
        "HttpError: No answer: the connection to"
        f" {site.url.removeprefix('http://')} failed: the answer exceeds 1000 bytes"
    )


# What is refused before anything is sent


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.com/", "URL: expected https; http reaches only this machine"),
        ("file:///etc/passwd", "URL: the expression yields no URL, or one with a login"),
        (
            "https://user:pass@example.com/",
            "URL: the expression yields no URL, or one with a login",
        ),
        ("https://[", "URL: the expression yields no URL, or one with a login"),
        (None, "URL: the expression yields no URL, or one with a login"),
    ],
)
def test_other_urls_are_refused(url: Any, said: str) -> None:
    assert get("url").error({"url": url}) == f"FieldError: {said}"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"reader": {"method": "POST"}}, "Only GET requests without a body are supported here"),
        ({"reader": {"body": {"raw": "a"}}}, "Only GET requests without a body are supported here"),
        (
            {"reader": {"headers": [{"key": "a", "value": "'b\\r\\nc'"}]}},
            "Header 'a': expected printable ASCII text",
        ),
        ({"secretId": "5c"}, "A credential other than No Auth (secretId) is not supported here"),
        (
            {"noStrictSSL": True},
            "Do Not Verify SSL Certificate (noStrictSSL) is not supported here",
        ),
        ({"maxRedirects": "3"}, "Maximum Redirects (maxRedirects) is not supported here"),
        (
            {"errorPolicy": "emit"},
            (
                "Error Handling Policy (errorPolicy): 'emit' is not supported here,"
                " expected byComponent, rebound, throwError"
            ),
        ),
        (
            {"responseEncoding": "hex"},
            (
                "Response Encoding (responseEncoding): 'hex' is not supported here,"
                " expected utf8, utf-8, base64"
            ),
        ),
        ({"maxRetries": "11"}, "Maximum Retries (maxRetries): got '11', expected 1 to 10"),
        (
            {"requestTimeoutPeriod": "-1"},
            "Request Timeout (requestTimeoutPeriod): got '-1', expected 1 to 1140000",
        ),
        (
            {"downloadAsAttachment": True},
            (
                "Download as Attachment (downloadAsAttachment) needs the platform's object storage,"
                " which this step does not have"
            ),
        ),
    ],
)
def test_what_is_not_supported_is_refused_by_name(
    site: Site, fields: dict[str, Any], said: str
) -> None:
    assert get("url", **fields).error({"url": f"{site.url}/json"}) == f"FieldError: {said}"
    assert site.requests == []
