"""moto's server in a thread, with its own account."""

import os
import secrets
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

import orjson

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
    """The sandbox cannot start: moto is not installed, or the port is taken."""


class Sandbox:
    """An Amazon ECR that runs while the context is open.

    ``AWS_*`` variables and ``~/.aws`` have no influence on it.

    Args:
        port: The port on 127.0.0.1; 0 picks a free one.
        with_image: Whether it begins with the images of docs/designers.md instead of empty.
        for_flows: Whether it also begins with the other repositories of the recipes there.

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

    def __init__(self, port: int = 0, *, with_image: bool = False, for_flows: bool = False) -> None:
        self._port = port
        self._with_image = with_image or for_flows
        self._for_flows = for_flows
        self._running = ExitStack()
        self._account = f"{secrets.randbelow(10**12):012}"
        self.cfg: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            self.cfg = self._running.enter_context(
                _running(self._account, self._port, self._with_image, self._for_flows)
            )
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

    def restore_examples(self) -> None:
        """Put back the images and repositories of docs/designers.md, its recipes' included."""
        from lib.sandbox import example  # noqa: PLC0415 - it imports moto

        example.remove(self._account, REGION)
        example.push_images(self._account, REGION)
        example.add_recipe_repositories(self._account, REGION)


@contextmanager
def _running(
    account: str, port: int, with_image: bool, for_flows: bool
) -> Iterator[dict[str, str]]:
    """Serve a new account, and yield the cfg for it."""
    from moto.core.authorization import enable_iam_authentication  # noqa: PLC0415 - optional
    from moto.core.base_backend import AccountSpecificBackend  # noqa: PLC0415
    from moto.ecr.models import ecr_backends  # noqa: PLC0415
    from moto.iam.models import iam_backends  # noqa: PLC0415
    from moto.sts.models import sts_backends  # noqa: PLC0415

    from lib.sandbox.backend import install  # noqa: PLC0415 - it imports moto
    from lib.sandbox.example import add_recipe_repositories, push_images  # noqa: PLC0415

    try:
        with _aws_settings_hidden():
            AccountSpecificBackend.get_session()
            install(account)
        iam = iam_backends[account]["aws"]
        iam.create_user(REGION, _USER)
        iam.put_user_policy(_USER, "all", orjson.dumps(_POLICY).decode())
        key = iam.create_access_key(_USER)
        if with_image:
            push_images(account, REGION)
        if for_flows:
            add_recipe_repositories(account, REGION)
        with enable_iam_authentication(), _served(port, account) as endpoint:
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
def _served(port: int, account: str) -> Iterator[str]:
    """Answer requests in a thread, and yield the endpoint.

    moto's own threaded server hangs if its port is taken, and logs each request.
    """
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 - optional
        DomainDispatcherApplication,
        MotoRequestHandler,
    )
    from werkzeug.serving import make_server  # noqa: PLC0415

    from lib.sandbox.distribution import serving_images  # noqa: PLC0415 - it imports moto
    from lib.sandbox.download import serving_layers  # noqa: PLC0415
    from lib.sandbox.responses import create_app  # noqa: PLC0415

    class SilentHandler(MotoRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    app = _refusing_gaps(DomainDispatcherApplication(create_app))
    app = serving_images(serving_layers(app, account), account, REGION)
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        raise SandboxError(f"The sandbox cannot start: {error.strerror}") from error
    with listener:
        server = make_server(
            HOST,
            port,
            app,
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


def _refusing_gaps(app: "WSGIApplication") -> "WSGIApplication":
    """Answer what moto does not implement with a clear error instead of HTTP 500."""

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

    Otherwise an ``AWS_PROFILE`` that does not exist prevents the sandbox from starting.
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
