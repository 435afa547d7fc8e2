"""Does what its message says, however bad that is; a good message it returns."""

import asyncio
from typing import Any


class UnspeakableError(Exception):
    """An error without a text."""

    def __str__(self) -> str:
        """Fail."""
        raise RuntimeError("no text")


RAISED: dict[str, BaseException] = {
    "KeyboardInterrupt": KeyboardInterrupt("ctrl-c"),
    "CancelledError": asyncio.CancelledError("cancelled"),
    "BaseExceptionGroup": BaseExceptionGroup("several", [KeyboardInterrupt("ctrl-c")]),
    "GeneratorExit": GeneratorExit("closed"),
    "UnspeakableError": UnspeakableError(),
}


def process(step: Any, msg: dict[str, Any], _cfg: Any, _snapshot: Any) -> Any:
    """Follow the body: ``emit`` an event, ``raise`` an error, ``fail`` with so many characters."""
    body = msg["body"]
    if "emit" in body:
        step.emit(*body["emit"])
        return None
    if "raise" in body:
        raise RAISED[body["raise"]]
    if "fail" in body:
        raise ValueError("x" * body["fail"])
    return {"body": body.get("n")}
