"""Markdown: tables, and texts that stay in their cells."""

import re
from collections.abc import Iterable

_PUNCTUATION = re.compile(r"[\\`*|<$\[]")
_POINTER = re.compile(r"\bsee ([^()]+) \((https://[^\s)]+)\)")
# Members such as imageTag and permissions such as ecr:PutImage, outside URLs and longer names.
_NAME = re.compile(r"(?<![\w/.#-])(?:[a-z]+(?:[A-Z][a-z]*)+|(?:ecr|kms|sts):[A-Z]\w+)(?![\w/-])")


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table; its cells are Markdown already."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def cell(plain: str) -> str:
    """Return plain text as Markdown for a table cell."""
    return escaped(plain).replace("\n", "<br>")


def escaped(plain: str) -> str:
    """Return plain text as Markdown: members and permissions as code, "see" with links."""
    linked = _POINTER.sub(r"see [\1](\2)", _PUNCTUATION.sub(r"\\\g<0>", plain))
    return _NAME.sub(r"`\g<0>`", linked)


def code(text: str) -> str:
    """Return code for a table cell, where a bar ends the cell even between backticks."""
    return "`" + text.replace("|", r"\|") + "`"
