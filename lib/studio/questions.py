"""Questions of the screens, which the components answer as they do on the platform."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import orjson

from lib.platform.flows.components import Connector, Function
from lib.sailor import Component
from lib.sailor.service import ask
from lib.sailor.settings import PREFIX

Json = Mapping[str, Any]
T = TypeVar("T")


class QuestionError(Exception):
    """A component has no answer; the text says why."""


async def metadata(function: Function, cfg: Json) -> Json:
    """Return the JSON schemas of what a step takes and emits, as ``in`` and ``out``.

    Args:
        function: What the step runs.
        cfg: The credentials and the step's fields.

    Raises:
        QuestionError: They are unavailable.
    """
    if function.entry.get("dynamicMetadata"):
        environ = {f"{PREFIX}ACTION_OR_TRIGGER": function.name}
        return await _in_thread(lambda: ask("getMetaModel", function.component, cfg, environ))
    return await _in_thread(lambda: _static_metadata(function))


async def choices(function: Function, model: str, cfg: Json) -> Mapping[str, str]:
    """Return what a drop-down offers: labels by values.

    Args:
        function: What the step runs.
        model: The name of the function in its module that answers.
        cfg: The credentials and the step's fields.

    Raises:
        QuestionError: They are unavailable.
    """
    environ = {
        f"{PREFIX}ACTION_OR_TRIGGER": function.name,
        f"{PREFIX}GET_MODEL_METHOD": model,
    }
    return await _in_thread(lambda: ask("selectModel", function.component, cfg, environ))


async def verify(connector: Connector, cfg: Json) -> None:
    """Check credentials.

    Args:
        connector: The connector that they are for.
        cfg: The credentials.

    Raises:
        QuestionError: They are not good; the text is the reason.
    """

    def answer() -> Mapping[str, Any]:
        answered: Json = ask("verifyCredentials", Component.load(connector.folder), cfg, {})
        return answered

    verified = await _in_thread(answer)
    if not verified["verified"]:
        raise QuestionError(str(verified.get("reason") or "The credentials are not valid."))


async def _in_thread(answer: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(answer)
    except (Exception, SystemExit) as error:
        raise QuestionError(str(error) or type(error).__name__) from error


def _static_metadata(function: Function) -> dict[str, Any]:
    """Return schemas that the descriptor holds, or whose files it names."""
    entry = function.entry.get("metadata") or {}
    return {side: _schema(function.component.path, schema) for side, schema in entry.items()}


def _schema(folder: Path, schema: Any) -> Any:
    return orjson.loads((folder / schema).read_bytes()) if isinstance(schema, str) else schema
