"""The server of the studio's page, on 127.0.0.1 alone."""

import os
import secrets
import signal
import socket
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import typer
import uvicorn
from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui

from lib import __version__
from lib.platform.flows.components import Connector
from lib.studio.guard import Guard
from lib.studio.page import show_page
from lib.studio.studio import Studio

HOST = "127.0.0.1"

_STATIC = Path(__file__).parent / "static"
_RECONNECTION = 30  # seconds that a page may be disconnected, as when a laptop sleeps
_SHUTDOWN = 1  # seconds for requests in progress
_TOKEN_FILE = """\
<!doctype html><title>ECR studio</title><script>location.replace("{url}")</script>
"""


class StudioError(Exception):
    """The studio cannot start: its port is taken."""


def serve_studio(connector: Connector, *, port: int = 0, opens_browser: bool = True) -> None:
    """Serve the page until Ctrl-C or SIGTERM.

    The first line of stdout is the page's URL.

    Args:
        connector: The connector that it shows.
        port: The port on 127.0.0.1; 0 picks a free one.
        opens_browser: Whether to open the page in a browser.

    Raises:
        StudioError: The port is taken.
    """
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise StudioError(f"The studio cannot start: {reason}") from error
    with listener, ExitStack() as running:
        host = f"{HOST}:{listener.getsockname()[1]}"
        token = secrets.token_urlsafe(32)
        url = f"http://{host}/?token={token}"

        def started() -> None:
            typer.echo(url)
            typer.echo("Press Ctrl-C to end the studio.", err=True)
            if opens_browser:
                _open_browser(url, running)

        app = _application(Studio(connector), started)
        config = uvicorn.Config(
            Guard(app, host, token),
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=_SHUTDOWN,
        )
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends it as Ctrl-C does
        try:
            uvicorn.Server(config).run(sockets=[listener])
        except KeyboardInterrupt:
            typer.echo("The studio has ended, and its sandbox is gone.", err=True)
        finally:
            signal.signal(signal.SIGTERM, before)


def _application(studio: Studio, started: Callable[[], None]) -> FastAPI:
    """Return the application behind the guard."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        started()
        yield
        await studio.stop()

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    nicegui_app.on_connect(studio.start)  # not before, as it would slow the page down
    nicegui_app.add_static_files(f"/studio/{__version__}", _STATIC, max_cache_age=0)
    for style in sorted(_STATIC.glob("*.css")):
        ui.add_head_html(
            f'<link rel="stylesheet" href="/studio/{__version__}/{style.name}">', shared=True
        )
    ui.add_head_html(f'<script src="/studio/{__version__}/keys.js" defer></script>', shared=True)
    ui.page("/", title="ECR studio", dark=None)(partial(show_page, studio))
    ui.run_with(
        app,
        language="en-US",
        favicon=studio.connector.folder / "logo.png",
        reconnect_timeout=_RECONNECTION,
        gzip_middleware_factory=None,  # nothing leaves this machine
        tailwind=False,
        show_welcome_message=False,
    )
    return app


def _open_browser(url: str, running: ExitStack) -> None:
    """Open the page in a browser, if there is a screen for one.

    A file leads there, since other users can see the arguments of a browser's process.

    Args:
        url: The page's URL with its token.
        running: Removes the file in the end.
    """
    screens = (os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if sys.platform == "linux" and not any(screens):
        return
    folder = running.enter_context(tempfile.TemporaryDirectory(prefix="ecr-studio-"))
    file = Path(folder) / "studio.html"
    file.write_text(_TOKEN_FILE.format(url=url))
    webbrowser.open(file.as_uri())
