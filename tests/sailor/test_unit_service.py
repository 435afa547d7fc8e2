"""The answers to design-time questions, and what they must not show. No platform here."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from lib.sailor.service import service
from tests.support.command import kept_loggers
from tests.support.loopback import Loopback

URL = "http://me:p%40ss-word@{host}/result"
TWINS = "tests/sailor/components/twins"


@pytest.fixture
def screens() -> Iterator[Loopback]:
    """The design screens, which take any answer."""
    with Loopback() as server, kept_loggers():
        yield server


def ask(screens: Loopback, method: str, cfg: dict[str, Any], **settings: str) -> Any:
    """Ask a component a question, and return the answer."""
    variables = {
        "POST_RESULT_URL": URL.format(host=screens.url.removeprefix("http://")),
        "CFG": json.dumps(cfg),
        "API_URI": "https://api.example.com",
        "API_USERNAME": "me",
        "API_KEY": "api-secret",
        "COMPONENT_PATH": TWINS,
        **settings,
    }
    environ = {f"ELASTICIO_{name}": value for name, value in variables.items()}
    assert service(method, environ) == 0
    [request] = screens.requests
    return request.json


REPEATED = "refused: api-secret, api&#45;secret, p%40ss-word and p@ss-word"
SHOWN = "refused: ***, ***, *** and ***"


def test_an_answer_that_is_an_error_shows_no_secret_of_the_environment(
    screens: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    model = {"ACTION_OR_TRIGGER": "models", "GET_MODEL_METHOD": "fails"}

    answer = ask(screens, "selectModel", {"name": REPEATED}, **model)

    assert answer == {"status": "error", "data": {"message": f"no model for {SHOWN}"}}
    assert f"RuntimeError: no model for {SHOWN}" in capsys.readouterr().out


def test_the_reason_why_credentials_are_refused_shows_no_secret_of_the_environment(
    screens: Loopback,
) -> None:
    answer = ask(screens, "verifyCredentials", {"raise": REPEATED})

    assert answer == {"status": "success", "data": {"verified": False, "reason": SHOWN}}


def test_a_malformed_url_for_the_answer_is_named_and_not_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with kept_loggers():
        code = service("verifyCredentials", {"ELASTICIO_POST_RESULT_URL": "https://me:secret@[x"})

    assert code == 1
    assert json.loads(capsys.readouterr().out)["msg"] == "ELASTICIO_POST_RESULT_URL is malformed"
