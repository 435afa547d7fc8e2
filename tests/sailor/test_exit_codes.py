"""The exit codes of a process are those of the step, or of the answer, that it was started for."""

from collections.abc import Iterator

import pytest

from tests.support.command import command
from tests.support.loopback import Loopback, Reply
from tests.support.settings import ALWAYS

TWINS = "tests/sailor/components/twins"


@pytest.fixture
def server() -> Iterator[Loopback]:
    """The platform, as far as it is asked by HTTP."""
    with Loopback() as running:
        yield running


@pytest.mark.parametrize(("status", "code"), [(200, 0), (404, 1)])
def test_serve_ends_with_the_code_of_its_step(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, status: int, code: int
) -> None:
    # Given a container that is started for the shutdown hook alone
    settings = {"HOOK_SHUTDOWN": "1", "FUNCTION": "script", "COMPONENT_PATH": TWINS}
    for name, value in {**settings, "API_URI": server.url}.items():
        monkeypatch.setenv(f"ELASTICIO_{name}", value)
    for name in ALWAYS.keys() - {"ELASTICIO_API_URI", "ELASTICIO_FUNCTION"}:
        monkeypatch.setenv(name, ALWAYS[name])

    # When the platform answers
    server.answer(Reply({"config": {}}, status=status))

    assert command("serve").code == code


@pytest.mark.parametrize(("status", "code"), [(200, 0), (404, 1)])
def test_service_ends_with_the_code_of_its_answer(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, status: int, code: int
) -> None:
    # Given a question that has an answer
    settings = {"POST_RESULT_URL": server.url, "CFG": "{}", "COMPONENT_PATH": TWINS}
    settings |= {"API_URI": server.url, "API_USERNAME": "me", "API_KEY": "key"}
    for name, value in settings.items():
        monkeypatch.setenv(f"ELASTICIO_{name}", value)

    # When the screens take it, or don't
    server.answer(Reply(status=status))

    assert command("service", "verifyCredentials").code == code
    assert [request.method for request in server.requests] == ["POST"]
