"""URLs of the documentation: the connector's own pages and AWS's.

The own pages' base is the repository in ``[project.urls]`` of ``pyproject.toml``.
"""

import re
import tomllib
from functools import cache
from pathlib import Path

_PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
_AWS_REFERENCE = "https://docs.aws.amazon.com/AmazonECR/latest/APIReference"


def documentation() -> str:
    """Return the URL at which reading begins."""
    return _project_urls()["Documentation"]


def page(path: str, heading: str) -> str:
    """Return the URL of a section of a page.

    Args:
        path: The page's path in the repository, such as ``docs/reference.md``.
        heading: The section's heading, such as ``Describe Images``.
    """
    return f"{_project_urls()['Repository']}/blob/main/{path}#{anchor(heading)}"


def anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading: ``describe-images`` for "Describe Images"."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def aws_page(operation: str) -> str:
    """Return the URL of an operation's page in the AWS API reference."""
    return f"{_AWS_REFERENCE}/API_{operation}.html"


@cache
def _project_urls() -> dict[str, str]:
    urls: dict[str, str] = tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))["project"]["urls"]
    return urls
