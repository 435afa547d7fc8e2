"""An Amazon ECR on this machine, with request signatures really checked.

It is moto's server (https://docs.getmoto.org/en/latest/docs/server_mode.html), which keeps all in
memory and implements 22 of the 25 operations. Each sandbox is an AWS account of its own, with one
access key: nothing is left of it when it stops, and several may run in one process.
"""

import os
import secrets
import shlex
import signal
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

import orjson
import typer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"
REGION = "eu-central-1"

_USER = "designer"
_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


class SandboxError(Exception):
    """The sandbox can't start: moto is not installed, or the port is taken."""


class Sandbox:
    """An Amazon ECR that runs while the context is open.

    Neither ``AWS_*`` variables nor ``~/.aws`` have a say in it.

    Args:
        port: The port on 127.0.0.1; 0 takes a free one.

    Attributes:
        cfg: The connector's cfg for it: ``accessKeyId``, ``secretAccessKey``, ``region`` and
            ``endpoint``. Empty before the context is entered.

    Raises:
        SandboxError: On entering, if moto is not installed or the port is taken.

    Example:
        >>> with Sandbox() as sandbox:
        ...     print(sandbox.cfg["endpoint"])
        http://127.0.0.1:40123
    """

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._running = ExitStack()
        self.cfg: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            self.cfg = self._running.enter_context(_running(self._port))
        except ImportError as error:
            raise SandboxError(
                f"The sandbox needs moto's server ({error}). `make setup` installs it, and so does"
                " pip install --editable '.[sandbox]'"
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.close()


def serve_sandbox(port: int = 0) -> None:
    """Run a sandbox until Ctrl-C or SIGTERM.

    Its cfg goes to stdout as one JSON object, so that it can be sent to a file; how to use it is
    said on stderr.

    Args:
        port: The port on 127.0.0.1; 0 takes a free one.

    Raises:
        SandboxError: moto is not installed, or the port is taken.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends it as Ctrl-C does
    try:
        with Sandbox(port) as sandbox:
            cfg = orjson.dumps(sandbox.cfg).decode()
            typer.echo(cfg)
            typer.echo(
                _HOW_TO.format(endpoint=sandbox.cfg["endpoint"], cfg=shlex.quote(cfg)), err=True
            )
            threading.Event().wait()
    except KeyboardInterrupt:
        typer.echo("The sandbox is gone, and with it all that was in it.", err=True)
    finally:
        signal.signal(signal.SIGTERM, before)


_HOW_TO = """
An empty Amazon ECR listens at {endpoint} until Ctrl-C. It keeps all in memory and takes only
requests that are signed with the key above, which is the connector's cfg. In another terminal:

  .venv/bin/ecr-connector run CreateRepository --body '{{"repositoryName": "demo"}}' \\
    --cfg {cfg}

Or start it with its output in a file, and use that: .venv/bin/ecr-connector sandbox > cfg.json;
then .venv/bin/ecr-connector run DescribeRepositories --cfg @cfg.json
"""


@contextmanager
def _running(port: int) -> Iterator[dict[str, str]]:
    """Serve an account of its own, and yield the cfg for it."""
    from moto.core.authorization import enable_iam_authentication  # noqa: PLC0415 - optional
    from moto.core.base_backend import AccountSpecificBackend  # noqa: PLC0415
    from moto.ecr.models import ecr_backends  # noqa: PLC0415
    from moto.iam.models import iam_backends  # noqa: PLC0415
    from moto.sts.models import sts_backends  # noqa: PLC0415

    account = f"{secrets.randbelow(10**12):012}"
    try:
        with _aws_settings_hidden():
            AccountSpecificBackend.get_session()
        iam = iam_backends[account]["aws"]
        iam.create_user(REGION, _USER)
        iam.put_user_policy(_USER, "all", orjson.dumps(_POLICY).decode())
        key = iam.create_access_key(_USER)
        with enable_iam_authentication(), _served(port) as endpoint:
            yield {
                "accessKeyId": key.access_key_id,
                "secretAccessKey": key.secret_access_key,
                "region": REGION,
                "endpoint": endpoint,
            }
    finally:
        ecr_backends.pop(account, None)
        iam_backends.pop(account, None)
        sts_backends.pop(account, None)


@contextmanager
def _served(port: int) -> Iterator[str]:
    """Answer requests in a thread, and yield the endpoint.

    moto has a server in a thread too; that one hangs if its port is taken, and logs each request.
    """
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 - optional
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server  # noqa: PLC0415

    class SilentHandler(MotoRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        raise SandboxError(f"The sandbox can't start: {error.strerror}") from error
    with listener:
        server = make_server(
            HOST,
            port,
            _telling_gaps(DomainDispatcherApplication(create_backend_app)),
            threaded=True,
            request_handler=SilentHandler,
            fd=listener.fileno(),
        )
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    try:
        yield f"http://{HOST}:{server.port}"
    finally:
        server.shutdown()
        thread.join()


def _telling_gaps(app: "WSGIApplication") -> "WSGIApplication":
    """Answer what moto does not implement with an error that says so, in place of HTTP 500."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        try:
            return app(environ, start_response)
        except NotImplementedError:
            message = "The sandbox does not implement this operation"
            body = orjson.dumps({"__type": "UnsupportedOperation", "message": message})
            start_response(
                "400 Bad Request",
                [
                    ("Content-Type", "application/x-amz-json-1.1"),
                    ("Content-Length", str(len(body))),
                ],
            )
            return [body]

    return answer


@contextmanager
def _aws_settings_hidden() -> Iterator[None]:
    """Hide ``AWS_*`` variables and ``~/.aws`` from the boto3 session that moto makes and keeps.

    Without this an ``AWS_PROFILE`` that doesn't exist keeps the sandbox from starting.
    """
    before = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    for name in before:
        del os.environ[name]
    empty = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull)
    os.environ.update(empty)
    try:
        yield
    finally:
        for name in empty:
            del os.environ[name]
        os.environ.update(before)
