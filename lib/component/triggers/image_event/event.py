"""Events of Amazon ECR: from the envelope of Amazon EventBridge to the members of a message.

The envelope holds the event in ``detail``, whose members have hyphens in their names:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
"""

from collections.abc import Mapping
from typing import Any

from lib.component import schemas
from lib.component.timestamps import converter
from lib.ecr import registry_host

SUCCESS, FAILURE = "SUCCESS", "FAILURE"
OTHER = "other"
# The values of the member event, each with its label.
KINDS = {
    "push": "Push",
    "delete": "Deletion",
    "storageClass": "Archival or restoration",
    "scan": "Scan",
    "replication": "Replication",
    "pullThroughCache": "Pull through cache",
    "referrer": "Action on a referrer, such as a signature",
    "scanResource": "Change of enhanced scanning",
    OTHER: "Any other event",
}

_IMAGE_ACTION = "ECR Image Action"
_IMAGE_ACTIONS = {"PUSH": "push", "DELETE": "delete", "UPDATE_STORAGE_CLASS": "storageClass"}
_DETAIL_TYPES = {
    "ECR Image Scan": "scan",
    "ECR Replication Action": "replication",
    "ECR Pull Through Cache Action": "pullThroughCache",
    "ECR Referrer Action": "referrer",
    "ECR Scan Resource Change": "scanResource",
}
# An action ends in SUCCESS or FAILURE, a replication in FAILED, a scan in COMPLETE or FAILED.
_RESULTS = {"COMPLETE": SUCCESS, "FAILED": FAILURE}
_RESULT_MEMBERS = ("result", "scan-status", "sync-status")
_RENAMED = {"action-type", "image-tag", "image-tags", *_RESULT_MEMBERS}


def read(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event of Amazon ECR as the body of a message, which has only what the event has.

    ``detail`` is passed on unchanged: it holds what has no other member, such as additions of AWS.

    Args:
        envelope: The event, valid by ``schemas/ImageEvent.in.json``.
    """
    detail = envelope["detail"]
    action, tag = detail.get("action-type"), detail.get("image-tag")
    body = {
        "event": _kind(envelope["detail-type"], action),
        "action": action,
        "result": _result(detail),
        "registryId": envelope.get("account"),
        "region": envelope.get("region"),
        "imageTags": detail.get("image-tags") or ([tag] if tag else []),
        "uri": _uri(envelope),
        **{member: detail.get(name) for name, member in _PLAIN.items()},
        "time": envelope["time"],
        "eventId": envelope["id"],
        "detailType": envelope["detail-type"],
        "resources": envelope.get("resources"),
        "detail": detail,
    }
    if "repositories" in detail:
        body["repositories"] = [_plain(repository) for repository in detail["repositories"]]
    if _convert_times:
        _convert_times(body)
    return {member: value for member, value in body.items() if value is not None}


def _kind(detail_type: str, action: str | None) -> str:
    if detail_type == _IMAGE_ACTION:
        return _IMAGE_ACTIONS.get(action or "", OTHER)
    return _DETAIL_TYPES.get(detail_type, OTHER)


def _result(detail: Mapping[str, Any]) -> str | None:
    """Return the first status found; one that is neither success nor failure stays unchanged."""
    status = next((detail[name] for name in _RESULT_MEMBERS if name in detail), None)
    return status and _RESULTS.get(status, status)


def _uri(envelope: Mapping[str, Any]) -> str | None:
    """Return the URI to pull the image from, with its digest; None if the event does not say."""
    detail = envelope["detail"]
    account, region = envelope.get("account"), envelope.get("region")
    repository, digest = detail.get("repository-name"), detail.get("image-digest")
    if not (account and region and repository and digest):
        return None
    host = registry_host(account, region)
    return host and f"{host}/{repository}@{digest}"


def _plain(structure: Mapping[str, Any]) -> dict[str, Any]:
    return {_camel(name): value for name, value in structure.items()}


def _camel(name: str) -> str:
    first, *others = name.split("-")
    return first + "".join(map(str.capitalize, others))


# The members of a detail that the schema describes become members of the message.
_PLAIN = {
    name: _camel(name)
    for name in schemas.load("ImageEvent", "in")["properties"]["detail"]["properties"]
    if name not in _RENAMED
}
_convert_times = converter(schemas.load("ImageEvent", "out"))
