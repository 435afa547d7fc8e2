"""The JSON in docs/triggers.md."""

import json
import re
import textwrap
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

GUIDE = Path(__file__).parents[2] / "docs" / "triggers.md"
_BLOCK = re.compile(r"^ *```json\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


class Example(NamedTuple):
    """An event, as it comes and as the body of what is emitted."""

    event: dict[str, Any]
    emitted: dict[str, Any]


def section(title: str) -> str:
    """Return what stands under a heading of the second level."""
    [found] = re.findall(
        rf"^## {title}$(.*?)(?=^## |\Z)", GUIDE.read_text(), re.DOTALL | re.MULTILINE
    )
    return str(found)


def blocks(title: str) -> list[Any]:
    """Return the content of each block of JSON in a section, from the top."""
    return [json.loads(textwrap.dedent(block)) for block in _BLOCK.findall(section(title))]


def examples() -> list[Example]:
    """Return the events, each with what follows it: what is emitted, whose ``detail`` is spared."""
    return [
        Example(event, {**emitted, "detail": event["detail"]})
        for event, emitted in pairwise(blocks("Image event"))
        if is_event(event)
    ]


def is_event(block: Any) -> bool:
    """Return whether a block is an event; in a rule's pattern the source is a list."""
    return isinstance(block, dict) and block.get("source") == "aws.ecr"
