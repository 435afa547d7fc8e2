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
An empty Amazon ECR is listening on {endpoint}. In a second terminal:

  .venv/bin/ecr-connector run CreateRepository \\
    --body '{{"repositoryName": "demo"}}' --cfg {cfg}
{in_a_file}
It accepts requests that are signed with the key in its cfg, and keeps everything
in memory. Press Ctrl-C to stop it.
"""
_IN_A_FILE = """
To keep the cfg in a file, start the sandbox with "ecr-connector sandbox > cfg.json"
and pass --cfg @cfg.json.
"""


def serve_sandbox(port: int = 0) -> None:
    """Run a sandbox until Ctrl-C or SIGTERM.

    Its cfg goes to stdout as one line of JSON, ready for a file; instructions go to stderr.

    Args:
        port: The port on 127.0.0.1; 0 picks a free one.

    Raises:
        SandboxError: moto is not installed, or the port is taken.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops it as Ctrl-C does
    try:
        with Sandbox(port) as sandbox:
            cfg = orjson.dumps(sandbox.cfg).decode()
            typer.echo(cfg)
            typer.echo(_how_to(sandbox.cfg["endpoint"], cfg), err=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        typer.echo("The sandbox has stopped, and its repositories are gone.", err=True)
    finally:
        signal.signal(signal.SIGTERM, before)


def _how_to(endpoint: str, cfg: str) -> str:
    if stat.S_ISREG(os.fstat(_STDOUT).st_mode):  # the cfg is in a file already
        return _HOW_TO.format(endpoint=endpoint, cfg="@cfg.json", in_a_file="")
    return _HOW_TO.format(endpoint=endpoint, cfg=shlex.quote(cfg), in_a_file=_IN_A_FILE)
