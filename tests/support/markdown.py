"""Markdown as GitHub shows it."""

import re


def anchors(markdown: str) -> set[str]:
    """Return the anchors of a page's headings: lower case, blanks as hyphens, no punctuation."""
    headings = re.findall(r"^#+ (.+)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
