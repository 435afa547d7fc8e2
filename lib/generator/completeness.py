"""Completeness of the connector: what it supports and what it does not."""

from collections.abc import Iterable

from lib.component.operation import paging, waiting
from lib.component.shapes import text
from lib.ecr import item_paths
from lib.generator import links, model
from lib.generator.markdown import table


def operations() -> str:
    """Return the table of all operations of Amazon ECR by subject, and by how they are called."""
    return table(
        ("Subject", "By their own action", "By Call Operation"),
        (_subject(subject) for subject in model.all_operations()),
    )


def features() -> str:
    """Return the table of what the connector supports apart from operations."""
    return table(
        ("Feature", "Supported", "Details"),
        [
            ("Polling trigger", "yes", "[New Images](triggers.md#new-images)"),
            ("Webhook trigger", "yes", "[Image Event](triggers.md#image-event)"),
            ("Results in pages", "yes", _links(_paginated())),
            ("Emit behaviors", "yes", ", ".join(paging.BEHAVIORS.values())),
            ("Waiting for a result", "yes", _links([*waiting.OPERATIONS, "ScanImage"])),
            ("Drop-down lists of repositories", "yes", "the first 1,000 by name"),
            ("Retries", "yes", "3 attempts, then a rebound"),
            ("Credential check", "yes", "when credentials are saved"),
            ("Temporary credentials", "yes", "Session Token"),
            ("Assumed roles", "yes", "Role ARN, External ID"),
            ("Regions", "yes", f"{len(model.regions())}, in all partitions of AWS"),
            ("FIPS, dual-stack and VPC endpoints", "yes", "[Credentials](#credentials)"),
            ("Raw request", "yes", f"{_links(['CallOperation'])}, for every operation of the API"),
            (
                "Metadata that depends on fields",
                "yes",
                "what the mapper shows is true for the step",
            ),
            ("Empty results", "yes", "Emit an Empty Result If It Is Not There"),
            ("Attachments", "no", "messages hold everything in their body"),
        ],
    )


def _subject(subject: str) -> tuple[str, str, str]:
    without = ", ".join(map(_without_action, model.WITHOUT_ACTION.get(subject, ())))
    return subject, _links(model.SUBJECTS.get(subject, ())) or "none", without or "none"


def _without_action(name: str) -> str:
    callers = [
        action
        for actions in model.OF_MANY_CALLS.values()
        for action, called in actions.items()
        if name in called
    ]
    return f"`{name}` (called by {_links(callers)})" if callers else f"`{name}`"


def _paginated() -> Iterable[str]:
    return (operation.name for operation in model.operations() if item_paths(operation.name))


def _links(names: Iterable[str]) -> str:
    return ", ".join(f"[{name}](#{links.anchor(text.title(name))})" for name in names)
