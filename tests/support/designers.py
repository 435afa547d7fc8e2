"""Reads docs/designers.md: the examples of each action, and the recipes.

A line above each fenced block says what the block is, such as ``**Input:**``:

================================  ===============================================================
``Fields``                        the step's fields, for the example that follows; the rest of the
                                  line names them as the form does
``Input``, ``Input of <action>``  a message's body; without a name, the action is the heading's
``Output``, ``Output, …``         the body of a message that is emitted, one block per message
``Headers``                       the headers of the message before
``Error``                         the text of the error that is emitted instead
``Rebound``                       the reason of the rebound that is emitted instead
``IAM policy``                    what a user, a role or a recipe needs
``Trust policy``                  who may assume a role
``Mapping``                       in a recipe: the JSONata that makes a step's input
``JSONata Expression``            in a recipe: that field of a step of the platform
``Condition``                     in a recipe: when a router passes a message to the step
================================  ===============================================================
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

DOCUMENT = Path(__file__).parents[2] / "docs" / "designers.md"

_HEADING = re.compile(r"(#{1,4}) (.+)")
_LABEL = re.compile(r"\*\*([A-Z][^*]*):\*\*(?: (.+))?")
_FENCE = re.compile(r"```(\w+)")
_STEP = re.compile(r"Step (\d+)(, error handling)?(, otherwise)?: (.+)")
# The language of each kind of block.
KINDS = {
    "Fields": "json",
    "Input": "json",
    "Output": "json",
    "Headers": "json",
    "Error": "text",
    "Rebound": "text",
    "IAM policy": "json",
    "Trust policy": "json",
    "Mapping": "jsonata",
    "JSONata Expression": "jsonata",
    "Condition": "jsonata",
}


@dataclass(frozen=True)
class Block:
    """A fenced block with the line that says what it is.

    Args:
        line: Where its fence begins.
        language: That of the fence.
        kind: One of ``KINDS``.
        action: The action that its label names, if any.
        note: What the line says after the label.
        text: Its content.
    """

    line: int
    language: str
    kind: str
    action: str
    note: str
    text: str

    @property
    def value(self) -> Any:
        return orjson.loads(self.text)


@dataclass(frozen=True)
class Section:
    """A heading, and what stands between it and the next heading of any level."""

    path: tuple[str, ...]
    text: str
    blocks: list[Block]

    @property
    def title(self) -> str:
        return self.path[-1]

    def of(self, *kinds: str) -> list[Block]:
        return [block for block in self.blocks if block.kind in kinds]


@dataclass(frozen=True)
class Example:
    """A message that an action takes, and what comes of it."""

    line: int
    action: str
    body: Any
    cfg: dict[str, Any] = field(default_factory=dict)
    emitted: list[Any] = field(default_factory=list)
    headers: dict[str, str] | None = None
    error: str = ""
    rebound: str = ""


@dataclass(frozen=True)
class Step:
    """A step of a recipe.

    Args:
        number: Its place in the flow.
        title: The connector's action or trigger, or "component, function" of the platform's.
        handles_errors: Whether it is the flow's error handling.
        otherwise: Whether it gets the messages that meet no condition of the router before it.
        blocks: Its fenced blocks.
    """

    number: int
    title: str
    handles_errors: bool
    otherwise: bool
    blocks: list[Block]

    def of(self, kind: str) -> list[Block]:
        return [block for block in self.blocks if block.kind == kind]

    def first(self, kind: str) -> Block | None:
        return next(iter(self.of(kind)), None)


@dataclass(frozen=True)
class Recipe:
    """A flow: its steps and the IAM policy that it needs."""

    title: str
    steps: list[Step]
    policy: Any


def sections(markdown: str) -> list[Section]:
    """Return a document's sections, each with the titles of those it stands in.

    Raises:
        AssertionError: A fenced block has no end, or no line above it that says what it is.
    """
    found: list[Section] = []
    path: list[str] = []
    label = ""  # the last line that was not empty
    lines = enumerate(markdown.splitlines(), 1)
    for number, line in lines:
        if heading := _HEADING.fullmatch(line):
            path = [*path[: len(heading[1]) - 1], heading[2]]
            found.append(Section(tuple(path), "", []))
        elif fence := _FENCE.fullmatch(line):
            text = "\n".join(_until_the_fence(lines))
            found[-1].blocks.append(_block(number, fence[1], label, text))
        else:
            found[-1] = Section(found[-1].path, f"{found[-1].text}{line}\n", found[-1].blocks)
        label = line or label
    return found


def sections_by_anchor(markdown: str) -> dict[str, str]:
    """Return the text under each heading, by the anchor that GitHub gives the heading."""
    parts = re.split(r"^#+ (.+)$", markdown, flags=re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-"): text
        for title, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def examples(found: list[Section]) -> list[Example]:
    """Return the examples in the document's order, without those of the recipes."""
    return [example for section in found for example in _examples(section)]


def recipes(found: list[Section]) -> list[Recipe]:
    """Return the recipes in the document's order."""
    titles = [s.title for s in found if len(s.path) == 3 and s.path[1] == "Recipes"]
    return [_recipe(title, [s for s in found if title in s.path]) for title in titles]


def permissions(policy: Any) -> set[str]:
    """Return the actions that an IAM policy names."""
    found: set[str] = set()
    for statement in policy["Statement"]:
        actions = statement["Action"]
        found |= {actions} if isinstance(actions, str) else set(actions)
    return found


def _until_the_fence(lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    for _, line in lines:
        if line == "```":
            return
        yield line
    raise AssertionError("a fenced block has no end")


def _block(line: int, language: str, label: str, text: str) -> Block:
    found = _LABEL.fullmatch(label)
    assert found, f"line {line}: no line above the block says what it is"
    kind, action = found[1], ""
    if kind.startswith("Input of "):
        kind, action = kind.split(" of ")
    kind = re.split(r", | \(", kind)[0]
    assert KINDS.get(kind) == language, f"line {line}: {label}"
    return Block(line, language, kind, action, found[2] or "", text)


def _examples(section: Section) -> Iterator[Example]:
    if "Recipes" in section.path:
        return
    members: dict[str, Any] = {}
    for block in section.blocks:
        if block.kind in {"Fields", "Input"} and "body" in members:
            yield Example(**members)
            members = {}
        members |= _members(block, section.title)
        if block.kind == "Output":
            members.setdefault("emitted", []).append(block.value)
    if members:  # without its message, it is a mistake that the constructor reports
        yield Example(**members)


def _members(block: Block, title: str) -> dict[str, Any]:
    """Return the members of an example that a block gives, but for its output."""
    match block.kind:
        case "Fields":
            return {"cfg": block.value}
        case "Input":
            return {"line": block.line, "action": block.action or title, "body": block.value}
        case "Headers":
            return {"headers": block.value}
        case "Error" | "Rebound":
            return {block.kind.lower(): block.text}
    return {}


def _recipe(title: str, parts: list[Section]) -> Recipe:
    steps = [
        Step(int(step[1]), step[4], bool(step[2]), bool(step[3]), part.blocks)
        for part in parts
        if (step := _STEP.fullmatch(part.title))
    ]
    [policy] = [block.value for part in parts for block in part.of("IAM policy")]
    return Recipe(title, steps, policy)
