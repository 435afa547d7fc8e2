"""Reads docs/designers.md: the examples of each action, and the recipes.

What a fenced block is stands in its info string, after the language:

=============================  ====================================================================
``json cfg``                   the step's fields, for the example that follows
``json in [Action]``           a message's body; the action is that of the heading, or the one named
``json answer``                what Amazon ECR answers to it, where that is not what is emitted
``json out``                   the body of a message that is emitted, one block a message
``json headers``               the headers of the message before
``text error``                 the text of the error that is emitted in its place
``text rebound``               the reason of the rebound that is emitted in its place
``json policy``                an IAM policy
``json trust``                 a role's trust policy
``json emits``                 in a recipe: what a step outside this connector emits
``jsonata in|when|split|...``  in a recipe: what a step makes of the message before it
=============================  ====================================================================
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

DOCUMENT = Path(__file__).parents[2] / "docs" / "designers.md"

_HEADING = re.compile(r"(#{1,4}) (.+)")
_FENCE = re.compile(r"```(\w+)(?: (.*))?")
_STEP = re.compile(r"Step (\d+): (.+)")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what its info string says besides, and its text."""

    line: int
    language: str
    words: tuple[str, ...]
    text: str

    @property
    def kind(self) -> str:
        return " ".join((self.language, *self.words[:1]))

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
    cfg: dict[str, Any]
    answer: Any = None
    emitted: list[Any] = field(default_factory=list)
    headers: dict[str, str] | None = None
    error: str = ""
    rebound: str = ""


@dataclass(frozen=True)
class Step:
    """A step of a recipe, with its blocks by kind."""

    number: int
    title: str
    blocks: list[Block]

    def first(self, kind: str) -> Block | None:
        return next((block for block in self.blocks if block.kind == kind), None)


@dataclass(frozen=True)
class Recipe:
    """A flow: its steps and the IAM policy that it needs."""

    title: str
    steps: list[Step]
    policy: Any


def sections(markdown: str) -> list[Section]:
    """Return a document's sections, each with the titles of those it stands in."""
    found: list[Section] = []
    path: list[str] = []
    lines = enumerate(markdown.splitlines(), 1)
    for number, line in lines:
        if heading := _HEADING.fullmatch(line):
            path = [*path[: len(heading[1]) - 1], heading[2]]
            found.append(Section(tuple(path), "", []))
        elif fence := _FENCE.fullmatch(line):
            text = "\n".join(_until_the_fence(lines))
            words = tuple((fence[2] or "").split())
            found[-1].blocks.append(Block(number, fence[1], words, text))
        else:
            found[-1] = Section(found[-1].path, f"{found[-1].text}{line}\n", found[-1].blocks)
    return found


def examples(found: list[Section]) -> list[Example]:
    """Return the examples in the document's order, without those of the recipes."""
    return [example for section in found for example in _examples(section)]


def recipes(found: list[Section]) -> list[Recipe]:
    """Return the recipes in the document's order."""
    titles = [s.title for s in found if len(s.path) == 3 and s.path[1] == "Recipes"]
    return [_recipe(title, [s for s in found if title in s.path]) for title in titles]


def _until_the_fence(lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    for _, line in lines:
        if line == "```":
            return
        yield line
    raise AssertionError("a fenced block has no end")


def _examples(section: Section) -> Iterator[Example]:
    if "Recipes" in section.path:
        return
    members: dict[str, Any] = {}
    for block in section.blocks:
        if block.kind in {"json cfg", "json in"} and "body" in members:
            yield Example(**members)
            members = {}
        match block.kind:
            case "json cfg":
                members["cfg"] = block.value
            case "json in":
                action = block.words[1] if block.words[1:] else section.title
                members |= {"line": block.line, "action": action, "body": block.value}
                members.setdefault("cfg", {})
            case "json out":
                members.setdefault("emitted", []).append(block.value)
            case "json answer" | "json headers":
                members[block.words[0]] = block.value
            case "text error" | "text rebound":
                members[block.words[0]] = block.text
    if members:  # what lacks its message is a mistake, and told as one
        yield Example(**members)


def _recipe(title: str, parts: list[Section]) -> Recipe:
    steps = [
        Step(int(step[1]), step[2], part.blocks)
        for part in parts
        if (step := _STEP.fullmatch(part.title))
    ]
    [policy] = [block.value for part in parts for block in part.of("json policy")]
    return Recipe(title, steps, policy)
