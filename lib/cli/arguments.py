"""Reading of what people type, with a hint where it is a known slip."""

import difflib
import logging
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import typer

from lib.sailor import Component
from lib.sailor.local import WriteEvent

if TYPE_CHECKING:
    from lib.platform.broker import Broker

_LOGGER = logging.getLogger("component")


def check_action(name: str, component: Component) -> None:
    """Check that the component has an action or a trigger of that name.

    Raises:
        typer.BadParameter: It has none; the closest name is suggested, and Call Operation for an
            operation without its own action.
    """
    known = [*component.descriptor["actions"], *component.descriptor.get("triggers", {})]
    if name not in known:
        hint = _action_hint(name, known)
        raise typer.BadParameter(f"there is no action {name!r}; {hint}", param_hint="ACTION")


def check_step(option: str, name: str | None, steps: Collection[str]) -> None:
    """Check that a flow has the step that an option names, if it names one.

    Raises:
        typer.BadParameter: It has none; all that it has are listed.
    """
    if name is not None and name not in steps:
        raise typer.BadParameter(
            f"there is no step {name!r}; the flow has {_enumeration([*steps])}",
            param_hint=option,
        )


def read_json(option: str, value: str) -> Any:
    """Return the JSON that an option holds: its own text, @FILE, or - for standard input.

    Raises:
        typer.BadParameter: It is not JSON, or the file cannot be read. The text itself is not in
            the message, because it may hold a secret.
    """
    try:
        if value == "-":
            return orjson.loads(sys.stdin.buffer.read())
        if value.startswith("@"):
            return orjson.loads(Path(value[1:]).read_bytes())
        return orjson.loads(value)
    except OSError as error:
        raise typer.BadParameter(f"{value[1:]}: {error.strerror}", param_hint=option) from None
    except orjson.JSONDecodeError as error:
        hint = _hint(option, value)
        raise typer.BadParameter(f"this is not JSON: {error}{hint}", param_hint=option) from None


def read_object(option: str, value: str) -> dict[str, Any]:
    """Return the JSON object that an option holds: its own text, @FILE, or - for standard input.

    Raises:
        typer.BadParameter: As ``read_json``, or the JSON is not an object.
    """
    content = read_json(option, value)
    if not isinstance(content, dict):
        raise typer.BadParameter("expected a JSON object", param_hint=option)
    return content


def read_broker(option: str, value: str) -> "Broker":
    """Return the broker at an AMQP URI.

    Raises:
        typer.BadParameter: It is not an AMQP URI. The text itself is not in the message, because
            it may hold a password.
    """
    from lib.platform.broker import Broker

    try:
        return Broker.of(value)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def check_no_more(rest: Sequence[str]) -> None:
    """Check that no arguments are left that the command does not know.

    Raises:
        typer.BadParameter: Some are, as when the shell took JSON without quotes apart.
    """
    if rest:
        more = "1 more argument" if len(rest) == 1 else f"{len(rest)} more arguments"
        raise typer.BadParameter(
            f"expected one action, got {more}. The message goes into --body. {_quoting('--body')}",
            param_hint="ACTION",
        )


def with_hint(
    write: WriteEvent, component: Component, action: str, cfg: Mapping[str, Any]
) -> WriteEvent:
    """Return a ``write`` that also logs, after an error, how to pass the credentials.

    Args:
        write: Writes an event.
        component: The component; its descriptor names the credentials.
        action: The action or trigger that runs. A webhook works without credentials.
        cfg: The step's configuration. The hint names all the credentials that it lacks.
    """
    fields = component.descriptor["credentials"]["fields"]
    required = [name for name, field in fields.items() if field.get("required")]
    missing = [name for name in required if not cfg.get(name)]
    if not missing or component.entry(action).get("type") == "webhook":
        return write

    def write_with_hint(event: str, payload: Any) -> None:
        from lib.ecr import InvalidConfigurationError

        write(event, payload)
        if isinstance(payload, InvalidConfigurationError) or (event == "error" and not cfg):
            _LOGGER.warning(
                "cfg lacks %s. Put them into a file as a JSON object and pass it with"
                " --cfg @cfg.json. To try things out without an AWS account, let a sandbox write"
                " that file: ecr-connector sandbox > cfg.json",
                _enumeration(missing),
            )

    return write_with_hint


def _action_hint(name: str, known: Sequence[str]) -> str:
    from lib.component.operation.any_operation import FIELD, FUNCTION
    from lib.component.shapes import service

    if name in service.names():
        return f'run {FUNCTION}, with "{FIELD}": "{name}" in --cfg'
    by_letters = {_letters(one): one for one in known}
    close = difflib.get_close_matches(_letters(name), by_letters, n=1)
    return f"did you mean {by_letters[close[0]]}?" if close else "see ecr-connector actions"


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()


def _hint(option: str, value: str) -> str:
    if value == "-" or value.startswith("@"):
        return ""
    if value.endswith(".json") or _is_file(value):
        return f"; did you mean {option} @{value}?"
    return f". {_quoting(option)}"


def _quoting(option: str) -> str:
    return f"""Put JSON into single quotes: {option} '{{"name": "value"}}'"""


def _is_file(value: str) -> bool:
    try:
        return Path(value).is_file()
    except OSError:  # too long for a name
        return False


def _enumeration(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
