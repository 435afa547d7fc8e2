"""The command line: ``ecr-connector COMMAND``."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from lib import __version__
from lib.cli import arguments
from lib.sailor import Component, ComponentError, local, logs
from lib.sailor.errors import SettingsError
from lib.sailor.settings import outgoing_message_size_limit

ROOT = Path(__file__).parents[2]

app = typer.Typer(
    name="ecr-connector",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they would print local variables, and so secrets
    context_settings={"help_option_names": ["--help", "-h"]},
    rich_markup_mode="markdown",  # paragraphs of a help text fill the terminal's width
)


def main() -> None:
    """Run the command line."""
    app()


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ecr-connector {__version__}")
        raise typer.Exit


@app.callback()
def connector(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_print_version),
    ] = False,
) -> None:
    """Amazon ECR for flowground and elastic.io: 25 operations as actions."""


@app.command(context_settings={"allow_extra_args": True})
def run(
    context: typer.Context,
    action: Annotated[
        str,
        typer.Argument(help="An action or a trigger, such as DescribeImages.", metavar="ACTION"),
    ],
    *,
    cfg: Annotated[
        str, typer.Option(help="The credentials and the action's fields: JSON, or @FILE.")
    ] = "{}",
    body: Annotated[
        str, typer.Option(help="The body of the message: JSON, @FILE, or - for standard input.")
    ] = "{}",
    snapshot: Annotated[
        str, typer.Option(help="The snapshot that the last run left: JSON, or @FILE.")
    ] = "{}",
    as_json: Annotated[
        bool, typer.Option("--json", help="Write lines of JSON even on a terminal.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error on a terminal.")
    ] = False,
) -> None:
    """Run one action against Amazon ECR, or against a sandbox.

    On a terminal, the events that the action emits are written for you to read. In a pipe or a
    file, each is a line of JSON: {"event": "data", "payload": {...message...}}. Logs go to
    standard error; LOG_LEVEL (trace, debug, info, warn, error, fatal) sets how much is logged.

    Exit status: 0 on success, 1 if an error was emitted, 75 if it was a rebound (a transient
    error; try again later).

    Example: ecr-connector run DescribeImages --cfg @cfg.json --body '{"repositoryName": "shop"}'
    """
    from lib.cli import terminal

    log_level = _log_level()
    component = Component.load(ROOT)
    arguments.check_action(action, component)
    message = {
        "body": arguments.read_json("--body", body),
        "headers": {},
        "attachments": {},
        "metadata": {},
    }
    step_cfg = arguments.read_object("--cfg", cfg)
    step_snapshot = arguments.read_object("--snapshot", snapshot)
    arguments.check_no_more(context.args)
    size_limit = _message_size_limit()

    logs.configure(log_level, stream=sys.stderr)
    if sys.stdout.isatty() and not as_json:
        write = terminal.event_writer(debug=debug)
    else:
        write = local.json_lines(sys.stdout.buffer)
    write = arguments.with_hint(write, component, action, step_cfg)
    with terminal.spinner(action) as stop_spinner:

        def stop_and_write(event: str, payload: object) -> None:
            stop_spinner()
            write(event, payload)

        code = local.run(
            component, action, message, step_cfg, step_snapshot, stop_and_write, size_limit
        )
    raise typer.Exit(code)


@app.command(name="flow")
def run_flow(
    file: Annotated[
        Path, typer.Argument(help="The file of a flow, such as flows/hello.json.", metavar="FILE")
    ],
    *,
    given: Annotated[
        str | None,
        typer.Option(
            "--input",
            help="The message that the flow begins with, or its body: JSON, @FILE, or - for"
            " standard input.",
            show_default=False,
        ),
    ] = None,
    cfg: Annotated[
        str | None,
        typer.Option(
            help="The credentials: JSON, or @FILE. Without them, the flow plays in a sandbox.",
            show_default=False,
        ),
    ] = None,
    broker: Annotated[
        str | None,
        typer.Option(
            help="Run over this RabbitMQ broker, with a process per step, as the platform does:"
            " amqp://user:password@host:port.",
            metavar="AMQP_URI",
            show_default=False,
        ),
    ] = None,
    repeat: Annotated[
        float | None,
        typer.Option(
            help="Run again after so many seconds, until Ctrl-C.", min=0, show_default=False
        ),
    ] = None,
    rebound_delay: Annotated[
        float, typer.Option(help="The seconds that a rebounded message waits.", min=0)
    ] = 0.5,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write lines of JSON even on a terminal.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the tracebacks of errors on a terminal.")
    ] = False,
    by_hand: Annotated[
        str | None,
        typer.Option(
            help="With --broker: leave it to you to start this step, with the environment that"
            " --print-env prints.",
            metavar="STEP",
            show_default=False,
        ),
    ] = None,
    print_env: Annotated[
        str | None,
        typer.Option(
            help="Run nothing; print the environment of this step, as a file for serve and for"
            " docker compose.",
            metavar="STEP",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Run a flow on this machine, from a file in the platform's own format.

    On a terminal, a line for each step fills up as messages pass; then comes what the last steps
    emitted. In a pipe or a file, each event is a line of JSON: {"step": "step_2", "event": "data",
    "payload": {...message...}}. Logs go to standard error; LOG_LEVEL sets how much is logged.

    Exit status: 0 on success; 1 if there was an error that no error handling of the flow takes; 75
    if the only such errors were messages that were rebounded too often; 2 if the flow is wrong, and
    nothing ran.

    Example: ecr-connector flow flows/hello.json
    """
    try:
        from lib.cli import flow
    except ModuleNotFoundError as error:
        typer.echo(
            f"Flows need jsonata-python ({error}). `make setup` installs it, and so does"
            " pip install --editable '.[flow]'",
            err=True,
        )
        raise typer.Exit(1) from None
    from lib.platform.errors import InvalidFlowError, PlatformError
    from lib.platform.flows.environment import environment_file
    from lib.platform.flows.input import first_message
    from lib.sandbox import SandboxError

    for_a_person = sys.stdout.isatty() and not as_json
    log_level = _log_level(default="warn" if for_a_person else "info")
    options = flow.Options(
        cfg=None if cfg is None else arguments.read_object("--cfg", cfg),
        broker=None if broker is None else arguments.read_broker("--broker", broker),
        by_hand=by_hand,
        repeat=repeat,
        rebound_delay=rebound_delay,
        message_size_limit=_message_size_limit(),
        for_a_person=for_a_person,
        debug=debug,
        log_level=log_level,
    )
    if by_hand is not None and broker is None:
        raise typer.BadParameter("it needs --broker", param_hint="--by-hand")
    message = None if given is None else arguments.read_json("--input", given)
    logs.configure(log_level, stream=sys.stderr)
    try:
        plan = flow.load(file, runs_node=options.broker is not None)
        arguments.check_step("--by-hand", by_hand, plan.steps)
        arguments.check_step("--print-env", print_env, plan.steps)
        if print_env is not None:
            typer.echo(environment_file(plan, print_env, options.broker), nl=False)
            return
        code = flow.run(plan, first_message(plan, message), options)
    except InvalidFlowError as error:
        typer.echo(error, err=True)
        code = 2
    except (ComponentError, PlatformError, SandboxError) as error:
        typer.echo(error, err=True)
        code = 1
    raise typer.Exit(code)


@app.command()
def serve() -> None:
    """Run one step of a flow until SIGTERM or SIGINT.

    The platform starts this for each step; the ELASTICIO_* variables describe the step, and
    docs/runtime.md lists them. Exit status: 0 after an orderly shutdown, 1 after a failure.
    """
    from lib.sailor.serve import serve as run_step

    raise typer.Exit(run_step(_environment()))


@app.command()
def service(
    method: Annotated[
        str,
        typer.Argument(help="verifyCredentials, selectModel or getMetaModel.", metavar="METHOD"),
    ],
) -> None:
    """Answer one question of the design screens.

    The platform starts this while a designer fills in a step's form; the ELASTICIO_* variables
    describe the question, and docs/runtime.md lists them. Exit status: 0 once the answer is
    delivered.
    """
    from lib.sailor.service import service as answer

    raise typer.Exit(answer(method, _environment()))


@app.command()
def actions() -> None:
    """List the actions with their members, and the triggers with their fields."""
    from rich.console import Console
    from rich.table import Column, Table

    from lib.component import schemas
    from lib.component.operation import any_operation
    from lib.component.operation.members import PROTOCOL_INPUTS, stand_ins

    component = Component.load(ROOT)

    def columns(first: str, *others: str) -> Table:
        folded = [Column(title, overflow="fold") for title in others]
        return Table(Column(first, no_wrap=True), *folded, box=None, pad_edge=False)

    table = columns("Action", "Needs", "May take")
    for name in component.descriptor["actions"]:
        if name == any_operation.FUNCTION:
            table.add_row(name, f"the field {any_operation.FIELD}", "what that operation takes")
            continue
        schema = schemas.load(name, "in")
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
    triggers = columns("Trigger", "Starts the flow", "Fields")
    for name, entry in component.descriptor["triggers"].items():
        when = entry["description"].removeprefix("Starts the flow ")
        triggers.add_row(name, when, ", ".join(entry["fields"]))
    Console(width=None if sys.stdout.isatty() else 120).print(table, "", triggers, sep="\n")


@app.command()
def sandbox(
    port: Annotated[
        int, typer.Option(help="The port to listen on; 0 picks a free one.", min=0, max=65535)
    ] = 0,
    *,
    with_image: Annotated[
        bool,
        typer.Option(
            "--with-image",
            help="Begin with the repository team/app and its image 1.4.2 instead of empty.",
        ),
    ] = False,
) -> None:
    """Start an Amazon ECR on this machine to try things out.

    The sandbox is moto's server. It checks request signatures as AWS does, listens on 127.0.0.1
    only, and keeps everything in memory until you press Ctrl-C. It prints the cfg to use with it.
    """
    from lib.sandbox import SandboxError, serve_sandbox

    try:
        serve_sandbox(port, with_image=with_image)
    except SandboxError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from None


@app.command()
def studio(
    port: Annotated[
        int, typer.Option(help="The port to listen on; 0 picks a free one.", min=0, max=65535)
    ] = 0,
    *,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the URL of the page, but do not open it.")
    ] = False,
) -> None:
    """Open a page on which flows are drawn and run.

    The page is on 127.0.0.1 only, and needs the token in its URL, which is the first line of
    standard output. It begins with a sandbox, so no AWS account is needed. Credentials that you
    enter stay in memory. Press Ctrl-C to stop it.
    """
    try:
        from lib.studio.server import StudioError, serve_studio
    except ModuleNotFoundError as error:
        typer.echo(
            f"The studio needs NiceGUI ({error}). `make setup` installs it, and so does"
            " pip install --editable '.[studio,flow,sandbox]'",
            err=True,
        )
        raise typer.Exit(1) from None
    from lib.cli.flow import CONNECTOR

    try:
        serve_studio(CONNECTOR, port=port, opens_browser=not no_browser)
    except StudioError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from None


@app.command()
def demo() -> None:
    """Take one container image through its whole life in a sandbox."""
    from lib.demo import demo as show

    raise typer.Exit(show())


@app.command()
def generate(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if something is out of date.")
    ] = False,
) -> None:
    """Write the files that are generated from botocore's model of Amazon ECR.

    These are the schemas, the actions and regions in component.json, docs/reference.md and the
    table of actions in README.md.
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
    """Return the environment; the component is this one unless it names another."""
    component = os.environ.get("ELASTICIO_COMPONENT_PATH") or str(ROOT)
    return {**os.environ, "ELASTICIO_COMPONENT_PATH": component}


def _log_level(default: str = "info") -> str:
    level = os.environ.get("LOG_LEVEL") or default
    if level not in logs.LEVELS:
        expected = ", ".join(logs.LEVELS)
        raise typer.BadParameter(
            f"got {level!r}, expected one of {expected}", param_hint="LOG_LEVEL"
        )
    return level


def _message_size_limit() -> int:
    try:
        return outgoing_message_size_limit(os.environ)
    except SettingsError as error:
        raise typer.BadParameter(str(error), param_hint="environment") from None
