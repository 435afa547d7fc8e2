"""AMQP headers: what those of an incoming message say, and those of what a step publishes.

docs/platform.md, "AMQP headers".
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from pika import BasicProperties

from lib.sailor.amqp_table import encode_table
from lib.sailor.settings import Settings

_META_PREFIX = "x-eio-meta-"
_META_SIZE = 65_536  # bytes: half of what an AMQP frame holds
_LONGEST_ID = 1000  # characters
_LONGEST_ROUTING_KEY = 255  # bytes

log = logging.getLogger("sailor")


@dataclass(frozen=True)
class IncomingHeaders:
    """What the headers of an incoming message say about where it comes from.

    Args:
        thread_id: The thread of messages that it belongs to; a new one if it names none.
        message_id: Its id.
        parent_message_id: The id of the message that it was emitted for.
        step_id: The step that emitted it.
        reply_to: The routing key of whoever waits for a reply.
        meta: The headers that every later message carries too, by lower-case name.
    """

    thread_id: str
    message_id: str | None
    parent_message_id: str | None
    step_id: str | None
    reply_to: str | None
    meta: Mapping[str, Any]

    @classmethod
    def read(cls, headers: Mapping[str, Any]) -> "IncomingHeaders":
        """Read the AMQP headers of an incoming message."""
        meta = _meta(headers)
        trace_id = meta.get(f"{_META_PREFIX}trace-id")
        return cls(
            thread_id=_scalar(headers.get("threadId")) or _scalar(trace_id) or new_id(),
            message_id=_scalar(headers.get("messageId")),
            parent_message_id=_scalar(headers.get("parentMessageId")),
            step_id=_scalar(headers.get("stepId")),
            reply_to=_routing_key(headers.get("reply_to")),
            meta=meta,
        )

    def log_context(self) -> dict[str, str]:
        """Return the members that the component's log lines carry."""
        context = {
            "threadId": self.thread_id,
            "messageId": self.message_id,
            "parentMessageId": self.parent_message_id,
        }
        return {name: value for name, value in context.items() if value is not None}

    def outgoing(self, settings: Settings) -> dict[str, Any]:
        """Return the headers of what is emitted for the message, all but its own id and end."""
        headers = {
            **self.meta,
            "threadId": self.thread_id,
            "reply_to": self.reply_to,
            "parentMessageId": self.message_id,
            **step_headers(settings),
            "start": now(),
        }
        return {name: value for name, value in headers.items() if value is not None}


def _meta(headers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the headers that travel on, as far as there is room for them."""
    meta: dict[str, Any] = {}
    size = 0
    for name, value in headers.items():
        lower = name.lower()
        if not lower.startswith(_META_PREFIX):
            continue
        try:
            size += encode_table([], {lower: value})
        except ValueError:  # bytes that are not UTF-8, or letters that grow in lower case
            log.warning("The header %.60s has too long a name; dropped", lower)
            continue
        if size > _META_SIZE:
            log.warning("The headers %s* exceed %d bytes; cut", _META_PREFIX, _META_SIZE)
            break
        meta[lower] = value
    return meta


def _scalar(value: Any) -> Any:
    """Return a value that is fit to be an id; None for any other."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_ID else None
    return value if isinstance(value, int | float) else None


def _routing_key(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value.encode()) > _LONGEST_ROUTING_KEY:
        log.warning("reply_to: expected a routing key; ignored")
        return None
    return value


def step_headers(settings: Settings) -> dict[str, Any]:
    """Return the headers that say which step a message comes from."""
    return {
        **settings.additional_headers,
        "execId": settings.exec_id,
        "taskId": settings.flow_id,
        "workspaceId": settings.workspace_id,
        "containerId": settings.container_id,
        "userId": settings.user_id,
        "stepId": settings.step_id,
        "compId": settings.comp_id,
        "function": settings.function,
    }


def properties(headers: dict[str, Any]) -> BasicProperties:
    """Return the AMQP properties of what a step publishes."""
    return BasicProperties(
        content_type="application/json", content_encoding="utf8", headers=headers
    )


def new_id() -> str:
    """Return a new id for a message or a thread."""
    return str(uuid4())


def now() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000
