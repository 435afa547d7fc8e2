"""Completeness of the connector: what it supports and what it does not."""

from collections.abc import Iterable

from lib.component.operation import paging, waiting
from lib.ecr import items_member
from lib.generator import links, model, text
from lib.generator.markdown import table


def operations() -> str:
    """Return the table of all operations of Amazon ECR by subject: with and without an action."""
    return table(
        ("Subject", "Operations with an action", "Operations without an action"),
        (_subject(subject) for subject in dict.fromkeys([*model.SUBJECTS, *model.WITHOUT_ACTION])),
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
            ("Waiting for a result", "yes", _links(sorted(waiting.OPERATIONS))),
            ("Drop-down lists of repositories", "yes", "the first 1,000 by name"),
            ("Retries", "yes", "3 attempts, then a rebound"),
            ("Credential check", "yes", "when credentials are saved"),
            ("Temporary credentials", "yes", "Session Token"),
            ("Assumed roles", "yes", "Role ARN, External ID"),
            ("Regions", "yes", f"{len(model.regions())}, in all partitions of AWS"),
            ("FIPS, dual-stack and VPC endpoints", "yes", "[Credentials](#credentials)"),
            ("Raw request", "no", "for operations without an action"),
            ("Metadata that depends on fields", "no", "the output metadata describes one page"),
            ("Empty results", "no", "a repository that does not exist is an error"),
            ("Attachments", "no", "messages hold everything in their body"),
        ],
    )


def _subject(subject: str) -> tuple[str, str, str]:
    without = ", ".join(f"`{name}`" for name in model.WITHOUT_ACTION.get(subject, ()))
    return subject, _links(model.SUBJECTS.get(subject, ())) or "none", without or "none"


def _paginated() -> Iterable[str]:
    return (operation.name for operation in model.operations() if items_member(operation.name))


def _links(names: Iterable[str]) -> str:
    return ", ".join(f"[{name}](#{links.anchor(text.title(name))})" for name in names)
