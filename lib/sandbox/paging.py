"""Pages of a list: their default size, and the tokens that lead from one to the next."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

from lib.sandbox.errors import InvalidTokenError

PAGE_SIZE = 100  # AWS's default


def page(items: Sequence[Any], size: int, token: str) -> tuple[list[Any], dict[str, str]]:
    """Return a page of a list, and the ``nextToken`` if there is another one.

    Args:
        items: The whole list.
        size: The number of items in a page.
        token: The token of the page; empty for the first.

    Raises:
        InvalidTokenError: The token is of no page.
    """
    first = _offset(token, len(items))
    after = first + size
    return list(items[first:after]), {"nextToken": _token(after)} if after < len(items) else {}


def _token(offset: int) -> str:
    return urlsafe_b64encode(str(offset).encode()).decode()


def _offset(token: str, length: int) -> int:
    """Return where the page of a token begins."""
    if not token:
        return 0
    try:
        offset = int(urlsafe_b64decode(token))
    except (ValueError, binascii.Error):
        raise InvalidTokenError from None
    if not 0 < offset < length:
        raise InvalidTokenError
    return offset
