"""Logs in bunyan's shape: one JSON object a line.

docs/platform.md, "Logs"; https://github.com/trentm/node-bunyan describes the members.
"""

import logging
import os
import socket
import sys
import traceback
from collections.abc import Collection, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson

from lib.redaction import Redactor

TRACE = 5
LEVELS = {
    "trace": TRACE,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "fatal": logging.CRITICAL,
}
_BUNYAN_LEVELS = {
    TRACE: 10,
    logging.DEBUG: 20,
    logging.INFO: 30,
    logging.WARNING: 40,
    logging.ERROR: 50,
    logging.CRITICAL: 60,
}
_PYTHON_LEVELS = {bunyan: level for level, bunyan in _BUNYAN_LEVELS.items()}
_CONTEXT = (
    "API_USERNAME",
    "COMP_ID",
    "COMP_NAME",
    "CONTAINER_ID",
    "CONTRACT_ID",
    "EXEC_ID",
    "EXEC_TYPE",
    "EXECUTION_RESULT_ID",
    "FLOW_ID",
    "FLOW_VERSION",
    "FUNCTION",
    "STEP_ID",
    "TASK_USER_EMAIL",
    "TENANT_ID",
    "USER_ID",
    "WORKSPACE_ID",
)
REDACTED = "***"

# The context of the message in progress, for lines that don't come through step.logger.
message_context: ContextVar[Mapping[str, str] | None] = ContextVar("message_context", default=None)


def configure(
    level: str,
    context: Mapping[str, Any] | None = None,
    stream: TextIO | None = None,
    secrets: Collection[str] = (),
) -> None:
    """Send the loggers ``sailor`` and ``component`` to a stream, one JSON object a line.

    Libraries' loggers stay silent: at debug level they write out requests and signatures.

    Args:
        level: One of ``LEVELS``.
        context: Members that every line carries.
        stream: Where the lines go; None for standard output.
        secrets: Texts that are replaced wherever a message or a stack contains them.
    """
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(_BunyanFormatter(context or {}, secrets))
    for name in ("sailor", "component"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(LEVELS[level])
        logger.propagate = False
    logging.getLogger().handlers = [logging.NullHandler()]


def log_again(line: str) -> None:
    """Log a line of another process's log: one JSON object in bunyan's shape, or any text."""
    try:
        logged = orjson.loads(line)
        level, text = _PYTHON_LEVELS[logged["level"]], logged["msg"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        logging.getLogger("sailor").info("%s", line)
        return
    context = {name: value for name, value in logged.items() if name.startswith("ELASTICIO_")}
    logger = logging.getLogger(str(logged.get("name")))
    logger.log(level, "%s", text, extra={"context": context})


def platform_context(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the members that the platform expects on every line, from the environment."""
    context = {
        name: environ[name] for name in map("ELASTICIO_{}".format, _CONTEXT) if name in environ
    }
    return {**context, "tag": environ.get("ELASTICIO_FLOW_ID", "")}


class _BunyanFormatter(logging.Formatter):
    """A log record as one line of JSON."""

    def __init__(self, context: Mapping[str, Any], secrets: Collection[str]) -> None:
        super().__init__()
        self._redactor = Redactor(secrets, REDACTED)
        self._fixed = {"hostname": socket.gethostname(), "pid": os.getpid(), **context}

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        if record.exc_info:
            message += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip()
        # JSON has no half a surrogate pair.
        message = self._redactor.redact(message).encode(errors="replace").decode()
        time = datetime.fromtimestamp(record.created, UTC)
        return orjson.dumps(
            {
                "name": "sailor" if record.name.startswith("sailor") else "component",
                **self._fixed,
                **_context(record),
                "level": _BUNYAN_LEVELS.get(record.levelno, record.levelno),
                "msg": message,
                "time": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "v": 0,
            },
            default=str,
        ).decode()


def _context(record: logging.LogRecord) -> Mapping[str, str]:
    """Return the members that a line of the component adds."""
    own: Mapping[str, str] | None = getattr(record, "context", None)
    if own is None and not record.name.startswith("sailor"):
        own = message_context.get()
    return own or {}
