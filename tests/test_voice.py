"""The English of code and documentation: phrases that are not used, and what to say instead."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.repository import ROOT

# By what a reader would say instead.
NOT_SAID = {
    r"tells|told": "says, reports, is emitted",
    r"hinder\w*": "prevents, the cause",
    r"can(?:'t|not) be had": "is unavailable, cannot be fetched",
    r"goes on": "continues, resumes",
    r"anew": "again",
    r"in process(?!\.)": "in progress",
    r"(?:a|passing) faults? that (?:may|will) pass|passing faults?": "a transient error",
    r"was given|given;|allowed is": "got 2000, expected 1 to 1000",
    r"CPU an? \w+|(?:calls|messages|requests) a second": "CPU per message, messages per second",
    r"beside": "next to, in addition",
    r"who waits? for": "the caller",
    r"makes no sense": "unexpected error",
    r"of (?:its|our|their|his) own": "its own",
    r"is to end": "shuts down",
    r"put back what": "requeue what cannot be published",
}
SAID = re.compile("|".join(rf"\b({phrase})(?!\w)" for phrase in NOT_SAID), re.IGNORECASE)
INSTEAD = list(NOT_SAID.values())

PLACES = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "actions",
    "benchmarks",
    "component.json",
    "docs",
    "lib",
    "schemas",
    "triggers",
    "verify_credentials.py",
)
TEXTS = {".json", ".md", ".py", ".svg"}


def texts(place: str) -> Iterator[Path]:
    """Yield the text files of a place, which is a folder or a file."""
    path = ROOT / place
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    yield from (file for file in files if file.suffix in TEXTS and "node_modules" not in file.parts)


def found(place: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield where a pattern is found, as file and line, and the match."""
    for file in texts(place):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            for match in pattern.finditer(line):
                yield f"{file.relative_to(ROOT)}:{number}", match


@pytest.mark.parametrize("place", PLACES)
def test_what_a_colleague_would_not_say_is_not_written(place: str) -> None:
    hits = [
        f"{where}: not {match[0]!r}, but {INSTEAD[(match.lastindex or 1) - 1]!r}"
        for where, match in found(place, SAID)
    ]

    assert not hits, f"{len(hits)} in {place}:\n" + "\n".join(hits)


@pytest.mark.parametrize(
    "sentence",
    [
        "It tells what was told",
        "what hindered it",
        "A page that can't be had",
        "it goes on",
        "sign it anew",
        "messages in process",
        "a passing fault",
        "2000 was given; allowed is 1 to 1000",
        "CPU a message, and messages a second",
        "beside that",
        "a call who waits for one",
        "it makes no sense to the runtime",
        "a port of its own",
        "The step is to end",
        "put back what can't be published",
    ],
)
def test_each_of_these_phrases_is_found(sentence: str) -> None:
    assert SAID.search(sentence)


@pytest.mark.parametrize(
    "sentence", ["in process.py", "in this process", "besides", "its own port", "a second message"]
)
def test_other_phrases_are_not(sentence: str) -> None:
    assert not SAID.search(sentence)


@pytest.mark.parametrize("place", [*PLACES, "tests"])
def test_no_document_is_cited_that_is_not_in_the_repository(place: str) -> None:
    private = re.compile(r"\bPLAT[F]ORM\b|\b(?:DESIGN|STYLE)(?:\.md|'s)")

    assert [where for where, _ in found(place, private)] == []
