"""The table of the actions in ``README.md``."""

from lib.component.shapes import text
from lib.generator import links, markdown, model, reference

BEGIN = "<!-- actions: begin -->"
END = "<!-- actions: end -->"


class MarkerError(Exception):
    """``README.md`` lacks the two markers between which the table of the actions is written."""


def insert(readme: str) -> str:
    """Return the text of ``README.md`` with the table of the actions between its markers.

    Raises:
        MarkerError: A marker is missing or occurs twice, or their order is wrong.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or any(marker in before + after for marker in (BEGIN, END)):
        raise MarkerError(
            f"README.md must have the line {BEGIN} and, below it, the line {END}, each once: "
            "the table of the actions is written between them"
        )
    return f"{before}{BEGIN}\n\n{_table()}\n\n{END}{after}"


def _table() -> str:
    return markdown.table(
        ("Subject", "Actions"),
        (
            (subject, ", ".join(_link(text.title(name)) for name in names))
            for subject, names in model.actions().items()
        ),
    )


def _link(title: str) -> str:
    return f"[{title}]({reference.PATH}#{links.anchor(title)})"
