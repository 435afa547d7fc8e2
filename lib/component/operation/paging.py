"""Results in pages: one page, all pages in one message, or a message per item.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html describes
``nextToken``; the other operations have the same.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from itertools import chain
from typing import Any

import orjson

from lib.component.cfg import Cfg, choice
from lib.component.errors import (
    IncompleteError,
    InvalidMessageError,
    MessageTooLargeError,
    NotReadyError,
    RepeatedTokenError,
    UnfinishedError,
)
from lib.component.message import Message, message
from lib.component.operation.call import Call
from lib.component.operation.parameters import Parameters
from lib.component.step import Step
from lib.ecr import Answer, EcrError, ItemPath, item_paths

ONE_PAGE, ALL_AT_ONCE, PER_ITEM = "fetchPage", "fetchAll", "emitIndividually"
# The values of the field emitBehavior, each with its label.
BEHAVIORS = {
    ONE_PAGE: "One page",
    ALL_AT_ONCE: "All at once",
    PER_ITEM: "One message per item",
}

# The members of a message that are about pages.
INPUTS = ("maxResults", "nextToken")

_SIGNED_FOR_ONE_PAGE = (
    f'its signature is for one request; choose "{BEHAVIORS[ONE_PAGE]}", or leave the signature to '
    "the connector"
)


def behavior(operation: str, cfg: Cfg) -> str:
    """Return how an action emits its result: one of ``BEHAVIORS``.

    Raises:
        InvalidFieldError: The field holds any other value.
    """
    if not item_paths(operation):
        return ONE_PAGE
    return choice(cfg, "emitBehavior", BEHAVIORS, ONE_PAGE)


def emit(behavior: str, call: Call, asked: Parameters, step: Step) -> Message | None:
    """Emit an operation's result, page after page; return the message that is left to emit.

    Args:
        behavior: One of ``BEHAVIORS`` that covers all pages.
        call: Calls the operation.
        asked: The message's parameters; its nextToken, if it has one, is where to start.
        step: The running step.

    Raises:
        InvalidMessageError: The message brings its own signature, which is for one request.
        MessageTooLargeError: As :func:`together`.
        IncompleteError: As :func:`emit_each`.
        EcrError, NotReadyError, UnfinishedError: As ``call``, before anything was emitted.
    """
    if asked.caller_signature():
        raise InvalidMessageError(call.operation, [_SIGNED_FOR_ONE_PAGE])
    found = pages(call, asked.members)
    if behavior == ALL_AT_ONCE:
        return together(call.operation, found, step.message_size_limit)
    emit_each(call.operation, found, step.emit)
    return None


def pages(call: Callable[[bytes], Answer], members: Mapping[str, Any]) -> Iterator[Answer]:
    """Yield an operation's answers, from the page that the members ask for to the last one.

    Args:
        call: Calls the operation with its parameters as JSON.
        members: The parameters.

    Raises:
        RepeatedTokenError: A page leads to itself, or to an earlier page.
    """
    asked: set[bytes] = set()
    while (payload := orjson.dumps(members)) not in asked:
        asked.add(payload)
        page = call(payload)
        token = page.members.get("nextToken")
        yield page
        if not token:
            return
        members = {**members, "nextToken": token}
    raise RepeatedTokenError


def together(operation: str, found: Iterable[Answer], size_limit: int) -> Message:
    """Return one message with the items of all pages, and the other members of the first page.

    Args:
        operation: The operation that was called.
        found: The pages.
        size_limit: The bytes that a message may have as JSON.

    Raises:
        MessageTooLargeError: The message would exceed the limit.
    """
    first: Answer | None = None
    size = 0
    for page in found:
        size += sum(len(orjson.dumps(items)) for _, items in _lists(operation, page))
        if size > size_limit:
            # The message can only grow, so the other pages need not be fetched.
            raise MessageTooLargeError(operation, size_limit, BEHAVIORS[PER_ITEM])
        if first is None:
            first = page
            continue
        for path, items in _lists(operation, page):
            _append(first.members, path, items)
    assert first is not None  # noqa: S101 - there is one page at least
    first.members.pop("nextToken", None)
    whole = message(first.members, first.request_id)
    if len(orjson.dumps(whole)) > size_limit:
        raise MessageTooLargeError(operation, size_limit, BEHAVIORS[PER_ITEM])
    return whole


def emit_each(operation: str, found: Iterator[Answer], emit: Callable[[str, Any], None]) -> None:
    """Emit a message per item, those of one page while the next is fetched.

    Args:
        operation: The operation that was called.
        found: The pages.
        emit: The step's ``emit``.

    Raises:
        IncompleteError: A later page failed; a rebound would emit the earlier ones again.
    """
    emitted = 0
    token = None
    try:
        with closing(_one_ahead(found)) as fetched:
            for page in fetched:
                for item in chain.from_iterable(items for _, items in _lists(operation, page)):
                    emit("data", message(item, page.request_id))
                    emitted += 1
                token = page.members.get("nextToken")
    except (EcrError, NotReadyError, RepeatedTokenError, UnfinishedError) as error:
        if not emitted:
            raise
        raise IncompleteError(emitted, token, error) from error


def _lists(operation: str, page: Answer) -> Iterator[tuple[ItemPath, list[Any]]]:
    """Yield the lists of items that a page has, each with its path."""
    for path in item_paths(operation):
        value: Any = page.members
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, list):
            yield path, value


def _append(members: dict[str, Any], path: ItemPath, items: list[Any]) -> None:
    """Append a page's items to the list at a path, which the first page may lack."""
    *parents, name = path
    for parent in parents:
        members = members.setdefault(parent, {})
    members.setdefault(name, []).extend(items)


def _one_ahead(found: Iterator[Answer]) -> Generator[Answer, None, None]:
    """Yield pages; while one is in use, a thread fetches the next."""

    def fetch() -> Answer | None:
        return next(found, None)

    context = copy_context()  # log lines of the thread belong to the same message
    with ThreadPoolExecutor(max_workers=1) as executor:
        upcoming = executor.submit(context.run, fetch)
        while (page := upcoming.result()) is not None:
            upcoming = executor.submit(context.run, fetch)
            yield page
