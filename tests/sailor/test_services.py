"""Design-time services: the answers that the platform's screens get, as the Node sailor's."""

import json
from typing import Any

import pytest

from lib.platform import RestApi
from lib.platform.process import OURS, Sailor
from tests.support.steps import Starter


def settings(api: RestApi, name: str, **more: str | None) -> dict[str, Any]:
    """Return the settings that a service needs, whose answer goes to a name."""
    return {
        "POST_RESULT_URL": api.result_url(name),
        "CFG": json.dumps({"name": "N"}),
        "API_URI": api.url,
        "API_USERNAME": api.username,
        "API_KEY": api.key,
        "API_REQUEST_RETRY_ATTEMPTS": "3",
        "API_REQUEST_RETRY_DELAY": "10",
        **more,
    }


MODEL = {"ACTION_OR_TRIGGER": "models", "GET_MODEL_METHOD": "regions"}


@pytest.mark.parametrize(
    ("method", "more", "answer"),
    [
        pytest.param(
            "verifyCredentials",
            {"CFG": json.dumps({"answer": {"verified": True, "extra": 1}})},
            {"status": "success", "data": {"verified": True, "extra": 1}},
            id="verified",
        ),
        pytest.param(
            "verifyCredentials",
            {"CFG": json.dumps({"answer": {"verified": False, "reason": "no"}})},
            {"status": "success", "data": {"verified": False, "reason": "no"}},
            id="not verified",
        ),
        pytest.param(
            "verifyCredentials",
            {"CFG": json.dumps({"raise": "the key is wrong"})},
            {"status": "success", "data": {"verified": False, "reason": "the key is wrong"}},
            id="an error",
        ),
        pytest.param(
            "verifyCredentials",
            {"CFG": json.dumps({"answer": "any"})},
            {"status": "success", "data": {"verified": True}},
            id="any answer",
        ),
        pytest.param(
            "verifyCredentials",
            {"COMPONENT_PATH": "tests/sailor/components/plain"},
            {"status": "success", "data": {"verified": True}},
            id="no verification",
        ),
        pytest.param(
            "selectModel",
            MODEL,
            {"status": "success", "data": {"one": "N", "two": "Zürich"}},
            id="model",
        ),
        pytest.param(
            "selectModel",
            MODEL | {"GET_MODEL_METHOD": "fails"},
            {"status": "error", "data": {"message": "no model for N"}},
            id="model fails",
        ),
        pytest.param(
            "getMetaModel",
            {"ACTION_OR_TRIGGER": "models"},
            {"status": "success", "data": {"in": {"type": "object", "title": "N"}, "out": {}}},
            id="meta model",
        ),
    ],
)
def test_both_runtimes_answer_the_same(
    api: RestApi,
    start: Starter,
    node: Sailor,
    method: str,
    more: dict[str, str],
    answer: dict[str, Any],
) -> None:
    asked = [
        start.ask(method, sailor=sailor, **settings(api, sailor.name, **more))
        for sailor in (node, OURS)
    ]
    assert [runtime.wait() for runtime in asked] == [0, 0]
    assert api.results == {"node": answer, "python": answer}


@pytest.mark.parametrize(
    ("method", "more", "told"),
    [
        pytest.param("selectModel", {"ACTION_OR_TRIGGER": None}, "ACTION_OR_TRIGGER", id="action"),
        pytest.param("selectModel", {"GET_MODEL_METHOD": None}, "GET_MODEL_METHOD", id="method"),
        pytest.param("selectModel", {"GET_MODEL_METHOD": "nothing"}, "nothing", id="no method"),
        pytest.param("getMetaModel", {"ACTION_OR_TRIGGER": "nonsense"}, "nonsense", id="no action"),
        pytest.param("getMetaModel", {"ACTION_OR_TRIGGER": "broken"}, "broken", id="broken"),
        pytest.param("verifyCredentials", {"CFG": "{"}, "CFG", id="cfg that is no JSON"),
        pytest.param("verifyCredentials", {"CFG": None}, "ELASTICIO_CFG", id="no cfg"),
        pytest.param("verifyCredentials", {"API_KEY": None}, "ELASTICIO_API_KEY", id="no key"),
        pytest.param("guessModel", {}, "guessModel", id="unknown service"),
    ],
)
def test_a_question_that_has_no_answer_is_answered_with_what_is_wrong(
    api: RestApi,
    start: Starter,
    node: Sailor,
    method: str,
    more: dict[str, str | None],
    told: str,
) -> None:
    asked = [
        start.ask(method, sailor=sailor, **settings(api, sailor.name, **{**MODEL, **more}))
        for sailor in (node, OURS)
    ]
    assert [runtime.wait() for runtime in asked] == [0, 0]
    for name in ("node", "python"):
        assert sorted(api.results[name]) == ["data", "status"]
        assert api.results[name]["status"] == "error"
        assert sorted(api.results[name]["data"]) == ["message"]
        assert told in api.results[name]["data"]["message"]


def test_an_answer_is_posted_again_when_the_platform_is_ill_for_a_moment(
    api: RestApi, start: Starter
) -> None:
    api.fail(500, times=2)
    runtime = start.ask("verifyCredentials", **settings(api, "answer"))
    assert runtime.wait() == 0
    assert [request.status for request in api.asked("POST")] == [500, 500, 200]
    assert api.results == {"answer": {"status": "success", "data": {"verified": True}}}


@pytest.mark.parametrize("status", [201, 404, 500])
def test_an_answer_counts_as_delivered_on_status_200_alone(
    api: RestApi, start: Starter, status: int
) -> None:
    api.fail(status, times=99)
    assert start.ask("verifyCredentials", **settings(api, "answer")).wait() == 1


def test_a_service_that_has_nowhere_to_answer_says_so(api: RestApi, start: Starter) -> None:
    runtime = start.ask("verifyCredentials", **settings(api, "x", POST_RESULT_URL=None))
    assert runtime.wait() == 1
    assert "ELASTICIO_POST_RESULT_URL" in runtime.output
