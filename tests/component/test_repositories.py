"""The field Repository: its drop-down, and messages that leave the repository to it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from lib.component import InvalidMessageError, repositories, repository_arns
from lib.component.connection import client_of
from lib.sandbox import Sandbox
from tests.support.aws_model import ask_action, cfg_for
from tests.support.command import run
from tests.support.loopback import Loopback, Reply
from tests.support.repository import ROOT

COMMAND = (sys.executable, "-c", "from lib.cli import main; main()")


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def page(names: list[str], token: str | None = None) -> Reply:
    content: dict[str, Any] = {"repositories": [{"repositoryName": name} for name in names]}
    return Reply(content | ({"nextToken": token} if token else {}))


def test_the_names_come_from_the_registry_sorted() -> None:
    with Sandbox() as own:
        client = client_of(own.cfg)
        for name in ("web", "api", "team/cart"):
            client.call("CreateRepository", orjson.dumps({"repositoryName": name}))

        assert list(repositories(own.cfg).items()) == [
            ("api", "api"),
            ("team/cart", "team/cart"),
            ("web", "web"),
        ]


def test_an_action_that_takes_an_arn_has_the_same_names(server: Loopback) -> None:
    arn = "arn:aws:ecr:eu-central-1:123456789012:repository"
    found = [{"repositoryName": name, "repositoryArn": f"{arn}/{name}"} for name in ("web", "api")]
    server.answer(Reply({"repositories": found}))

    assert list(repository_arns(cfg_for(server)).items()) == [
        (f"{arn}/api", "api"),
        (f"{arn}/web", "web"),
    ]


def test_tags_are_set_listed_and_removed_by_the_arn_of_the_chosen_repository() -> None:
    with Sandbox() as own:
        client_of(own.cfg).call("CreateRepository", b'{"repositoryName": "web"}')
        [arn] = repository_arns(own.cfg)
        cfg = {**own.cfg, "resourceArn": arn}

        ask_action("TagResource", {"tags": [{"Key": "team", "Value": "shop"}]}, cfg)
        assert ask_action("ListTagsForResource", {}, cfg)["body"] == {
            "tags": [{"Key": "team", "Value": "shop"}]
        }
        ask_action("UntagResource", {"tagKeys": "team"}, cfg)
        assert ask_action("ListTagsForResource", {}, cfg)["body"] == {"tags": []}


def test_the_names_of_all_pages_are_there(server: Loopback) -> None:
    server.answer(page(["web"], "2"), page([], "3"), page(["api"]))

    assert list(repositories(cfg_for(server))) == ["api", "web"]
    assert [request.json for request in server.requests] == [
        {"maxResults": 1000},
        {"maxResults": 1000, "nextToken": "2"},
        {"maxResults": 1000, "nextToken": "3"},
    ]


def test_the_first_thousand_by_name_are_offered(server: Loopback) -> None:
    names = [f"r{number:04}" for number in range(1500)]
    server.answer(page(names[700:], "2"), page(names[:700]))

    assert list(repositories(cfg_for(server))) == names[:1000]


@pytest.mark.parametrize("body", [{}, {"requestBody": {}}])
def test_a_message_without_a_repository_takes_the_fields(
    server: Loopback, body: dict[str, Any]
) -> None:
    ask_action("DescribeImages", body, cfg_for(server, repositoryName="shop"))

    assert [request.json for request in server.requests] == [{"repositoryName": "shop"}]


def test_the_messages_own_repository_comes_first(server: Loopback) -> None:
    body = {"repositoryName": "own"}
    ask_action("DescribeImages", body, cfg_for(server, repositoryName="shop"))

    assert [request.json for request in server.requests] == [{"repositoryName": "own"}]


@pytest.mark.parametrize("empty", [{}, {"repositoryName": ""}, {"repositoryName": None}])
def test_without_either_the_error_says_where_to_name_it(
    server: Loopback, empty: dict[str, Any]
) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        ask_action("ListImages", {}, cfg_for(server, **empty))

    assert caught.value.faults == (
        "repositoryName is missing; give it in the message, or choose it in the field Repository",
    )
    assert server.requests == []


def test_what_the_field_holds_is_checked_like_a_member(server: Loopback) -> None:
    with pytest.raises(
        InvalidMessageError, match='repositoryName: got "No!", expected text that matches '
    ):
        ask_action("ListImages", {}, cfg_for(server, repositoryName="No!"))


def test_a_new_repository_is_named_by_the_message_alone(server: Loopback) -> None:
    with pytest.raises(InvalidMessageError, match="- repositoryName is missing"):
        ask_action("CreateRepository", {}, cfg_for(server, repositoryName="shop"))


def test_run_takes_the_field(sandbox: Sandbox, repository: str) -> None:
    ran = run("DescribeImages", {}, {**sandbox.cfg, "repositoryName": repository})

    assert ran.code == 0
    assert ran.event["payload"]["body"] == {"imageDetails": []}


def test_the_design_screens_get_the_list(sandbox: Sandbox, repository: str) -> None:
    # Given
    with Loopback() as platform:
        environment = {
            "POST_RESULT_URL": platform.url,
            "CFG": orjson.dumps(sandbox.cfg).decode(),
            "API_URI": platform.url,
            "API_USERNAME": "user",
            "API_KEY": "key",
            "ACTION_OR_TRIGGER": "PutImage",
            "GET_MODEL_METHOD": "repositories",
        }
        # When
        subprocess.run(
            [*COMMAND, "service", "selectModel"],
            cwd=ROOT,
            env=os.environ | {f"ELASTICIO_{name}": value for name, value in environment.items()},
            check=True,
            timeout=60,
            capture_output=True,
        )
        # Then
        (posted,) = platform.requests
    assert posted.json["status"] == "success"
    assert posted.json["data"][repository] == repository
