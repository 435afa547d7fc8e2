"""Scan Image, on a canned Amazon ECR that plays each sequence of statuses, and on moto."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft3Validator

from lib.component import tags
from lib.component.errors import (
    InvalidFieldError,
    InvalidMessageError,
    NoFindingsError,
    NoScanError,
)
from lib.component.images.findings import FAILS_AT, SEVERITIES, Findings
from lib.ecr import ServiceError
from lib.platform.flows.runner import Runner
from lib.sandbox import Sandbox
from tests.support.aws_model import Event, answers, ask_action, cfg_for, operation_model
from tests.support.command import run
from tests.support.flows import Log, edge, node, plan, says
from tests.support.loopback import Loopback, Reply
from tests.support.repository import DESCRIPTOR, ROOT

IMAGE = {"repositoryName": "team/app", "imageTag": "1.4.2"}
DIGEST = f"sha256:{'0a' * 32}"
FORM = DESCRIPTOR["actions"]["ScanImage"]["fields"]
OUT = orjson.loads((ROOT / "schemas/ScanImage.out.json").read_bytes())
IN = orjson.loads((ROOT / "schemas/ScanImage.in.json").read_bytes())
CONNECTOR = "flowground/amazonaws-com-ecr-connector"

STARTED = Reply({"imageScanStatus": {"status": "IN_PROGRESS"}})


def refused(code: str, message: str) -> Reply:
    return Reply({"__type": code, "message": message}, status=400)


SCANNED_TODAY = refused(
    "LimitExceededException", "The scan quota per image has been exceeded. Wait and try again."
)
# Its answer in a registry with enhanced scanning
DISABLED = refused("ValidationException", "This feature is disabled")
NO_SCAN = refused("ScanNotFoundException", "Image scan does not exist for the image")
THROTTLED = refused("ThrottlingException", "Rate exceeded")


def basic(name: str, severity: str, **attributes: str) -> dict[str, Any]:
    pairs = [{"key": key, "value": value} for key, value in attributes.items()]
    return {"name": name, "severity": severity, "attributes": pairs}


def scan(status: str, *findings: dict[str, Any], **members: Any) -> Reply:
    """Return an answer to DescribeImageScanFindings, with basic findings."""
    counts = Counter(finding["severity"] for finding in findings)
    return Reply(
        {
            "registryId": "123456789012",
            "repositoryName": "team/app",
            "imageId": {"imageTag": "1.4.2", "imageDigest": DIGEST},
            "imageScanStatus": {"status": status},
            "imageScanFindings": {
                "imageScanCompletedAt": 1767225600.5,
                "findings": list(findings),
                "findingSeverityCounts": dict(counts),
            },
            **members,
        }
    )


ENHANCED = {
    "awsAccountId": "123456789012",
    "title": "CVE-2024-3094 - xz-utils",
    "description": "The upstream tarballs hold a backdoor.",
    "score": 10.0,
    "severity": "CRITICAL",
    "status": "ACTIVE",
    "type": "PACKAGE_VULNERABILITY",
    "fixAvailable": "YES",
    "exploitAvailable": "NO",
    "packageVulnerabilityDetails": {
        "vulnerabilityId": "CVE-2024-3094",
        "sourceUrl": "https://nvd.nist.gov/vuln/detail/CVE-2024-3094",
        "vulnerablePackages": [
            {"name": "liblzma5", "version": "5.6.0", "fixedInVersion": "5.6.2", "arch": "X86_64"},
            {"name": "xz-utils", "version": "5.6.0"},
        ],
    },
}


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(with_image=True) as running:
        yield running


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.ecr.client.random.uniform", lambda *_: 0)


def ask(server: Loopback, *replies: Reply, body: Any = IMAGE, **fields: Any) -> Any:
    """Return the body that the action emits for an image, asked on a server that answers so."""
    server.answer(*replies)
    emitted = ask_action("ScanImage", body, cfg_for(server, **fields))["body"]
    Draft3Validator(OUT).validate(emitted)
    assert not unknown(emitted, OUT)
    return emitted


def rebound(server: Loopback, *replies: Reply) -> str:
    """Return the reason of the rebound that the action emits, alone, for an image."""
    server.answer(*replies)
    events: list[Event] = []
    assert ask_action("ScanImage", IMAGE, cfg_for(server), events) == {}
    [(event, reason)] = events
    assert event == "rebound"
    return str(reason)


def calls(server: Loopback) -> list[str]:
    """Return the operations that were called."""
    return [request.headers["X-Amz-Target"].partition(".")[2] for request in server.requests]


def unknown(value: Any, schema: Any) -> list[str]:
    """Return the members of a value that its schema does not describe."""
    if isinstance(value, list):
        return [name for item in value for name in unknown(item, schema["items"])]
    if not isinstance(value, dict):
        return []
    known = schema["properties"]
    inner = [deep for name in value.keys() & known for deep in unknown(value[name], known[name])]
    return [*(value.keys() - known), *inner]


# From the start of a scan to its end


def test_a_scan_that_has_been_started_is_waited_for(server: Loopback) -> None:
    assert rebound(server, STARTED) == "ScanImage: the result is still IN_PROGRESS"
    assert calls(server) == ["StartImageScan"]
    assert server.requests[0].json == {
        "repositoryName": "team/app",
        "imageId": {"imageTag": "1.4.2"},
    }


@pytest.mark.parametrize("refusal", [SCANNED_TODAY, DISABLED], ids=["basic", "enhanced"])
@pytest.mark.parametrize("status", ["PENDING", "IN_PROGRESS"])
def test_a_scan_that_is_there_is_waited_for(server: Loopback, refusal: Reply, status: str) -> None:
    assert rebound(server, refusal, scan(status)) == f"ScanImage: the result is still {status}"
    assert calls(server) == ["StartImageScan", "DescribeImageScanFindings"]


@pytest.mark.parametrize("status", ["COMPLETE", "ACTIVE"])
@pytest.mark.parametrize("refusal", [SCANNED_TODAY, DISABLED], ids=["basic", "enhanced"])
def test_a_scan_that_is_there_and_has_ended_is_emitted(
    server: Loopback, refusal: Reply, status: str
) -> None:
    emitted = ask(server, refusal, scan(status, basic("CVE-1", "LOW")))

    assert emitted == {
        "repositoryName": "team/app",
        "registryId": "123456789012",
        "imageTag": "1.4.2",
        "imageDigest": DIGEST,
        "status": status,
        "passed": True,
        "findingCount": 1,
        "findingSeverityCounts": {**dict.fromkeys(SEVERITIES, 0), "LOW": 1},
        "findings": [{"name": "CVE-1", "severity": "LOW"}],
        "imageScanCompletedAt": "2026-01-01T00:00:00.500Z",
    }


def test_a_scan_that_ends_as_it_is_started_is_emitted(server: Loopback) -> None:
    ended = Reply({"imageScanStatus": {"status": "COMPLETE"}})

    assert ask(server, ended, scan("COMPLETE"))["passed"] is True
    assert calls(server) == ["StartImageScan", "DescribeImageScanFindings"]


def test_the_message_has_the_request_id_of_the_findings(server: Loopback) -> None:
    found = Reply(scan("COMPLETE").body, headers={"x-amzn-requestid": "the-second"})
    server.answer(SCANNED_TODAY, found)

    message = ask_action("ScanImage", IMAGE, cfg_for(server))

    assert message["headers"] == {"x-amzn-requestid": "the-second"}


def test_a_message_that_comes_back_meets_its_own_scan(server: Loopback) -> None:
    server.answer(
        *(STARTED, SCANNED_TODAY, scan("PENDING"), SCANNED_TODAY, scan("IN_PROGRESS")),
        *(SCANNED_TODAY, scan("COMPLETE")),
    )

    codes = [run("ScanImage", IMAGE, cfg_for(server)).code for _ in range(4)]

    assert codes == [75, 75, 75, 0]


# Ends without a result

STATUSES = set(operation_model("StartImageScan").service_model.shape_for("ScanStatus").enum)
DEAD_ENDS = {
    "FAILED": "when 24 hours have passed",
    "UNSUPPORTED_IMAGE": "of a multi-platform image, scan the image of each platform",
    "SCAN_ELIGIBILITY_EXPIRED": "push it again, or choose a longer re-scan duration",
    "FINDINGS_UNAVAILABLE": "check that Amazon Inspector is active",
    "LIMIT_EXCEEDED": "have the quota raised",
    "IMAGE_ARCHIVED": "restore the image first",
    "IMAGE_SIZE_EXCEEDED": "make it smaller",
}


def test_every_status_that_aws_knows_is_of_one_kind() -> None:
    assert {"PENDING", "IN_PROGRESS", "COMPLETE", "ACTIVE", *DEAD_ENDS} == STATUSES


@pytest.mark.parametrize("at_start", [True, False], ids=["at the start", "later"])
@pytest.mark.parametrize(("status", "advice"), DEAD_ENDS.items())
def test_a_scan_that_ends_without_a_result_is_an_error_with_what_to_do(
    server: Loopback, status: str, advice: str, *, at_start: bool
) -> None:
    ended = scan(status, imageScanStatus={"status": status, "description": "Sorry"})

    with pytest.raises(NoFindingsError, match=f"is {status} .Sorry.. .*{advice}") as raised:
        ask(server, *([ended] if at_start else [DISABLED, ended]))

    assert raised.value.error_name == status


@pytest.mark.parametrize(
    ("scan_status", "name"), [({"status": "NEW_ONE"}, "NEW_ONE"), ({}, "UNKNOWN")]
)
def test_a_status_that_is_not_known_yet_is_an_error(
    server: Loopback, scan_status: dict[str, str], name: str
) -> None:
    answer = scan("NEW_ONE", imageScanStatus=scan_status)

    with pytest.raises(NoFindingsError, match=f"is {name}. AWS's documentation") as raised:
        ask(server, SCANNED_TODAY, answer)

    assert raised.value.error_name == name


@pytest.mark.parametrize(
    ("refusal", "advice"),
    [(SCANNED_TODAY, "100,000 scans of an account"), (DISABLED, "scan filters include the repo")],
    ids=["quota", "enhanced"],
)
def test_no_scan_and_none_that_can_be_started_is_an_error(
    server: Loopback, refusal: Reply, advice: str
) -> None:
    with pytest.raises(NoScanError, match=advice) as raised:
        ask(server, refusal, NO_SCAN)

    assert raised.value.error_name == "NoScan"
    assert refusal.body["message"] in str(raised.value)


def test_a_scan_that_is_gone_once_it_was_started_is_amazon_ecr_s_error(server: Loopback) -> None:
    ended = Reply({"imageScanStatus": {"status": "COMPLETE"}})

    with pytest.raises(ServiceError, match=r"^ScanNotFoundException"):
        ask(server, ended, NO_SCAN)


@pytest.mark.parametrize(
    "code", ["RepositoryNotFoundException", "ImageNotFoundException", "AccessDeniedException"]
)
@pytest.mark.parametrize("before", [[], [SCANNED_TODAY]], ids=["start", "findings"])
def test_other_errors_are_amazon_ecr_s_own(
    server: Loopback, code: str, before: Sequence[Reply]
) -> None:
    with pytest.raises(ServiceError, match=f"^{code}: no ") as raised:
        ask(server, *before, refused(code, "no such thing"))

    assert raised.value.error_name == code


# Throttling


@pytest.mark.slow
@pytest.mark.parametrize("before", [[], [SCANNED_TODAY]], ids=["start", "findings"])
def test_a_request_that_stays_throttled_is_rebounded(
    server: Loopback, before: Sequence[Reply]
) -> None:
    reason = rebound(server, *before, THROTTLED)

    assert "failed after 3 attempts: ThrottlingException: Rate exceeded" in reason
    assert len(server.requests) == len(before) + 3


@pytest.mark.slow
def test_a_later_page_that_stays_throttled_is_rebounded(server: Loopback) -> None:
    first = scan("COMPLETE", basic("CVE-1", "LOW"), nextToken="2")

    assert "DescribeImageScanFindings failed" in rebound(server, SCANNED_TODAY, first, THROTTLED)


@pytest.mark.slow
def test_a_throttled_request_is_tried_again(server: Loopback) -> None:
    replies = [THROTTLED, SCANNED_TODAY, THROTTLED, scan("COMPLETE")]

    assert ask(server, *replies)["status"] == "COMPLETE"


# Findings


def test_the_findings_of_all_pages_are_emitted(server: Loopback) -> None:
    first = scan("COMPLETE", basic("CVE-1", "LOW"), basic("CVE-2", "HIGH"), nextToken="2")
    second = scan("COMPLETE", basic("CVE-3", "CRITICAL"), basic("CVE-4", "LOW"), nextToken="3")

    emitted = ask(server, SCANNED_TODAY, first, second, scan("COMPLETE", basic("CVE-5", "HIGH")))

    assert [one["name"] for one in emitted["findings"]] == [
        *("CVE-3", "CVE-2", "CVE-5", "CVE-1", "CVE-4")
    ]
    assert emitted["findingCount"] == 5
    assert emitted["findingSeverityCounts"] == {
        **dict.fromkeys(SEVERITIES, 0),
        "CRITICAL": 1,
        "HIGH": 2,
        "LOW": 2,
    }
    tokens = [request.json.get("nextToken") for request in server.requests[1:]]
    assert tokens == [None, "2", "3"]
    assert all(request.json["maxResults"] == 1000 for request in server.requests[1:])


def test_the_worst_come_first_by_severity_and_then_by_score(server: Loopback) -> None:
    found = [
        basic("CVE-1", "UNDEFINED", CVSS3_SCORE="9.9"),
        basic("CVE-2", "HIGH", CVSS2_SCORE="7.1"),
        basic("CVE-3", "HIGH", CVSS3_SCORE="8.8", CVSS2_SCORE="1.0"),
        basic("CVE-4", "HIGH", CVSS3_SCORE="none"),
        basic("CVE-5", "CRITICAL"),
    ]

    emitted = ask(server, SCANNED_TODAY, scan("COMPLETE", *found))["findings"]

    assert [(one["name"], one.get("score")) for one in emitted] == [
        ("CVE-5", None),
        ("CVE-3", 8.8),
        ("CVE-2", 7.1),
        ("CVE-4", None),
        ("CVE-1", 9.9),
    ]


def test_a_basic_finding_names_its_package(server: Loopback) -> None:
    found = {
        **basic("CVE-1", "LOW", package_name="xz", package_version="5.6.0", CVSS3_SCORE="3.1"),
        "description": "A flaw.",
        "uri": "https://example.com/CVE-1",
    }

    assert ask(server, SCANNED_TODAY, scan("COMPLETE", found))["findings"] == [
        {
            "name": "CVE-1",
            "severity": "LOW",
            "score": 3.1,
            "description": "A flaw.",
            "uri": "https://example.com/CVE-1",
            "packages": [{"name": "xz", "version": "5.6.0"}],
        }
    ]


def test_an_enhanced_finding_has_the_same_form(server: Loopback) -> None:
    found = {"enhancedFindings": [ENHANCED], "findingSeverityCounts": {"CRITICAL": 1}}

    emitted = ask(server, DISABLED, scan("ACTIVE", imageScanFindings=found))

    assert emitted["passed"] is False
    assert emitted["findings"] == [
        {
            "name": "CVE-2024-3094",
            "severity": "CRITICAL",
            "score": 10.0,
            "description": "The upstream tarballs hold a backdoor.",
            "uri": "https://nvd.nist.gov/vuln/detail/CVE-2024-3094",
            "packages": [
                {"name": "liblzma5", "version": "5.6.0", "fixedInVersion": "5.6.2"},
                {"name": "xz-utils", "version": "5.6.0"},
            ],
            "fixAvailable": "YES",
            "exploitAvailable": "NO",
        }
    ]


def test_a_severity_that_is_not_known_counts_as_undefined(server: Loopback) -> None:
    found = {
        "enhancedFindings": [{**ENHANCED, "severity": "UNTRIAGED"}, {"title": "Without details"}],
        "findingSeverityCounts": {"UNTRIAGED": 1, "UNDEFINED": 2},
    }

    emitted = ask(server, DISABLED, scan("ACTIVE", imageScanFindings=found))

    assert [one["severity"] for one in emitted["findings"]] == ["UNDEFINED", "UNDEFINED"]
    assert emitted["findingSeverityCounts"]["UNDEFINED"] == 3
    assert emitted["findings"][1] == {"name": "Without details", "severity": "UNDEFINED"}


@pytest.mark.parametrize(
    ("counts", "expected"), [({}, 1), ({"CRITICAL": 3}, 3), (None, 1)], ids=["none", "more", "-"]
)
def test_no_image_passes_for_a_finding_that_is_only_listed_or_only_counted(
    server: Loopback, counts: Any, expected: int
) -> None:
    found = {"findings": [basic("CVE-1", "CRITICAL")], "findingSeverityCounts": counts}

    emitted = ask(server, SCANNED_TODAY, scan("COMPLETE", imageScanFindings=found))

    assert emitted["findingSeverityCounts"]["CRITICAL"] == expected
    assert emitted["passed"] is False


@pytest.mark.parametrize("found", [{}, {"findings": []}, None])
def test_an_image_without_findings_passes(server: Loopback, found: Any) -> None:
    emitted = ask(server, SCANNED_TODAY, scan("COMPLETE", imageScanFindings=found))

    assert emitted["passed"] is True
    assert (emitted["findingCount"], emitted["findings"]) == (0, [])


@pytest.mark.slow
@given(st.deferred(lambda: answers("DescribeImageScanFindings")), st.integers(1, 5))
def test_whatever_aws_lists_fits_the_schema_and_is_counted(answer: Any, most: int) -> None:
    page = answer.get("imageScanFindings", {})
    listed = len(page.get("findings", [])) + len(page.get("enhancedFindings", []))

    found = Findings.collected([page, page], most)

    assert len(found.worst) == min(most, 2 * listed)
    assert found.total >= 2 * listed
    ranks = [SEVERITIES.index(finding["severity"]) for finding in found.worst]
    assert ranks == sorted(ranks)
    schema = OUT["properties"]["findings"]
    Draft3Validator(schema).validate(found.worst)
    assert not unknown(found.worst, schema)


# The fields


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("fails_at", FAILS_AT)
def test_a_finding_fails_at_its_severity_and_at_milder_ones(
    server: Loopback, fails_at: str, severity: str
) -> None:
    emitted = ask(
        server, SCANNED_TODAY, scan("COMPLETE", basic("CVE-1", severity)), failsAt=fails_at
    )

    order = [choice.upper() for choice in FAILS_AT]
    fails = fails_at != "never" and order.index(severity) <= order.index(fails_at.upper())
    assert emitted["passed"] is not fails


@pytest.mark.parametrize(("severity", "passed"), [("HIGH", False), ("MEDIUM", True)])
@pytest.mark.parametrize("fields", [{}, {"failsAt": ""}, {"failsAt": None}])
def test_without_a_choice_a_finding_fails_that_is_high_or_worse(
    server: Loopback, severity: str, *, passed: bool, fields: dict[str, Any]
) -> None:
    emitted = ask(server, SCANNED_TODAY, scan("COMPLETE", basic("CVE-1", severity)), **fields)

    assert emitted["passed"] is passed


@pytest.mark.parametrize(
    ("fields", "listed"),
    [
        ({}, 100),
        ({"maxFindings": ""}, 100),
        ({"maxFindings": 1}, 1),
        ({"maxFindings": " 20 "}, 20),
        ({"maxFindings": "1000"}, 120),
    ],
)
def test_at_most_so_many_findings_are_listed_but_all_are_counted(
    server: Loopback, fields: dict[str, Any], listed: int
) -> None:
    found = [basic(f"CVE-{number}", "LOW") for number in range(119)]

    emitted = ask(server, SCANNED_TODAY, scan("COMPLETE", *found, basic("CVE-X", "HIGH")), **fields)

    assert len(emitted["findings"]) == listed
    assert emitted["findings"][0]["name"] == "CVE-X"
    assert emitted["findingCount"] == 120


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("failsAt", "severe", "critical (Critical), high (High or worse)"),
        ("failsAt", 1, "critical (Critical)"),
        ("maxFindings", "0", "a whole number from 1 to 1000"),
        ("maxFindings", 1001, "a whole number from 1 to 1000"),
        ("maxFindings", "ten", "a whole number from 1 to 1000"),
        ("maxFindings", "-1", "a whole number from 1 to 1000"),
        ("maxFindings", 1.5, "a whole number from 1 to 1000"),
        ("maxFindings", True, "a whole number from 1 to 1000"),
        ("maxFindings", "9" * 5000, "a whole number from 1 to 1000"),
        ("verbose", "yes", "true or false"),
    ],
)
def test_an_invalid_field_is_an_error_before_anything_is_sent(
    server: Loopback, field: str, value: Any, expected: str
) -> None:
    with pytest.raises(InvalidFieldError) as raised:
        ask(server, STARTED, **{field: value})

    assert str(raised.value).startswith(f"{field}: got ")
    assert expected in str(raised.value)
    assert not server.requests


def test_the_form_has_the_choices_that_the_action_takes() -> None:
    assert FORM["failsAt"]["model"] == FAILS_AT
    assert FORM["failsAt"]["prompt"] == FAILS_AT["high"]
    assert FORM["maxFindings"]["placeholder"] == "100"


def test_a_verbose_step_logs_both_calls(server: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "tests.step"):
        ask(server, SCANNED_TODAY, scan("COMPLETE"), verbose=True)

    logged = [line for line in caplog.messages if " calls " in line]
    assert [line.partition(" ")[0] for line in logged] == [
        "StartImageScan",
        "DescribeImageScanFindings",
    ]


# The image

NO_REPOSITORY = (
    "repositoryName is missing; give it in the message, or choose it in the field Repository"
)


@pytest.mark.parametrize(
    ("body", "fields", "image"),
    [
        (IMAGE, {}, {"imageTag": "1.4.2"}),
        ({}, IMAGE, {"imageTag": "1.4.2"}),
        ({"imageTag": "2"}, IMAGE, {"imageTag": "2"}),
        ({"imageDigest": DIGEST}, IMAGE, {"imageDigest": DIGEST}),
        (
            {"imageDigest": DIGEST, "imageTag": "2"},
            IMAGE,
            {"imageDigest": DIGEST, "imageTag": "2"},
        ),
        ({"imageDigest": DIGEST, "repositoryName": "team/app"}, {}, {"imageDigest": DIGEST}),
    ],
)
def test_the_message_names_the_image_or_else_the_fields(
    server: Loopback, body: Any, fields: Any, image: Any
) -> None:
    ask(server, SCANNED_TODAY, scan("COMPLETE"), body=body, **fields)

    assert [request.json["imageId"] for request in server.requests] == [image, image]
    assert {request.json["repositoryName"] for request in server.requests} == {"team/app"}


def test_the_registry_of_another_account_can_be_named(server: Loopback) -> None:
    body = {**IMAGE, "registryId": "210987654321"}

    ask(server, SCANNED_TODAY, scan("COMPLETE"), body=body)

    assert [request.json["registryId"] for request in server.requests] == ["210987654321"] * 2


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (
            {},
            [
                NO_REPOSITORY,
                "imageTag is missing; give it in the message, or choose it in the field Image",
            ],
        ),
        (
            {"imageDigest": DIGEST},
            [
                NO_REPOSITORY,
            ],
        ),
        (
            {**IMAGE, "imageTag": "", "registryId": "1"},
            [
                'imageTag: got "" (0 characters), expected 1 to 300 characters',
                'registryId: got "1", expected text that matches [0-9]{12}',
            ],
        ),
        (
            {**IMAGE, "imageTags": ["1"]},
            ['"imageTags" is not a member of ScanImage; did you mean imageTag?'],
        ),
        ("1.4.2", ["body: got a string, expected an object"]),
    ],
)
def test_a_message_that_names_no_image_is_refused_with_all_its_faults(
    server: Loopback, body: Any, faults: list[str]
) -> None:
    with pytest.raises(InvalidMessageError) as raised:
        ask(server, STARTED, body=body)

    assert sorted(raised.value.faults) == sorted(faults)
    assert not server.requests


LIMITS = {"minLength": "min", "maxLength": "max", "pattern": "pattern"}


def test_the_limits_of_the_input_are_those_of_the_operation() -> None:
    shape = operation_model("StartImageScan").input_shape
    members = {**shape.members, **shape.members["imageId"].members}
    del members["imageId"]

    assert IN["properties"].keys() == members.keys()
    for name, member in members.items():
        limits = {key: member.metadata.get(of) for key, of in LIMITS.items()}
        if pattern := limits["pattern"]:
            limits["pattern"] = f"^(?:{pattern})$"
        assert {key: IN["properties"][name].get(key) for key in LIMITS} == limits


# The drop-down of tags


def test_the_drop_down_lists_the_tags_of_the_newest_image_first(server: Loopback) -> None:
    images = [
        {"imagePushedAt": 1.0, "imageTags": ["1.0"]},
        {"imagePushedAt": 3.0, "imageTags": ["3.0", "latest"]},
        {"imagePushedAt": 2.0},
    ]
    second = [{"imagePushedAt": 4.0, "imageTags": [f"{n:04}" for n in range(1200)]}]
    server.answer(Reply({"imageDetails": images, "nextToken": "2"}), Reply({"imageDetails": []}))

    assert list(tags(cfg_for(server, repositoryName="team/app"))) == ["latest", "3.0", "1.0"]
    assert server.requests[0].json == {
        "repositoryName": "team/app",
        "filter": {"tagStatus": "TAGGED"},
        "maxResults": 1000,
    }

    server.answer(Reply({"imageDetails": second}))
    found = tags(cfg_for(server, repositoryName="team/app"))
    assert list(found) == list(found.values())
    assert (len(found), next(iter(found))) == (1000, "1199")


# On moto's Amazon ECR, and in a flow


def test_the_sandbox_scans_an_image(sandbox: Sandbox) -> None:
    assert tags({**sandbox.cfg, "repositoryName": "team/app"}) == {"1.4.2": "1.4.2"}
    events: list[Event] = []

    assert ask_action("ScanImage", IMAGE, sandbox.cfg, events) == {}
    emitted = ask_action("ScanImage", IMAGE, sandbox.cfg)["body"]
    by_digest = {"repositoryName": "team/app", "imageDigest": emitted["imageDigest"]}

    assert events == [("rebound", "ScanImage: the result is still IN_PROGRESS")]
    assert (emitted["status"], emitted["passed"]) == ("COMPLETE", False)
    assert emitted["findingSeverityCounts"]["HIGH"] == 1
    assert not unknown(emitted, OUT)
    again = ask_action("ScanImage", by_digest, sandbox.cfg)["body"]
    assert again["findings"] == emitted["findings"]


@pytest.mark.parametrize(
    ("fails_at", "way"), [("critical", "deploy"), ("high", "report"), ("never", "deploy")]
)
def test_a_flow_branches_on_whether_an_image_has_passed(
    tmp_path: Path, sandbox: Sandbox, fails_at: str, way: str
) -> None:
    nodes = [
        says("image", ["return", {"body": IMAGE}]),
        node("scan", f"{CONNECTOR}:ScanImage@latest", fields={"failsAt": fails_at}),
        node("router", "elasticio/router:route@latest"),
        says("deploy", ["see"]),
        says("report", ["see"]),
    ]
    edges = [
        edge("image", "scan"),
        edge("scan", "router"),
        edge("router", "deploy", {"image": "imageDigest"}, condition="passed"),
        edge("router", "report", {"worst": "findings[0].name"}),
    ]
    log = Log()

    Runner(plan(tmp_path, nodes, edges), sandbox.cfg, log, sleep=lambda _: None).run(
        {"body": {}, "headers": {}, "attachments": {}, "metadata": {}}
    )

    assert [event for by, event, _ in log.events if by == "scan"] == ["rebound", "data"]
    assert [step for step in log.received_by if step in {"deploy", "report"}] == [way]
    [seen] = [body["msg"]["body"] for body in log.bodies(way)]
    digest = log.bodies("scan")[0]["imageDigest"]
    assert seen == ({"image": digest} if way == "deploy" else {"worst": "CVE-9999-9999"})
