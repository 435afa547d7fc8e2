"""Reads docs/platform.md: its sections, their tables and their blocks."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "platform.md"


def titles() -> list[str]:
    """Return the headings of the second level, from the top."""
    return re.findall(r"^## (.+)$", PAGE.read_text(), re.MULTILINE)


def section(title: str) -> str:
    """Return what stands under a heading of the second level."""
    [found] = re.findall(
        rf"^## {title}$(.*?)(?=^## |\Z)", PAGE.read_text(), re.DOTALL | re.MULTILINE
    )
    return str(found)


def rows(title: str) -> list[list[str]]:
    """Return the rows of a section's tables, headings included, each a list of its cells."""
    lines = re.findall(r"^\|(?!---)(.*)\|$", section(title), re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def blocks(title: str, language: str) -> list[str]:
    """Return the text of each fenced block in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", section(title), re.DOTALL | re.MULTILINE)
