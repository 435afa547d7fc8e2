"""Does what its message says, however bad that is; a good message it returns."""

import asyncio
from collections.abc import Callable
from typing import Any


class UnspeakableError(Exception):
    """An error without a text."""

    def __str__(self) -> str:
        """Fail."""
        raise RuntimeError("no text")


RAISED: dict[str, Callable[[], BaseException]] = {
    "KeyboardInterrupt": lambda: KeyboardInterrupt("ctrl-c"),
    "CancelledError": lambda: asyncio.CancelledError("cancelled"),
    "BaseExceptionGroup": lambda: BaseExceptionGroup("several", [KeyboardInterrupt("ctrl-c")]),
    "GeneratorExit": lambda: GeneratorExit("closed"),
    "UnspeakableError": UnspeakableError,
}


def process(step: Any, msg: dict[str, Any], _cfg: Any, _snapshot: Any) -> Any:
    """Follow the body: ``emit`` an event, ``raise`` an error, ``fail`` with so many characters."""
    body = msg["body"]
    if "emit" in body:
        step.emit(*body["emit"])
        return None
    if "raise" in body:
        error = RAISED[body["raise"]]()
        raise error
    if "fail" in body:
        raise ValueError("x" * body["fail"])
    return {"body": body.get("n")}
