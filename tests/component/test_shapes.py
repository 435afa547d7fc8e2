"""Schemas that are derived from the shapes of botocore's model."""

import logging
import re
from itertools import product
from typing import Any

import pytest
from botocore.model import OperationModel, ServiceModel

from lib.component.operation.action import CalledOperation
from lib.component.operation.members import sensitive_members
from lib.component.redaction import loggable
from lib.component.shapes import service
from lib.component.shapes.schema import LINEAR_PATTERNS, in_schema, out_schema
from lib.component.validation import Validator
from lib.sailor import Step
from tests.support.aws_model import cfg_for
from tests.support.loopback import Loopback, Reply

SECRET = "do-not-show-this"
TOO_LONG = SECRET * 2


def operation(**shapes: Any) -> OperationModel:
    """Return the model of an operation ``Login``, whose input and output are ``Accounts``."""
    text = {"Text": {"type": "string"}, "Secret": {"type": "string", "sensitive": True, "max": 20}}
    accounts = {"input": {"shape": "Accounts"}, "output": {"shape": "Accounts"}}
    return ServiceModel(
        {
            "metadata": {"apiVersion": "2015-09-21", "signingName": "ecr"},
            "operations": {"Login": {"name": "Login", **accounts}},
            "shapes": {**text, **shapes},
        },
        "ecr",
    ).operation_model("Login")


def structure(**members: str) -> dict[str, Any]:
    return {
        "type": "structure",
        "members": {
            name: {"shape": shape, "documentation": f"<p>The {name} to use.</p>"}
            for name, shape in members.items()
        },
    }


NESTED = operation(
    Accounts=structure(
        name="Text", password="Secret", tokens="Tokens", keys="Keys", login="Login", inner="Inner"
    ),
    Tokens={"type": "list", "member": {"shape": "Secret"}},
    Keys={"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Secret"}},
    Login={**structure(user="Text"), "sensitive": True},
    Inner=structure(pin="Secret", nickname="Text"),
)


@pytest.mark.parametrize("schema", [in_schema(NESTED), out_schema(NESTED)])
def test_what_the_model_marks_as_sensitive_is_a_secret_at_any_depth(schema: Any) -> None:
    assert sensitive_members(schema) == {"password", "tokens", "keys", "login", "pin"}


def test_no_member_of_amazon_ecr_is_marked_as_sensitive_today() -> None:
    for name in service.names():
        model = service.operation(name)
        assert sensitive_members(in_schema(model)) | sensitive_members(out_schema(model)) == set()


def test_a_secret_is_not_logged() -> None:
    members = {
        "name": "shown",
        "password": SECRET,
        "tokens": [SECRET],
        "keys": {"a": SECRET},
        "login": {"user": SECRET},
        "inner": {"pin": SECRET, "nickname": "shown too"},
    }

    logged = loggable(members, sensitive_members(in_schema(NESTED)))

    assert SECRET not in logged
    assert "shown" in logged
    assert "shown too" in logged


def test_a_step_that_is_debugged_logs_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    called = CalledOperation("Login", in_schema(NESTED), out_schema(NESTED))
    step = Step(lambda *_: None, logging.getLogger("tests.step"))

    with Loopback() as server:
        server.answer(Reply({"name": "told", "tokens": [SECRET]}))
        body = {"name": "asked", "password": SECRET}
        called.process(step, {"body": body}, cfg_for(server, verbose=True))

    assert server.requests[0].json == body
    assert '{"name":"asked","password":"[redacted]"}' in caplog.text
    assert '{"name":"told","tokens":"[redacted]"}' in caplog.text


@pytest.mark.parametrize(
    "members",
    [
        {"password": TOO_LONG},
        {"password": [TOO_LONG]},
        {"tokens": [TOO_LONG]},
        {"tokens": {"a": TOO_LONG}},
        {"keys": [TOO_LONG]},
        {"login": {"user": [TOO_LONG]}},
        {"inner": {"pin": TOO_LONG}},
        {"inner": [{"pin": TOO_LONG}]},
    ],
)
def test_an_error_does_not_show_a_secret(members: Any) -> None:
    faults = list(Validator("Login", in_schema(NESTED)).faults(members))

    assert faults
    assert SECRET not in " ".join(faults)


@pytest.mark.parametrize(("aws", "ours"), LINEAR_PATTERNS.items())
def test_a_pattern_of_ours_matches_what_aws_s_matches(aws: str, ours: str) -> None:
    patterns = {
        shape.metadata.get("pattern")
        for name in service.model().shape_names
        if (shape := service.model().shape_for(name))
    }

    assert aws in patterns
    for length in range(8):
        for text in map("".join, product("a*./", repeat=length)):
            assert bool(re.fullmatch(aws, text)) == bool(re.fullmatch(ours, text)), text
