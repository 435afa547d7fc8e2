"""A sandbox that runs until it is stopped: ``ecr-connector sandbox``."""

import os
import shlex
import signal
import stat
import threading

import orjson
import typer

from lib.sandbox.server import Sandbox

_STDOUT = 1
_HOW_TO = """
{what} is listening on {endpoint}. In a second terminal:

  .venv/bin/ecr-connector run {action} \\
    --body '{{"repositoryName": "{repository}"}}' --cfg {cfg}
{in_a_file}
It accepts requests that are signed with the key in its cfg, and keeps everything
in memory. Press Ctrl-C to stop it.
"""
_EMPTY = {
    "what": "An empty Amazon ECR",
    "action": "CreateRepository",
    "repository": "demo",
}
_WITH_IMAGE = {
    "what": "An Amazon ECR with team/app:1.4.2",
    "action": "DescribeImages",
    "repository": "team/app",
}
_IN_A_FILE = """
To keep the cfg in a file, start the sandbox with "ecr-connector sandbox > cfg.json"
and pass --cfg @cfg.json.
"""


def serve_sandbox(port: int = 0, *, with_image: bool = False) -> None:
    """Run a sandbox until Ctrl-C or SIGTERM.

    Its cfg goes to stdout as one line of JSON, ready for a file; instructions go to stderr.

    Args:
        port: The port on 127.0.0.1; 0 picks a free one.
        with_image: Whether it begins with the images of docs/designers.md instead of empty.

    Raises:
        SandboxError: moto is not installed, or the port is taken.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops it as Ctrl-C does
    try:
        with Sandbox(port, with_image=with_image) as sandbox:
            cfg = orjson.dumps(sandbox.cfg).decode()
            typer.echo(cfg)
            texts = {**(_WITH_IMAGE if with_image else _EMPTY), "endpoint": sandbox.cfg["endpoint"]}
            typer.echo(_how_to(texts, cfg), err=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        typer.echo("The sandbox has stopped, and its repositories are gone.", err=True)
    finally:
        signal.signal(signal.SIGTERM, before)


def _how_to(texts: dict[str, str], cfg: str) -> str:
    if stat.S_ISREG(os.fstat(_STDOUT).st_mode):  # the cfg is in a file already
        return _HOW_TO.format(**texts, cfg="@cfg.json", in_a_file="")
    return _HOW_TO.format(**texts, cfg=shlex.quote(cfg), in_a_file=_IN_A_FILE)
