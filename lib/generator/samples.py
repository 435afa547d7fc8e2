"""Samples of data: what retrieving one does to the registry, for each action and trigger."""

from typing import Any

from lib.component.operation.effects import Effect, effect
from lib.generator import links
from lib.generator.markdown import cell, table

_PAGE_OF_TRIGGERS = "triggers.md"
_ADDITIONS = {
    "CallOperation": "A sample does what its operation does.",
    "PutLifecyclePolicy": "Within 24 hours, Amazon ECR deletes the images that match the policy.",
}


def effects(descriptor: dict[str, Any]) -> str:
    """Return the table of all actions and triggers by effect, those that destroy first.

    Args:
        descriptor: The content of ``component.json``.
    """
    found: dict[Effect, dict[str, str]] = {kind: {} for kind in reversed(Effect)}
    for page, kind in ("", "actions"), (_PAGE_OF_TRIGGERS, "triggers"):
        for name, function in descriptor[kind].items():
            title = function["title"]
            row = f"[{title}]({page}#{links.anchor(title)})"
            description = f"{function['description']} {_ADDITIONS.get(name, '')}".strip()
            found[effect(name)][row] = cell(description)
    return table(
        ("A sample", "Action or trigger", "What it does"),
        (
            (f"**{kind}**" if not number else "", link, description)
            for kind, rows in found.items()
            for number, (link, description) in enumerate(rows.items())
        ),
    )
