"""Markdown as GitHub shows it."""

import re
from functools import cache


@cache  # many links lead to the same few pages
def anchors(markdown: str) -> set[str]:
    """Return the anchors of a page's headings: lower case, blanks as hyphens, no punctuation."""
    found: list[str] = []
    for title in re.findall(r"^#+ +(.+)$", without_blocks(markdown), re.MULTILINE):
        words = re.sub(r"<[^>]*>|\[([^\]]*)\]\([^)]*\)", r"\1", title).strip().lower()
        slug = re.sub(r"[^\w -]", "", words).replace(" ", "-")
        number = sum(re.fullmatch(rf"{re.escape(slug)}(-\d+)?", one) is not None for one in found)
        found.append(f"{slug}-{number}" if number else slug)
    return set(found)


def without_blocks(markdown: str) -> str:
    """Return a page without its blocks of code."""
    return re.sub(r"^(`{3,})[^\n]*\n.*?^\1`*$", "", markdown, flags=re.DOTALL | re.MULTILINE)


def without_code(markdown: str) -> str:
    """Return a page without its blocks of code, and without the code in its lines."""
    return re.sub(r"`[^`\n]*`", "", without_blocks(markdown))
