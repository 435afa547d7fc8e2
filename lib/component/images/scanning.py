"""The action Scan Image: the result of an image's vulnerability scan, once there is one.

Amazon ECR scans an image at most once in 24 hours, so a scan is started first; if that is refused,
the scan that is there counts. A message that comes back after a rebound meets its own scan in this
way, and nothing needs to be remembered.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartImageScan.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-troubleshooting.html
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import orjson

from lib.component import schemas
from lib.component.cfg import Cfg, choice, is_ticked, whole_number
from lib.component.connection import client_of
from lib.component.errors import NoFindingsError, NoScanError, NotReadyError
from lib.component.field_names import FieldNames
from lib.component.images.findings import FAILS_AT, Findings
from lib.component.message import Message, message
from lib.component.operation import parameters
from lib.component.operation.call import Call
from lib.component.operation.members import stand_ins, stand_ins_schema
from lib.component.operation.paging import pages
from lib.component.step import Step
from lib.component.timestamps import rfc3339
from lib.component.validation import Validator
from lib.ecr import Answer, ServiceError, UnavailableError

FUNCTION = "ScanImage"
MOST_FINDINGS = 1000  # some 1 MB

_DEFAULT_FAILS_AT = "high"
_DEFAULT_FINDINGS = 100
_PAGE_SIZE = 1000  # the maximum of DescribeImageScanFindings
_IMAGE_ID = ("imageDigest", "imageTag")
_TIMES = ("imageScanCompletedAt", "vulnerabilitySourceUpdatedAt")

_IN_PROGRESS = frozenset({"PENDING", "IN_PROGRESS"})
_ENDED = frozenset({"COMPLETE", "ACTIVE"})
# What to do about each status with which a scan ends without findings.
_ADVICE = {
    "FAILED": "Send the message again when 24 hours have passed since this scan; if it fails again,"
    " ask AWS support",
    "UNSUPPORTED_IMAGE": "Its operating system or media type can't be scanned; of a multi-platform "
    "image, scan the image of each platform by its digest",
    "SCAN_ELIGIBILITY_EXPIRED": "Amazon Inspector no longer scans an image this old; push it again,"
    " or choose a longer re-scan duration in the ECR settings of Amazon Inspector",
    "FINDINGS_UNAVAILABLE": "Its findings are gone, or Amazon Inspector can't be asked for them; "
    "check that Amazon Inspector is active in this account and region, then send the message again",
    "LIMIT_EXCEEDED": "The account has used up its scans; send the message again when 24 hours have"
    " passed, or have the quota raised in AWS Service Quotas",
    "IMAGE_ARCHIVED": "Archived images are not scanned; restore the image first",
    "IMAGE_SIZE_EXCEEDED": "The image is too large to be scanned; make it smaller",
}
_ADVICE_ON_OTHERS = "AWS's documentation of ImageScanStatus says what this means"
# The refusals after which there may be a scan all the same, and what to do if there is none. With
# enhanced scanning, the second one says that the feature is disabled.
_ADVICE_WITHOUT_SCAN = {
    "LimitExceededException": "Send the message again later: Amazon ECR starts one scan of an image"
    " in 24 hours, and 100,000 scans of an account",
    "ValidationException": "If the registry uses enhanced scanning, Amazon Inspector starts the "
    "scans: check that the registry's scan filters include the repository; right after a push, send"
    " the message again a minute later",
}
_NO_SCAN = "ScanNotFoundException"

_schema = schemas.load(FUNCTION, "in")
_fields_for_members = stand_ins(_schema)
_digest_is_enough = {
    name: label for name, label in _fields_for_members.items() if name != "imageTag"
}
_by_tag = Validator(FUNCTION, _schema)
_by_digest = Validator(FUNCTION, {**_schema, **stand_ins_schema(_digest_is_enough)})
_field_names = FieldNames(FUNCTION)


def process(
    step: Step,
    msg: Message,
    cfg: dict[str, Any],
    snapshot: dict[str, Any],  # noqa: ARG001 - an action keeps no state
) -> Message | None:
    """Return a message with the result of an image's scan.

    A scan in progress, or a transient error that persists, becomes a rebound.

    Args:
        step: The running step.
        msg: Its body holds ``repositoryName``, ``imageTag`` or ``imageDigest``, and ``registryId``.
        cfg: The credentials, ``repositoryName`` and ``imageTag`` for messages without,
            ``failsAt``, ``maxFindings`` and ``verbose``.
        snapshot: Not used.

    Raises:
        InvalidFieldError, InvalidMessageError: The step or the message is wrong; nothing was sent.
        NoFindingsError: The scan has ended without a result.
        NoScanError: There is no scan, and none can be started.
        EcrError: As :meth:`lib.ecr.Client.call` does.
        RepeatedTokenError: As :func:`lib.component.operation.paging.pages` does.
    """
    _field_names.check(cfg, step.logger)
    severity, most = fails_at(cfg), most_findings(cfg)
    verbose = is_ticked(cfg, "verbose")
    image = _image(msg.get("body"), cfg)
    client = client_of(cfg)

    def call(operation: str) -> Call:
        return Call(operation, client, step.logger, verbose=verbose)

    try:
        refusal = _start(call("StartImageScan"), image)
        answers = _answers(call("DescribeImageScanFindings"), image, refusal)
        first = next(answers)
        scans = (
            answer.members.get("imageScanFindings") or {} for answer in chain([first], answers)
        )
        findings = Findings.collected(scans, most)
    except (NotReadyError, UnavailableError) as error:
        step.emit("rebound", str(error))
        return None
    return message(_body(image, first.members, findings, severity), first.request_id)


def fails_at(cfg: Cfg) -> str:
    """Return the severity from which on a finding fails an image: one of ``FAILS_AT``.

    Raises:
        InvalidFieldError: The field holds any other value.
    """
    return choice(cfg, "failsAt", FAILS_AT, _DEFAULT_FAILS_AT)


def most_findings(cfg: Cfg) -> int:
    """Return how many findings are listed at most.

    Raises:
        InvalidFieldError: The field holds no number from 1 to ``MOST_FINDINGS``.
    """
    return whole_number(cfg, "maxFindings", 1, MOST_FINDINGS, _DEFAULT_FINDINGS)


def _image(body: Any, cfg: Cfg) -> dict[str, Any]:
    """Return the image that a message or else the fields name, as the operations take it.

    Raises:
        InvalidMessageError: All that is wrong with the body.
    """
    has_digest = isinstance(body, dict) and "imageDigest" in body
    fields = _digest_is_enough if has_digest else _fields_for_members
    chosen = {name: cfg[name] for name in fields if cfg.get(name)}
    asked = parameters.read(FUNCTION, body, _by_digest if has_digest else _by_tag, chosen)
    members = dict(asked.members)
    image_id = {name: members.pop(name) for name in _IMAGE_ID if name in members}
    return {**members, "imageId": image_id}


def _start(call: Call, image: Mapping[str, Any]) -> ServiceError | None:
    """Start a scan, and return the error with which that is refused if there may be one already.

    Raises:
        NotReadyError: The scan has been started.
        NoFindingsError, EcrError: It can't be.
    """
    try:
        answer = call(orjson.dumps(image))
    except ServiceError as error:
        if error.code not in _ADVICE_WITHOUT_SCAN:
            raise
        return error
    _check(answer)
    return None


def _answers(
    call: Call, image: Mapping[str, Any], refusal: ServiceError | None
) -> Iterator[Answer]:
    """Yield the pages of a scan that has ended.

    Raises:
        NotReadyError: It has not.
        NoScanError: There is none, and none can be started.
        NoFindingsError: It has ended without a result.
    """
    try:
        for answer in pages(call, {**image, "maxResults": _PAGE_SIZE}):
            _check(answer)
            yield answer
    except ServiceError as error:
        if error.code != _NO_SCAN or refusal is None:
            raise
        raise NoScanError(refusal, _ADVICE_WITHOUT_SCAN[refusal.code]) from error


def _check(answer: Answer) -> None:
    """Refuse a scan without a result.

    Raises:
        NotReadyError: It is in progress.
        NoFindingsError: It has ended without a result.
    """
    scan = answer.members.get("imageScanStatus") or {}
    status = str(scan.get("status", "UNKNOWN"))
    if status in _IN_PROGRESS:
        raise NotReadyError(FUNCTION, status)
    if status not in _ENDED:
        advice = _ADVICE.get(status, _ADVICE_ON_OTHERS)
        raise NoFindingsError(status, str(scan.get("description", "")), advice)


def _body(
    image: Mapping[str, Any], answer: Mapping[str, Any], findings: Findings, fails_at: str
) -> dict[str, Any]:
    scan = answer.get("imageScanFindings") or {}
    return {
        **{name: answer[name] for name in ("repositoryName", "registryId") if name in answer},
        **(answer.get("imageId") or image["imageId"]),
        "status": answer["imageScanStatus"]["status"],
        "passed": findings.pass_at(fails_at),
        "findingCount": findings.total,
        "findingSeverityCounts": findings.counts,
        "findings": findings.worst,
        **{name: rfc3339(scan[name]) for name in _TIMES if name in scan},
    }
