"""The command line: ``ecr-connector COMMAND``."""

import difflib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from lib.sailor import Component, local, logs
from lib.sailor.settings import SettingsError, outgoing_message_size_limit

ROOT = Path(__file__).parents[1]

app = typer.Typer(
    name="ecr-connector",
    help="Amazon ECR for flowground and elastic.io: 25 operations as actions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they would print local variables, and so secrets
)


def main() -> None:
    """Run the command line."""
    app()


@app.command()
def run(
    action: Annotated[str, typer.Argument(help="An action or a trigger, such as DescribeImages.")],
    cfg: Annotated[
        str, typer.Option(help="Credentials and fields: JSON, or @FILE with JSON.")
    ] = "{}",
    body: Annotated[
        str, typer.Option(help="The message's body: JSON, @FILE, or - for standard input.")
    ] = "{}",
    snapshot: Annotated[
        str, typer.Option(help="What the step kept of its last run: JSON, or @FILE.")
    ] = "{}",
) -> None:
    """Run one action against Amazon ECR, or against a sandbox.

    Each event that the action emits is a line of JSON on standard output:
    {"event": "data", "payload": {...message...}}. Logs go to standard error; LOG_LEVEL (trace,
    debug, info, warn, error, fatal) says how much.

    Exits 0 when all went well, 1 when an error was emitted, 75 when a passing fault asks for
    another try later (a rebound).

    Example: ecr-connector run DescribeImages --cfg @cfg.json --body '{"repositoryName": "shop"}'
    """
    _configure_logs()
    component = Component.load(ROOT)
    _check_name(action, component)
    message = {
        "body": _json("--body", body, any_type=True),
        "headers": {},
        "attachments": {},
        "metadata": {},
    }
    settings = _json("--cfg", cfg), _json("--snapshot", snapshot)
    size_limit = _message_size_limit()
    with _progress(action):
        code = local.run(component, action, message, *settings, sys.stdout.buffer, size_limit)
    raise typer.Exit(code)


@app.command()
def serve() -> None:
    """Run the step that the environment describes, until SIGTERM or SIGINT.

    This is what the platform starts for each step of a flow. The ELASTICIO_* variables say which;
    docs/runtime.md lists them all. Exits 0 after an orderly end, 1 after a fault.
    """
    from lib.sailor.serve import serve as run_step

    raise typer.Exit(run_step(_environment()))


@app.command()
def service(
    method: Annotated[str, typer.Argument(help="verifyCredentials, selectModel or getMetaModel.")],
) -> None:
    """Answer a question of the design screens, and post the answer.

    This is what the platform starts while a designer fills a step's form. The ELASTICIO_* variables
    say what is asked; docs/runtime.md lists them all. Exits 0 when the answer was delivered.
    """
    from lib.sailor.service import service as answer

    raise typer.Exit(answer(method, _environment()))


@app.command()
def actions() -> None:
    """List the 25 actions and what each needs, and the triggers with their fields."""
    from rich.console import Console
    from rich.table import Table

    from lib.component.operation.members import PROTOCOL_INPUTS, stand_ins

    component = Component.load(ROOT)
    table = Table("Action", "Needs", "May take", box=None, pad_edge=False)
    for name, entry in component.descriptor["actions"].items():
        schema = orjson.loads((ROOT / entry["metadata"]["in"]).read_bytes())
        chosen = stand_ins(schema)  # in the message or in a field
        members = {
            member: bool(rules.get("required")) or member in chosen
            for member, rules in schema["properties"].items()
            if member not in PROTOCOL_INPUTS
        }
        table.add_row(
            name,
            ", ".join(member for member, required in members.items() if required) or "nothing",
            ", ".join(member for member, required in members.items() if not required),
        )
    triggers = Table("Trigger", "Starts the flow", "Fields", box=None, pad_edge=False)
    for name, entry in component.descriptor["triggers"].items():
        when = entry["description"].removeprefix("Starts the flow ")
        triggers.add_row(name, when, ", ".join(entry["fields"]))
    Console(width=None if sys.stdout.isatty() else 120).print(table, "", triggers, sep="\n")


@app.command()
def sandbox(
    port: Annotated[
        int, typer.Option(help="The port to listen on; 0 takes a free one.", min=0, max=65535)
    ] = 0,
) -> None:
    """Start an Amazon ECR on this machine, for trying things out.

    It is moto's server. It checks request signatures as AWS does, forgets everything when it ends,
    and listens on 127.0.0.1 only. The cfg to use with it is printed; end it with Ctrl-C.
    """
    from lib.sandbox import SandboxError, serve_sandbox

    try:
        serve_sandbox(port)
    except SandboxError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from None


@app.command()
def demo() -> None:
    """Let one container image live its whole life through the actions, in a sandbox."""
    from lib.demo import demo as show

    raise typer.Exit(show())


@app.command()
def generate(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if something is out of date.")
    ] = False,
) -> None:
    """Write what follows from botocore's model of Amazon ECR.

    That is the schemas, the actions and regions in component.json, and the action reference in
    README.md.
    """
    from lib import generator

    changed = generator.check(ROOT) if check else generator.generate(ROOT)
    for path in changed:
        typer.echo(f"{path.relative_to(ROOT)} {'is out of date' if check else 'written'}")
    if not changed:
        typer.echo("Everything is up to date.")
    elif check:
        raise typer.Exit(1)


def _environment() -> dict[str, str]:
    """Return the environment; the component is this one if it names no other."""
    component = os.environ.get("ELASTICIO_COMPONENT_PATH") or str(ROOT)
    return {**os.environ, "ELASTICIO_COMPONENT_PATH": component}


def _configure_logs() -> None:
    level = os.environ.get("LOG_LEVEL") or "info"
    if level not in logs.LEVELS:
        raise typer.BadParameter(
            f"{level!r} is not one of {', '.join(logs.LEVELS)}", None, None, "LOG_LEVEL"
        )
    logs.configure(level, stream=sys.stderr)


def _message_size_limit() -> int:
    try:
        return outgoing_message_size_limit(os.environ)
    except SettingsError as error:
        raise typer.BadParameter(str(error), param_hint="environment") from None


def _check_name(action: str, component: Component) -> None:
    known = [*component.descriptor["actions"], *component.descriptor.get("triggers", {})]
    if action not in known:
        close = difflib.get_close_matches(action, known, n=1)
        hint = f"did you mean {close[0]}?" if close else "see ecr-connector actions"
        raise typer.BadParameter(f"there is no action {action!r}; {hint}", param_hint="ACTION")


def _json(option: str, value: str, *, any_type: bool = False) -> Any:
    """Read JSON from an option's own text, from @FILE, or from standard input for ``-``."""
    try:
        text: bytes | str = value
        if value == "-":
            text = sys.stdin.buffer.read()
        elif value.startswith("@"):
            text = Path(value[1:]).read_bytes()
        content = orjson.loads(text)
    except OSError as error:
        raise typer.BadParameter(f"{value[1:]}: {error.strerror}", param_hint=option) from None
    except orjson.JSONDecodeError as error:
        raise typer.BadParameter(f"this is not JSON: {error}", param_hint=option) from None
    if not any_type and not isinstance(content, dict):
        raise typer.BadParameter("a JSON object is needed", param_hint=option)
    return content


@contextmanager
def _progress(action: str) -> Iterator[None]:
    """Show on a terminal that a call is under way; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{action} …"):
        yield
