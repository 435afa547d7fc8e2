"""Results in pages: one of them, all in one message, or a message per item.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html tells of
``nextToken``; the other operations have it likewise.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from typing import Any

import orjson

from lib.component import cfg as fields
from lib.component.errors import (
    IncompleteError,
    InvalidMessageError,
    NotReadyError,
    RepeatedTokenError,
    TooLargeError,
    UnfinishedError,
)
from lib.component.message import Message, message
from lib.component.operation.call import Call
from lib.component.operation.parameters import Parameters
from lib.component.step import Step
from lib.ecr import Answer, EcrError, items_member

ONE_PAGE, ALL_AT_ONCE, PER_ITEM = "fetchPage", "fetchAll", "emitIndividually"
# What the field emitBehavior may hold, and how the screen calls it.
BEHAVIORS = {
    ONE_PAGE: "One page",
    ALL_AT_ONCE: "All at once",
    PER_ITEM: "One message per item",
}

_SIGNED_FOR_ONE_PAGE = (
    f'the signature that it brings is for one request; choose "{BEHAVIORS[ONE_PAGE]}", or let the '
    "connector sign"
)


def behavior(operation: str, cfg: Mapping[str, Any]) -> str:
    """Return how an action emits its result: one of ``BEHAVIORS``.

    Raises:
        InvalidFieldError: The field holds something else.
    """
    if items_member(operation) is None:
        return ONE_PAGE
    return fields.choice(cfg, "emitBehavior", BEHAVIORS, ONE_PAGE)


def emit(behavior: str, call: Call, asked: Parameters, step: Step) -> Message | None:
    """Emit an operation's result, page after page; return what is left to emit of it.

    Args:
        behavior: One of ``BEHAVIORS`` that goes over all pages.
        call: Calls the operation.
        asked: What the message asks for; its nextToken, if it has one, is where to start.
        step: The running step.

    Raises:
        InvalidMessageError: The message is signed by its sender, and so for one request.
        TooLargeError: As :func:`together`.
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


def pages(ask: Callable[[bytes], Answer], members: Mapping[str, Any]) -> Iterator[Answer]:
    """Yield an operation's answers, from the page that the members ask for to the last.

    Args:
        ask: Calls the operation with its parameters as JSON.
        members: The parameters.

    Raises:
        RepeatedTokenError: A page leads to itself.
    """
    while True:
        page = ask(orjson.dumps(members))
        token = page.members.get("nextToken")
        yield page
        if not token:
            return
        if token == members.get("nextToken"):
            raise RepeatedTokenError
        members = {**members, "nextToken": token}


def together(operation: str, found: Iterable[Answer], size_limit: int) -> Message:
    """Return one message with the items of all pages, and else with what the first page has.

    Args:
        operation: The operation that was asked.
        found: The pages.
        size_limit: How many bytes a message may have as JSON.

    Raises:
        TooLargeError: The message would have more.
    """
    items = _items(operation)
    first: Answer | None = None
    size = 0
    for page in found:
        more = page.members.get(items) or []
        size += len(orjson.dumps(more))
        if size > size_limit:
            # It can't shrink any more, so the other pages are spared.
            raise TooLargeError(operation, size_limit, BEHAVIORS[PER_ITEM])
        if first is None:
            first, first.members[items] = page, more
        else:
            first.members[items] += more
    assert first is not None  # noqa: S101 - an operation answers with one page at least
    first.members.pop("nextToken", None)
    whole = message(first.members, first.request_id)
    if len(orjson.dumps(whole)) > size_limit:
        raise TooLargeError(operation, size_limit, BEHAVIORS[PER_ITEM])
    return whole


def emit_each(operation: str, found: Iterator[Answer], emit: Callable[[str, Any], None]) -> None:
    """Emit a message per item, a page's while the next page is fetched.

    Args:
        operation: The operation that was asked.
        found: The pages.
        emit: The step's.

    Raises:
        IncompleteError: A later page can't be had; a rebound would emit the earlier ones again.
    """
    items = _items(operation)
    emitted = 0
    token = None
    try:
        with closing(_one_ahead(found)) as fetched:
            for page in fetched:
                for item in page.members.get(items) or []:
                    emit("data", message(item, page.request_id))
                    emitted += 1
                token = page.members.get("nextToken")
    except (EcrError, NotReadyError, RepeatedTokenError, UnfinishedError) as error:
        if not emitted:
            raise
        raise IncompleteError(emitted, token, error) from error


def _items(operation: str) -> str:
    member = items_member(operation)
    assert member is not None  # noqa: S101 - behavior() has seen to that
    return member


def _one_ahead(found: Iterator[Answer]) -> Generator[Answer, None, None]:
    """Yield pages, each while a thread fetches the next one."""

    def fetch() -> Answer | None:
        return next(found, None)

    context = copy_context()  # what is logged there belongs to the same message
    with ThreadPoolExecutor(max_workers=1) as helper:
        upcoming = helper.submit(context.run, fetch)
        while (page := upcoming.result()) is not None:
            upcoming = helper.submit(context.run, fetch)
            yield page
