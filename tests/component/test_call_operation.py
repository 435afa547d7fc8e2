"""Call Operation: any operation, chosen in a field.

That its requests, answers, refusals and metadata are those of the 25 actions is shown where theirs
are: tests/ecr/test_wire.py, test_bad_messages.py and test_metadata.py.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from lib.component import InvalidMessageError, schemas
from lib.component.errors import IncompleteError, InvalidFieldError
from lib.component.operation.any_operation import get_meta_model
from lib.component.shapes import service
from lib.component.shapes.schema import in_schema, out_schema
from lib.ecr import ServiceError
from lib.sandbox import Sandbox
from tests.support.aws_model import (
    ALL_OPERATIONS,
    CALL_OPERATION,
    OPERATIONS,
    Caller,
    Event,
    ask_action,
    botocore_client,
    cfg_for,
    sample_parameters,
)
from tests.support.loopback import Captured, Loopback, Reply
from tests.support.repository import ROOT

IMAGE = {"repositoryName": "shop", "imageId": {"imageTag": "1.0"}}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Replicate",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": ["ecr:CreateRepository", "ecr:ReplicateImage"],
            "Resource": "arn:aws:ecr:eu-central-1:123456789012:repository/*",
        }
    ],
}


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def ask(
    operation: Any, body: Any, cfg: dict[str, Any], events: list[Event] | None = None
) -> dict[str, Any]:
    return ask_action(CALL_OPERATION, body, {**cfg, "operation": operation}, events)


# The field Operation


@pytest.mark.parametrize("chosen", [None, ""])
def test_without_an_operation_the_error_names_the_field(server: Loopback, chosen: Any) -> None:
    with pytest.raises(InvalidFieldError) as refused:
        ask(chosen, {}, cfg_for(server))

    assert str(refused.value) == (
        "operation: got nothing, expected an operation of Amazon ECR; "
        "correct it in the field Operation"
    )
    assert server.requests == []


@pytest.mark.parametrize("given", ["DescribeImage", "describeImages", "Describe Images"])
def test_an_unknown_operation_is_met_with_the_one_meant(server: Loopback, given: str) -> None:
    with pytest.raises(InvalidFieldError) as refused:
        ask(given, {}, cfg_for(server))

    assert str(refused.value) == (
        f'operation: got "{given}", expected an operation of Amazon ECR '
        "(did you mean DescribeImages?); correct it in the field Operation"
    )
    assert server.requests == []


@pytest.mark.parametrize(
    ("given", "got"),
    [
        ("?", '"?"'),
        (7, "7"),
        (["Put"], '["Put"]'),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "a string"),
    ],
)
def test_what_is_no_operation_is_not_shown_if_it_may_be_a_key(
    server: Loopback, given: Any, got: str
) -> None:
    for question in (
        lambda: ask(given, {}, cfg_for(server)),
        lambda: get_meta_model({"operation": given}),
    ):
        with pytest.raises(InvalidFieldError) as refused:
            question()
        assert str(refused.value) == (
            f"operation: got {got}, expected an operation of Amazon ECR; "
            "correct it in the field Operation"
        )
    assert server.requests == []


def test_the_field_may_change_from_message_to_message(server: Loopback) -> None:
    for operation in ("DescribeRegistry", "GetRegistryPolicy", "DescribeRegistry"):
        server.answer(Reply())
        ask(operation, {}, cfg_for(server))
        assert server.requests[0].headers["X-Amz-Target"].endswith(f".{operation}")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_is_checked_as_by_its_own_action(operation: str) -> None:
    model = service.operation(operation)

    assert in_schema(model) == schemas.load(operation, "in")
    assert out_schema(model) == schemas.load(operation, "out")


def test_the_other_actions_do_not_load_the_model() -> None:
    program = """
import sys
from lib.sailor import Component
from pathlib import Path
for action in sys.argv[1:]:
    Component.load(Path.cwd()).process(action)
print([name for name in sys.modules if name.startswith(("botocore.model", "lib.component.shapes"))])
"""
    ran = subprocess.run(
        [sys.executable, "-c", program, *OPERATIONS, "CopyImage", "ScanImage"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )

    assert ran.stdout == "[]\n"


# The other fields


@pytest.mark.parametrize(
    "operation",
    [
        name
        for name in ALL_OPERATIONS
        if "repositoryName" in service.operation(name).input_shape.required_members
    ],
)
def test_a_repository_may_be_chosen_for_operations_that_take_one(
    server: Loopback, operation: str
) -> None:
    server.answer(Reply())
    body = sample_parameters(operation)
    del body["repositoryName"]
    cfg = cfg_for(server, repositoryName="team/chosen")

    if operation == "CreateRepository":
        with pytest.raises(InvalidMessageError, match=r"repositoryName is missing$"):
            ask(operation, body, cfg)
    else:
        ask(operation, body, cfg)
        assert server.requests[0].json == {**body, "repositoryName": "team/chosen"}


@pytest.mark.parametrize("operation", ["DescribeRegistry", "DescribeRepositories", "TagResource"])
def test_other_operations_ignore_the_chosen_repository(server: Loopback, operation: str) -> None:
    server.answer(Reply())
    body = sample_parameters(operation)

    ask(operation, body, cfg_for(server, repositoryName="team/chosen"))

    assert server.requests[0].json == body


def test_an_arn_must_be_in_the_message(server: Loopback) -> None:
    with pytest.raises(InvalidMessageError, match=r"resourceArn is missing$"):
        ask("ListTagsForResource", {}, cfg_for(server, resourceArn="arn", repositoryName="shop"))


@pytest.mark.parametrize("behavior", ["fetchPage", "fetchAll", "emitIndividually"])
def test_an_operation_without_pages_ignores_the_emit_behavior(
    server: Loopback, behavior: str
) -> None:
    # botocore has no paginator for this one, though it has a nextToken
    found = {"pullTimeUpdateExclusions": ["arn"], "nextToken": "more"}
    server.answer(Reply(found))

    message = ask("ListPullTimeUpdateExclusions", {}, cfg_for(server, emitBehavior=behavior))

    assert message["body"] == found
    assert len(server.requests) == 1


def test_what_is_not_there_may_be_an_empty_result(server: Loopback) -> None:
    server.answer(Reply({"__type": "RegistryPolicyNotFoundException", "message": "none"}, 400))
    cfg = cfg_for(server, allowNotFound=True)

    assert ask("GetRegistryPolicy", {}, cfg)["body"] == {}
    with pytest.raises(ServiceError, match="RegistryPolicyNotFoundException: none"):
        ask("DeleteRegistryPolicy", {}, cfg)


def test_a_preview_may_be_waited_for(server: Loopback) -> None:
    events: list[Event] = []
    server.answer(Reply({"status": "IN_PROGRESS"}))

    ask(
        "GetLifecyclePolicyPreview",
        {"repositoryName": "shop"},
        cfg_for(server, waitForCompletion=True),
        events,
    )

    assert events == [("rebound", "GetLifecyclePolicyPreview: the result is still IN_PROGRESS")]


def test_a_transient_error_that_persists_is_a_rebound(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lib.ecr.client.random.uniform", lambda *_: 0)
    events: list[Event] = []
    server.answer(Reply(status=503))

    ask("StartImageScan", IMAGE, cfg_for(server), events)

    [(event, reason)] = events
    assert event == "rebound"
    assert reason.startswith("StartImageScan failed after 3 attempts: ")


def test_a_misspelled_field_is_reported(server: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    server.answer(Reply())

    ask("DescribeRegistry", {}, cfg_for(server, emitBehaviour="fetchAll"))

    [warning] = caplog.messages
    assert warning == "emitBehaviour is not a field of CallOperation; did you mean emitBehavior?"


def test_debugging_logs_the_call_without_its_secret(
    server: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server.answer(Reply({"authorizationData": [{"authorizationToken": "very-secret"}]}))

    ask("GetAuthorizationToken", {}, cfg_for(server, verbose=True))

    assert "GetAuthorizationToken calls http" in caplog.text
    assert '"authorizationToken":"[redacted]"' in caplog.text
    assert "very-secret" not in caplog.text


# Parameters


@pytest.mark.parametrize(
    ("operation", "member"),
    [
        ("PutRegistryPolicy", "policyText"),
        ("CreateRepositoryCreationTemplate", "repositoryPolicy"),
        ("CreateRepositoryCreationTemplate", "lifecyclePolicy"),
        ("UpdateRepositoryCreationTemplate", "repositoryPolicy"),
    ],
)
def test_a_policy_may_be_an_object(server: Loopback, operation: str, member: str) -> None:
    server.answer(Reply())

    ask(operation, {**sample_parameters(operation), member: POLICY}, cfg_for(server))

    assert server.requests[0].json[member] == orjson.dumps(POLICY).decode()


def test_the_envelope_of_2019_is_taken_too(server: Loopback) -> None:
    server.answer(Reply())
    body = {"Action": "StartImageScan", "Version": "2015-09-21", "requestBody": IMAGE}

    ask("StartImageScan", body, cfg_for(server))

    assert server.requests[0].json == IMAGE


# Findings: two lists of items, within another member


class Findings(Loopback):
    """An image's findings on three pages: of basic scanning, of enhanced scanning, or of both."""

    def __init__(self, *kinds: str) -> None:
        super().__init__()
        self.kinds = kinds

    def keep(self, request: Captured) -> Reply:
        super().keep(request)
        page = int(request.json.get("nextToken", 0))
        found = {kind: [{"description": f"{kind} {page}-{n}"} for n in "ab"] for kind in self.kinds}
        counts = {"findingSeverityCounts": {"HIGH": 6}}
        more = {"nextToken": str(page + 1)} if page < 2 else {}
        return Reply({**IMAGE, "imageScanFindings": {**counts, **found}, **more})


@pytest.mark.parametrize(
    "kinds", [("findings",), ("enhancedFindings",), ("findings", "enhancedFindings"), ()], ids=str
)
def test_findings_of_all_pages_are_those_of_botocore_s_paginator(kinds: tuple[str, ...]) -> None:
    with Findings(*kinds) as server:
        paginator = botocore_client("eu-central-1", server.url).get_paginator(
            "describe_image_scan_findings"
        )
        expected = paginator.paginate(**IMAGE).build_full_result()["imageScanFindings"]
        asked = [request.json for request in server.requests]
        server.requests.clear()

        message = ask("DescribeImageScanFindings", IMAGE, cfg_for(server, emitBehavior="fetchAll"))

        assert [request.json for request in server.requests] == asked
    found = message["body"].pop("imageScanFindings")
    assert message["body"] == IMAGE
    assert found.pop("findingSeverityCounts") == {"HIGH": 6}
    assert found == {kind: expected[kind] for kind in kinds}
    assert all(len(of_kind) == 6 for of_kind in found.values())


def test_findings_may_be_emitted_one_by_one() -> None:
    events: list[Event] = []
    with Findings("findings", "enhancedFindings") as server:
        cfg = cfg_for(server, emitBehavior="emitIndividually")
        ask("DescribeImageScanFindings", IMAGE, cfg, events)

    assert [message["body"]["description"] for _, message in events] == [
        f"{kind} {page}-{n}"
        for page in range(3)
        for kind in ("findings", "enhancedFindings")
        for n in "ab"
    ]


def test_a_scan_without_findings_emits_nothing_or_what_there_is(server: Loopback) -> None:
    answer = {**IMAGE, "imageScanStatus": {"status": "FAILED"}}
    events: list[Event] = []
    server.answer(Reply(answer))

    whole = ask("DescribeImageScanFindings", IMAGE, cfg_for(server, emitBehavior="fetchAll"))
    cfg = cfg_for(server, emitBehavior="emitIndividually")
    ask("DescribeImageScanFindings", IMAGE, cfg, events)

    assert whole["body"] == answer
    assert events == []


def test_findings_that_begin_on_a_later_page_are_emitted_too(server: Loopback) -> None:
    found = {"imageScanFindings": {"findings": [{"name": "CVE-2024-3094"}]}}
    server.answer(Reply({"nextToken": "1"}), Reply(found))

    message = ask("DescribeImageScanFindings", IMAGE, cfg_for(server, emitBehavior="fetchAll"))

    assert message["body"] == found


def test_a_later_page_that_fails_is_named_with_its_token() -> None:
    events: list[Event] = []
    with Loopback() as server:
        page = {"imageScanFindings": {"findings": [{}, {}]}, "nextToken": "1"}
        refusal = Reply({"__type": "ValidationException", "message": "stale"}, 400)
        server.answer(Reply(page), refusal)
        cfg = cfg_for(server, emitBehavior="emitIndividually")
        with pytest.raises(IncompleteError, match=r"2 items were emitted .* nextToken: 1$"):
            ask("DescribeImageScanFindings", IMAGE, cfg, events)

    assert len(events) == 2


# On the sandbox, which checks signatures


def test_a_registry_s_policy_is_put_read_and_deleted() -> None:
    with Sandbox() as own:
        put = ask("PutRegistryPolicy", {"policyText": POLICY}, own.cfg)["body"]
        read = ask("GetRegistryPolicy", {}, own.cfg)["body"]
        deleted = ask("DeleteRegistryPolicy", {}, own.cfg)["body"]

        assert json.loads(put["policyText"]) == POLICY
        assert put == read == deleted
        with pytest.raises(ServiceError, match="RegistryPolicyNotFoundException"):
            ask("GetRegistryPolicy", {}, own.cfg)


def test_a_registry_s_replication_and_scanning_are_configured() -> None:
    rules = [{"destinations": [{"region": "eu-west-1", "registryId": "123456789012"}]}]
    scanning = [
        {
            "scanFrequency": "SCAN_ON_PUSH",
            "repositoryFilters": [{"filter": "team/*", "filterType": "WILDCARD"}],
        }
    ]
    with Sandbox() as own:
        ask(
            "PutReplicationConfiguration",
            {"replicationConfiguration": {"rules": rules}},
            own.cfg,
        )
        ask("PutRegistryScanningConfiguration", {"scanType": "BASIC", "rules": scanning}, own.cfg)

        registry = ask("DescribeRegistry", {}, own.cfg)["body"]
        configured = ask("GetRegistryScanningConfiguration", {}, own.cfg)["body"]

    assert registry["replicationConfiguration"]["rules"] == rules
    assert configured["scanningConfiguration"] == {"scanType": "BASIC", "rules": scanning}


def test_a_repository_s_tags_are_made_immutable_and_its_image_is_scanned() -> None:
    with Sandbox(with_image=True) as own:
        cfg = {**own.cfg, "repositoryName": "team/app"}
        image = {"imageId": {"imageTag": "1.4.2"}}

        mutability = ask("PutImageTagMutability", {"imageTagMutability": "IMMUTABLE"}, cfg)["body"]
        on_push = {"imageScanningConfiguration": {"scanOnPush": True}}
        configured = ask("PutImageScanningConfiguration", on_push, cfg)["body"]
        [scanned] = ask(
            "BatchGetRepositoryScanningConfiguration", {"repositoryNames": "team/app"}, own.cfg
        )["body"]["scanningConfigurations"]
        started = ask("StartImageScan", image, cfg)["body"]
        ask("DescribeImageScanFindings", image, cfg)
        findings = ask("DescribeImageScanFindings", image, cfg)["body"]

    assert mutability["imageTagMutability"] == "IMMUTABLE"
    assert scanned["repositoryName"] == "team/app"
    assert configured["imageScanningConfiguration"] == {"scanOnPush": True}
    assert started["imageScanStatus"]["status"] == "IN_PROGRESS"
    assert findings["imageScanStatus"]["status"] == "COMPLETE"
    assert findings["imageScanFindings"]["imageScanCompletedAt"].endswith("Z")


def test_an_image_that_is_not_there_is_an_error_of_amazon_ecr() -> None:
    with Sandbox(with_image=True) as own:
        body = {"repositoryName": "team/app", "imageId": {"imageTag": "no"}}
        with pytest.raises(ServiceError, match=r"^ImageNotFoundException: .* \(StartImageScan, "):
            Caller(CALL_OPERATION, "StartImageScan").ask(body, own.cfg)
