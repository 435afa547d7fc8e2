"""``serve``: what the platform starts for a step, from its environment to the exit code."""

import logging
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout

from lib.sailor import logs
from lib.sailor.component import Component
from lib.sailor.errors import SettingsError
from lib.sailor.rest_api import RestApi
from lib.sailor.runtime import Runtime, call_hook, is_expected
from lib.sailor.settings import Settings, log_level

log = logging.getLogger("sailor")


def serve(environ: Mapping[str, str]) -> int:
    """Run a step until SIGTERM or SIGINT, or run its shutdown hook if the platform asks for that.

    Call it on the main thread, because it handles signals.

    Args:
        environ: The environment variables; docs/platform.md, "Environment", lists them.

    Returns:
        The process's exit code: 0 after an orderly end; 1 after an error, which is logged and, once
        there is a connection, published to the flow's error queue.
    """
    context = logs.platform_context(environ)
    try:
        logs.configure("info", context)
        settings = Settings.read(environ)
        logs.configure(log_level(environ), context, secrets=tuple(settings.secrets()))
        runtime = None if settings.hook_shutdown else Runtime(settings)
    except SettingsError as error:
        log.critical("%s", error)
        return 1
    # What a component prints must not break into the log.
    with redirect_stdout(sys.stderr):
        return runtime.run() if runtime else run_shutdown_hook(settings)


def run_shutdown_hook(settings: Settings) -> int:
    """Run the component's ``shutdown`` with what its ``startup`` returned, then delete that.

    Args:
        settings: The step's settings.

    Returns:
        The process's exit code.
    """
    api = RestApi(settings)
    try:
        config = api.step().get("config") or {}
        module = Component.of(settings).module(settings.function)
        call_hook(module, "shutdown", config, api.startup_data())
        api.delete_startup_data()
    except (Exception, SystemExit) as error:
        log.critical("The shutdown hook failed: %s", error, exc_info=not is_expected(error))
        return 1
    log.info("The component has shut down")
    return 0
