"""No secret gets out, and none gets in but through cfg.

All is run with "Debug This Step" on and LOG_LEVEL=trace.
"""

import base64
import html
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import orjson
import pytest

from lib.component import schemas
from lib.component.connection import client_of
from lib.component.operation import parameters
from lib.component.validation import Validator
from lib.ecr import (
    Answer,
    CallerSignature,
    Client,
    Configuration,
    Credentials,
    ServiceError,
)
from lib.http import Response
from tests.support.aws_model import KEYS, REGION, TOKEN, cfg_for
from tests.support.command import Ran, run
from tests.support.decoys import DECOY
from tests.support.loopback import Captured, Loopback, Reply

BODY = {"repositoryName": "shop"}
LAYER = {"repositoryName": "shop", "layerDigest": "sha256:0a"}
# What a message may bring: another session token, or a whole signature.
MESSAGE_TOKEN = "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQ+Cmessage=="
CALLERS_KEY = "ASIAQ3EGCALLERSKEY77"
CALLERS_SIGNATURE = "5f7d" * 16
SIGNED_BY_CALLER = {
    "X-Amz-Date": "20250131T235959Z",
    "X-Amz-Credential": f"{CALLERS_KEY}/20250131/{REGION}/ecr/aws4_request",
    "X-Amz-SignedHeaders": "host;x-amz-date;x-amz-security-token",
    "X-Amz-Signature": CALLERS_SIGNATURE,
    "X-Amz-Security-Token": MESSAGE_TOKEN,
}
# What an answer may hold: the password of a registry, and a pre-signed URL.
PASSWORD = base64.b64encode(b"AWS:eyJwYXlsb2FkIjoiZXhhbXBsZSJ9/+" * 12).decode()
AUTHORIZATION = {
    "authorizationData": [
        {
            "authorizationToken": PASSWORD,
            "expiresAt": 1735689600,
            "proxyEndpoint": "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com",
        }
    ]
}
URL_SIGNATURE = "0badc0de" * 8
URL_TOKEN = "FwoGZXIvYXdzEPpreSigned"
URL_KEY = "ASIAQ3EGPRESIGNED777"
DOWNLOAD_URL = "https://prod-eu-central-1-starport-layer-bucket.s3.amazonaws.com/1b2c/3d4e?" + (
    urlencode(
        {
            "X-Amz-Security-Token": URL_TOKEN,
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{URL_KEY}/20250131/{REGION}/s3/aws4_request",
            "X-Amz-Signature": URL_SIGNATURE,
        }
    )
)
DOWNLOAD = {"downloadUrl": DOWNLOAD_URL, "layerDigest": "sha256:0a"}

SECRETS = {
    "secretAccessKey": KEYS["secretAccessKey"],
    "accessKeyId": KEYS["accessKeyId"],
    "sessionToken": TOKEN,
    "the message's token": MESSAGE_TOKEN,
    "the caller's signature": CALLERS_SIGNATURE,
    "authorizationToken": PASSWORD,
    "the URL's signature": URL_SIGNATURE,
    "the URL's token": URL_TOKEN,
}


@pytest.fixture(autouse=True)
def loudest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "trace")
    monkeypatch.setattr("lib.ecr.client.time.sleep", lambda _: None)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def debugged(server: Loopback, **members: Any) -> dict[str, Any]:
    return cfg_for(server, verbose=True, **members)


def told(ran: Ran) -> str:
    """Return all that a run reported: logs, errors and reasons, but not the data itself."""
    events = [event for event in ran.events if event["event"] != "data"]
    return ran.stderr + "".join(f"{event}\n{json.dumps(event)}\n" for event in events)


def leaks(text: str, secrets: Mapping[str, str] = SECRETS) -> list[str]:
    """Return which secrets are in a text: plainly, escaped, or but their first 16 characters."""
    return [name for name, secret in secrets.items() if any(f in text for f in _forms(secret))]


def _forms(secret: str) -> set[str]:
    start = secret[:16]
    return {start, quote(start, safe=""), start.replace("/", r"\/"), html.escape(start)}


def test_a_leak_would_be_found() -> None:
    for form in (str, quote, html.escape, lambda text: json.dumps(text).replace("/", r"\/")):
        assert leaks(f"<{form(TOKEN)}>") == ["sessionToken"]
    assert leaks("no secret") == []


# Answers that show what was sent


class Mirror(Loopback):
    """A server whose answers show a header of the request.

    Args:
        name: The header's name.
        show: Makes an answer of the header.
    """

    def __init__(self, name: str, show: Callable[[str, str], Reply]) -> None:
        super().__init__()
        self._name, self._show = name, show

    def keep(self, request: Captured) -> Reply:
        super().keep(request)
        return self._show(self._name, request.headers[self._name])


def refusal(message: str) -> Reply:
    return Reply({"__type": "InvalidSignatureException", "message": message}, status=403)


def canonical(name: str, value: str) -> str:
    """Return AWS's message about a signature that does not match."""
    return (
        "The request signature we calculated does not match the signature you provided. The"
        " Canonical String for this request should have been\n'POST\n/\n\n"
        f"content-type:application/x-amz-json-1.1\n{name.lower()}:{value}\n\n"
    )


def escaped(reply: Reply) -> Reply:
    """Return JSON that escapes what it may: slashes, and what HTML has a meaning for."""
    text = reply.content
    for plain, written in ((b"/", rb"\/"), (b"=", rb"\u003d"), (b"&", rb"\u0026")):
        text = text.replace(plain, written)
    return replace(reply, body=text)


MIRRORS: dict[str, Callable[[str, str], Reply]] = {
    "a message": lambda name, value: refusal(f"{name} is malformed: {value!r}"),
    "a message with the value alone": lambda _, value: refusal(f"What is {value}?"),
    "the canonical request": lambda name, value: refusal(canonical(name, value)),
    "a proxy's page": lambda name, value: Reply(f"<pre>{name}: {value}".encode(), status=403),
    "a gateway's page": lambda name, value: Reply(
        f"<td>{name}</td><td>{html.escape(value)}</td>".encode(), status=502
    ),
    "a list": lambda name, value: Reply([name, value]),
    "a text that is cut within the value": lambda _, value: Reply(
        b"." * 170 + value.encode(), status=403
    ),
    "a link": lambda _, value: Reply(f"/login?{quote(value, safe='')}".encode(), status=403),
    "a list that escapes slashes": lambda _, value: Reply(
        Reply([value]).content.replace(b"/", rb"\/")
    ),
    "a list that escapes equals signs": lambda _, value: Reply(
        Reply([value]).content.replace(b"=", rb"\u003d")
    ),
    "an object without a code": lambda name, value: Reply({name: value}, status=400),
    "an object that escapes": lambda name, value: escaped(Reply({name: value}, status=400)),
    "an object in a string": lambda name, value: Reply(
        {"error": json.dumps({name: value})}, status=400
    ),
    "an object that is cut": lambda name, value: Reply(Reply({name: value}).content[:-3]),
    "a form": lambda name, value: Reply(urlencode({name: value}).encode(), status=400),
    "XML": lambda name, value: Reply(
        f"<Code>Bad</Code><Message>{name}: {html.escape(value)}</Message>".encode(), status=400
    ),
    "XML of another form": lambda name, value: Reply(
        f"<{name}>{value}</{name}>".encode(), status=400
    ),
}
SIGNERS: dict[str, dict[str, str]] = {
    "by cfg": {},
    "by cfg with the message's token": {"X-Amz-Security-Token": MESSAGE_TOKEN},
    "by the caller": SIGNED_BY_CALLER,
}


@pytest.mark.parametrize("signer", SIGNERS)
@pytest.mark.parametrize("name", ["X-Amz-Security-Token", "Authorization"])
@pytest.mark.parametrize("mirror", MIRRORS)
def test_an_answer_that_shows_the_request_is_told_without_its_secrets(
    mirror: str, name: str, signer: str
) -> None:
    # Given
    with Mirror(name, MIRRORS[mirror]) as server:
        # When
        ran = run("DescribeImages", BODY | SIGNERS[signer], debugged(server, sessionToken=TOKEN))

    # Then
    assert ran.code in {1, 75}
    request = server.requests[0]
    assert request.headers["X-Amz-Security-Token"] in {TOKEN, MESSAGE_TOKEN}
    _, _, signature = request.headers["Authorization"].rpartition("Signature=")
    assert len(signature) == 64
    assert leaks(told(ran), SECRETS | {"the request's signature": signature}) == []


@pytest.mark.parametrize("name", ["X-Amz-Security-Token", "Authorization"])
@pytest.mark.parametrize("mirror", MIRRORS)
def test_a_trigger_tells_of_such_an_answer_without_its_secrets(mirror: str, name: str) -> None:
    # Given
    with Mirror(name, MIRRORS[mirror]) as server:
        # When
        ran = run("newImages", {}, debugged(server, sessionToken=TOKEN, repositories=["shop"]))

    # Then
    assert ran.code in {1, 75}
    _, _, signature = server.requests[0].headers["Authorization"].rpartition("Signature=")
    assert leaks(told(ran), SECRETS | {"the request's signature": signature}) == []


# Answers that hold secrets


def test_a_registry_s_password_is_data_and_no_log_line(server: Loopback) -> None:
    # Given
    server.answer(Reply(AUTHORIZATION))

    # When
    ran = run("GetAuthorizationToken", {}, debugged(server))

    # Then
    (data,) = ran.event["payload"]["body"]["authorizationData"]
    assert data["authorizationToken"] == PASSWORD
    assert len(ran.log) == 2
    assert leaks(told(ran)) == []
    assert "proxyEndpoint" in ran.log[1]["msg"]


def test_a_pre_signed_url_is_data_and_no_log_line(server: Loopback) -> None:
    # Given
    server.answer(Reply(DOWNLOAD))

    # When
    ran = run("GetDownloadUrlForLayer", LAYER, debugged(server))

    # Then
    assert ran.event["payload"]["body"] == DOWNLOAD
    assert leaks(told(ran)) == []
    assert DOWNLOAD_URL.partition("?")[0] in ran.log[1]["msg"]


WHOLE = Reply(AUTHORIZATION).content
PRE_SIGNED = Reply(DOWNLOAD).content
BROKEN: dict[str, tuple[str, Reply]] = {
    "a cut password": ("GetAuthorizationToken", Reply(WHOLE[:100])),
    "a connection cut in a password": ("GetAuthorizationToken", Reply(WHOLE, cut=100)),
    "a password behind a blank": (
        "GetAuthorizationToken",
        Reply(json.dumps(AUTHORIZATION, indent=1).encode()[:-2]),
    ),
    "a password with HTTP 500": ("GetAuthorizationToken", Reply(WHOLE, status=500)),
    "a password with HTTP 400": ("GetAuthorizationToken", Reply(WHOLE, status=400)),
    "a password in a list": ("GetAuthorizationToken", Reply([AUTHORIZATION])),
    "a password in a string": (
        "GetAuthorizationToken",
        Reply({"error": json.dumps(AUTHORIZATION)}, status=502),
    ),
    "a password in single quotes": (
        "GetAuthorizationToken",
        Reply(str(AUTHORIZATION).encode(), status=400),
    ),
    "a password in escaped JSON": ("GetAuthorizationToken", escaped(Reply(WHOLE, status=400))),
    "a cut URL": ("GetDownloadUrlForLayer", Reply(PRE_SIGNED[:-60])),
    "a URL with HTTP 400": ("GetDownloadUrlForLayer", Reply(PRE_SIGNED, status=400)),
    "a URL in a string": (
        "GetDownloadUrlForLayer",
        Reply({"error": json.dumps(DOWNLOAD)}, status=502),
    ),
    "a URL in escaped JSON": ("GetDownloadUrlForLayer", escaped(Reply(PRE_SIGNED, status=400))),
    "a URL in HTML": (
        "GetDownloadUrlForLayer",
        Reply(f'<a href="{html.escape(DOWNLOAD_URL)}">moved</a>'.encode(), status=307),
    ),
    "a URL in a URL": (
        "GetDownloadUrlForLayer",
        Reply(f"/login?next={quote(DOWNLOAD_URL, safe='')}".encode(), status=403),
    ),
    "a URL in an error": (
        "GetDownloadUrlForLayer",
        Reply({"__type": "Odd", "message": f"can't reach {DOWNLOAD_URL}"}, status=400),
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_answer_is_told_without_its_secrets(server: Loopback, broken: str) -> None:
    # Given
    action, reply = BROKEN[broken]
    server.answer(reply)

    # When
    body = LAYER if action == "GetDownloadUrlForLayer" else {}
    ran = run(action, body, debugged(server, sessionToken=TOKEN))

    # Then
    assert ran.code in {1, 75}
    assert len(server.requests) > 0
    assert leaks(told(ran)) == []


# Input that can't be right


@pytest.mark.parametrize("name", ["X-Amz-Security-Token", "X_Amz_Security_Token"])
@pytest.mark.parametrize(
    "value",
    [
        f"{MESSAGE_TOKEN}\r\nHost: elsewhere",
        f"{MESSAGE_TOKEN} ",
        f"{MESSAGE_TOKEN}€",
        {"token": MESSAGE_TOKEN},
        [MESSAGE_TOKEN],
    ],
)
def test_a_malformed_token_in_the_message_is_refused_unseen(
    server: Loopback, name: str, value: Any
) -> None:
    ran = run("DescribeImages", {**BODY, name: value}, debugged(server))

    assert ran.event["payload"]["name"] == "InvalidMessage"
    assert "X-Amz-Security-Token" in ran.event["payload"]["message"]
    assert leaks(told(ran)) == []
    assert server.requests == []


@pytest.mark.parametrize("name", ["X-Amz-Signature", "X-Amz-Credential"])
def test_a_malformed_signature_in_the_message_is_refused_unseen(
    server: Loopback, name: str
) -> None:
    body = BODY | SIGNED_BY_CALLER
    body[name] += "\n"

    ran = run("DescribeImages", body, debugged(server))

    assert ran.event["payload"]["name"] == "InvalidMessage"
    assert leaks(told(ran)) == []
    assert server.requests == []


@pytest.mark.parametrize(
    "members",
    [
        {"sessionToken": f"{TOKEN}\nx"},
        {"sessionToken": [TOKEN]},
        {"secretAccessKey": f"{KEYS['secretAccessKey']} {TOKEN}"},
        {"secretAccessKey": {"value": KEYS["secretAccessKey"]}},
        {"accessKeyId": f"{KEYS['accessKeyId']}/{KEYS['secretAccessKey']}"},
        {"accessKeyId": None},
        {"region": "nowhere-1", "sessionToken": TOKEN},
        {"endpoint": f"https://user:{KEYS['secretAccessKey']}@ecr.example"},
    ],
)
def test_a_malformed_cfg_is_refused_unseen(server: Loopback, members: dict[str, Any]) -> None:
    ran = run("DescribeImages", BODY, {**debugged(server), **members})

    assert ran.event["payload"]["name"] == "InvalidConfiguration"
    assert leaks(told(ran)) == []
    assert server.requests == []


def test_a_debugged_request_shows_its_members_and_no_secret(server: Loopback) -> None:
    # Given
    layer = base64.b64encode(bytes(3000)).decode()
    part = {
        "repositoryName": "shop",
        "uploadId": "01234567-89ab-cdef-0123-456789abcdef",
        "partFirstByte": 0,
        "partLastByte": 2999,
        "layerPartBlob": layer,
    }

    # When
    ran = run("UploadLayerPart", part | SIGNED_BY_CALLER, debugged(server, sessionToken=TOKEN))

    # Then
    asked = ran.log[0]["msg"]
    assert '"repositoryName":"shop"' in asked
    assert layer not in asked
    assert leaks(told(ran)) == []


# A proxy


PROXY_PASSWORD = "hunter2hunter2hunter2"
PROXY_SECRETS = {
    "the proxy's password": PROXY_PASSWORD,
    "the proxy's login": base64.b64encode(f"flow:{PROXY_PASSWORD}".encode()).decode(),
}


@pytest.fixture
def behind_proxy(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """Return the cfg of an endpoint that is reached through a proxy with a password."""

    def cfg(proxy: str) -> dict[str, Any]:
        for name in ("NO_PROXY", "no_proxy", "http_proxy", "https_proxy"):
            monkeypatch.delenv(name, raising=False)
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy)
        endpoint = "https://api.ecr.example"  # this machine is asked without a proxy
        # Clients are kept for equal configurations, and have read the environment of their time.
        unique = {"sessionToken": uuid4().hex}
        return {**KEYS, **unique, "region": REGION, "endpoint": endpoint, "verbose": True}

    return cfg


@pytest.mark.parametrize(
    "host", ["127.0.0.1:1", "127.0.0.1:no-port", "[127.0.0.1", "pro xy.example:1", "", "/"]
)
def test_a_proxy_that_can_t_be_reached_is_told_without_its_password(
    behind_proxy: Callable[[str], dict[str, Any]], host: str
) -> None:
    ran = run("DescribeImages", BODY, behind_proxy(f"http://flow:{PROXY_PASSWORD}@{host}"))

    assert ran.code in {1, 75}
    assert leaks(told(ran), PROXY_SECRETS) == []


def test_a_proxy_s_page_is_told_without_its_password(
    behind_proxy: Callable[[str], dict[str, Any]],
) -> None:
    # Given
    def page(name: str, value: str) -> Reply:
        return Reply(f"<pre>{name}: {value}</pre>".encode(), status=407)

    with Mirror("Proxy-Authorization", page) as proxy:
        url = proxy.url.replace("://", f"://flow:{PROXY_PASSWORD}@")

        # When
        ran = run("DescribeImages", BODY, behind_proxy(url))

    # Then
    assert PROXY_SECRETS["the proxy's login"] in proxy.requests[0].headers["Proxy-Authorization"]
    assert "HTTP 407" in ran.event["payload"]["message"]
    assert leaks(told(ran), SECRETS | PROXY_SECRETS) == []


# Reprs


@dataclass(frozen=True)
class Holders:
    """Everything that holds a secret."""

    credentials = Credentials(KEYS["accessKeyId"], KEYS["secretAccessKey"], TOKEN)
    configuration = Configuration(credentials, REGION, "https://api.ecr.example/")
    client = Client(configuration)
    key_signature = client.key_signature(MESSAGE_TOKEN)
    caller_signature = CallerSignature(
        "20250131T235959Z",
        SIGNED_BY_CALLER["X-Amz-Credential"],
        "host;x-amz-date",
        CALLERS_SIGNATURE,
        MESSAGE_TOKEN,
    )
    asked = parameters.read(
        "DescribeImages",
        BODY | SIGNED_BY_CALLER,
        Validator("DescribeImages", schemas.load("DescribeImages", "in")),
        chosen={},
        lists=(),
    )
    answer = Answer({**AUTHORIZATION, **DOWNLOAD}, "1b2c")
    response = Response(200, {"Authorization": CALLERS_SIGNATURE}, WHOLE)
    error = ServiceError(
        code="Odd", message="no", operation="DescribeImages", region=REGION, status=400
    )


@pytest.mark.parametrize("holder", [name for name in vars(Holders) if not name.startswith("_")])
@pytest.mark.parametrize("form", [repr, str, lambda holder: repr([holder]), "{!r:.1000}".format])
def test_a_repr_shows_no_secret(holder: str, form: Callable[[object], str]) -> None:
    shown = form(getattr(Holders, holder))

    assert leaks(shown) == []
    assert shown


def test_an_access_key_id_is_shown_shortened() -> None:
    assert repr(Holders.credentials) == "Credentials(AKIA…MPLE)"
    assert repr(Credentials("SHORT", "s")) == "Credentials(…)"


# What the machine has is not consulted; conftest.py planted it


ID, SECRET = "Access Key ID (accessKeyId)", "Secret Access Key (secretAccessKey)"


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        (("accessKeyId", "secretAccessKey"), f"{ID} and {SECRET} are missing"),
        (("accessKeyId",), f"{ID} is missing; it is needed with {SECRET}"),
        (("secretAccessKey",), f"{SECRET} is missing; it is needed with {ID}"),
        (("region",), "Region (region) is missing; expected a region such as eu-central-1"),
    ],
)
def test_what_cfg_lacks_is_not_taken_from_the_machine(
    server: Loopback, missing: tuple[str, ...], reason: str
) -> None:
    # Given
    cfg = {name: value for name, value in cfg_for(server).items() if name not in missing}

    # When
    ran = run("DescribeImages", BODY, cfg)

    # Then
    assert ran.code == 1
    assert ran.event["payload"]["message"] == f"The configuration is invalid:\n- {reason}"
    assert server.requests == []


def test_a_request_holds_nothing_of_the_machine(server: Loopback) -> None:
    # When
    run("DescribeImages", BODY, cfg_for(server))

    # Then
    (request,) = server.requests
    assert request.headers["Authorization"].startswith(
        f"AWS4-HMAC-SHA256 Credential={KEYS['accessKeyId']}/"
    )
    assert f"/{REGION}/ecr/aws4_request" in request.headers["Authorization"]
    assert "X-Amz-Security-Token" not in request.headers
    assert DECOY not in str(request.headers)


def test_an_endpoint_is_not_taken_from_the_machine() -> None:
    client = client_of({**KEYS, "region": REGION})

    assert client.url == f"https://api.ecr.{REGION}.amazonaws.com/"


# Notes each file that is opened or listed and each address that is connected to, and runs the
# command line.
SPY = """
import json, sys

seen = []

def note(event, arguments):
    if event in {"open", "os.listdir", "os.scandir"}:
        seen.append(["file", str(arguments[0])])
    elif event in {"socket.connect", "socket.sendto", "socket.getaddrinfo"}:
        address = arguments[:2] if event == "socket.getaddrinfo" else arguments[1]
        seen.append([event, list(address)])

sys.addaudithook(note)
from lib.cli import main

output = sys.argv.pop(1)
try:
    main()
finally:
    with open(output, "w") as file:
        json.dump(seen, file)
"""


@pytest.fixture
def home(tmp_path: Path, decoy_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory with everything that AWS's own clients would read."""
    home = tmp_path / "home"
    models = home / ".aws" / "models"
    (models / "ecr" / "2015-09-21").mkdir(parents=True)
    for name in ("credentials", "config"):
        (home / ".aws" / name).write_text((decoy_home / ".aws" / name).read_text())
    for name in ("partitions.json", "endpoints.json"):
        (models / name).write_text(f'"{DECOY}"')
    for name in ("service-2.json", "endpoint-rule-set-1.json"):
        (models / "ecr" / "2015-09-21" / name).write_text(f'"{DECOY}"')
    (home / ".netrc").write_text(f"machine 127.0.0.1 login {DECOY} password {DECOY}\n")
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.mark.parametrize(("keys", "code"), [(KEYS, 0), ({}, 1)])
def test_no_file_of_aws_is_opened_and_no_address_but_the_endpoint_s_is_asked(
    server: Loopback, home: Path, tmp_path: Path, keys: dict[str, str], code: int
) -> None:
    # Given
    cfg = {**keys, "region": REGION, "endpoint": server.url, "verbose": True}
    output = tmp_path / "seen.json"

    # When
    options = ["--cfg", json.dumps(cfg), "--body", json.dumps(BODY)]
    ended = subprocess.run(
        [sys.executable, "-c", SPY, output, "run", "DescribeImages", *options],
        capture_output=True,
        check=False,
    )

    # Then
    assert ended.returncode == code, ended.stderr
    assert DECOY.encode() not in ended.stdout + ended.stderr
    assert KEYS["secretAccessKey"].encode() not in ended.stdout + ended.stderr
    seen = orjson.loads(output.read_bytes())
    files = {Path(name) for kind, name in seen if kind == "file"}
    assert Path(schemas.__file__).parents[2] / "schemas" / "DescribeImages.in.json" in files
    assert [file for file in files if file.is_relative_to(home) or ".aws" in file.parts] == []
    port = int(server.url.rpartition(":")[2])
    asked = [address for kind, address in seen if kind != "file"]
    assert all(address == ["127.0.0.1", port] for address in asked), asked
    assert bool(asked) == bool(keys)
    assert len(server.requests) == len(keys) // 2
