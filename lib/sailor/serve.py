"""The life of a step: from the platform's settings to the last ack.

The main thread starts everything and waits for the end; one thread owns both AMQP connections; as
many workers as the prefetch run the handlers. ``docs/runtime.md`` draws it.
"""

import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import redirect_stdout
from copy import deepcopy
from pathlib import Path
from queue import SimpleQueue
from types import FrameType, ModuleType
from typing import Any

from lib.sailor import logs, wire
from lib.sailor.amqp import AmqpUnavailableError, Loop
from lib.sailor.api import Api, ApiError
from lib.sailor.cipher import Cipher
from lib.sailor.component import Component, ComponentError
from lib.sailor.consumer import Consumer, Delivery
from lib.sailor.emitter import Outlets, publish_error
from lib.sailor.publisher import Publisher
from lib.sailor.settings import Settings, SettingsError, log_level
from lib.sailor.worker import Worker

_START_ERROR_ATTEMPTS = 3
_REDELIVERY_TIMEOUT = 5  # seconds to wait, at the end, for messages whose connection was lost

log = logging.getLogger("sailor")


def serve(environ: Mapping[str, str]) -> int:
    """Run a step until SIGTERM or SIGINT, or run its shutdown hook if the platform asks for that.

    To be called on the main thread, because it handles signals.

    Args:
        environ: The environment variables of PLATFORM's "Environment".

    Returns:
        The process's exit code: 0 after an orderly end, 1 after a fault, which is logged and, once
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
    """Run the component's ``shutdown`` with what its ``startup`` returned, and forget that.

    Args:
        settings: The step's settings.

    Returns:
        The process's exit code.
    """
    api = Api(settings)
    try:
        config = api.step().get("config") or {}
        module = load_component(settings).module(settings.function)
        _call_hook(module, "shutdown", config, api.startup_data())
        api.delete_startup_data()
    except (Exception, SystemExit) as error:
        log.critical("The shutdown hook failed: %s", error, exc_info=_own_fault(error))
        return 1
    log.info("The component is shut down")
    return 0


def load_component(settings: Settings) -> Component:
    """Return the component that the settings name: by default that in the working directory.

    Raises:
        ComponentError: There is none.
    """
    return Component.load(Path.cwd() / settings.component_path)


class Runtime:
    """A step that processes messages.

    Args:
        settings: The step's settings.

    Raises:
        SettingsError: The AMQP address is malformed.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cipher = Cipher(settings.message_crypto_password, settings.message_crypto_iv)
        self._backlog: SimpleQueue[Delivery | None] = SimpleQueue()
        self._loop = Loop(_crash)
        self._publisher = Publisher(settings, self._loop)
        self._consumer = Consumer(settings, self._backlog.put, self._loop)
        self._workers: list[threading.Thread] = []
        self._stopping = threading.Event()

    def run(self) -> int:
        """Run the step to its end, and return the process's exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        self._loop.start()
        self._publisher.start()
        self._consumer.start()
        try:
            self._start()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever hinders the start is told
            self._tell(error)
            self._close()
            return 1
        self._stopping.wait()
        log.info("The step is to end: it finishes what is in process")
        self._stop()
        self._close()
        log.info("The step has ended")
        return 0

    def _start(self) -> None:
        """Do all that comes before the first message, and start to consume."""
        gc.disable()  # What is imported stays; to look through it for garbage takes 15 ms.
        settings = self._settings
        api = Api(settings)
        # The connections open in the meantime.
        data = api.step()
        component = load_component(settings)
        module = component.module(settings.function)
        if not callable(getattr(module, "process", None)):
            raise ComponentError(f"The module of {settings.function!r} has no function process")
        self._publisher.wait_until_open()
        self._consumer.wait_until_open()
        config = data.get("config") or {}
        if settings.startup_required:
            api.save_startup_data(_call_hook(module, "startup", config) or {})
        _call_hook(module, "init", config)
        worker = Worker(
            Outlets.of(settings, self._cipher, self._publisher, api, data),
            module.process,
            data.get("variables") or {},
            resolve_references=component.entry(settings.function).get(
                "autoResolveObjectReferences", True
            ),
        )
        self._start_workers(worker)
        gc.freeze()
        gc.enable()
        if not self._stopping.is_set():
            self._consumer.consume()
            log.info("Waiting for messages on %r", settings.listen_messages_on)

    def _start_workers(self, worker: Worker) -> None:
        for number in range(1, self._settings.rabbitmq_prefetch_sailor + 1):
            thread = threading.Thread(
                target=worker.run,
                args=(self._backlog, self._consumer),
                name=f"worker-{number}",
                daemon=True,
            )
            thread.start()
            self._workers.append(thread)

    def _stop(self) -> None:
        """Take nothing more, and finish what is in process."""
        self._consumer.stop()
        self._publisher.stop_soon()
        for _ in self._workers:
            self._backlog.put(None)
        for thread in self._workers:
            thread.join()
        if not self._consumer.wait_until_settled(_REDELIVERY_TIMEOUT):
            log.warning(
                "Messages whose connection was lost did not come again: "
                "they are processed, but another container may process them once more"
            )

    def _close(self) -> None:
        self._consumer.close()
        self._publisher.close()

    def _tell(self, error: BaseException) -> None:
        """Log an error at the start, and publish it if there is a connection."""
        log.critical("The step can't start: %s", error, exc_info=_own_fault(error))
        self._publisher.stop_soon()
        try:
            self._publisher.wait_until_open()
            headers = wire.step_headers(self._settings)
            publish_error(
                self._publisher,
                self._cipher,
                self._settings,
                error,
                headers,
                attempts=_START_ERROR_ATTEMPTS,
            )
        except Exception as failure:  # noqa: BLE001 - the first error is the one that matters
            log.error("That error can't be published: %s", failure)  # noqa: TRY400

    def _on_signal(self, _: int, __: FrameType | None) -> None:
        # No more than this: a signal may come in the middle of anything, a log line too.
        self._stopping.set()


def _crash(error: BaseException) -> None:
    """End the process for a fault of our own in the connections' thread.

    At once, because every other thread may wait for that one. What is not acked stays queued.
    """
    log.critical("The runtime failed", exc_info=error)
    os._exit(1)


def _call_hook(module: ModuleType, name: str, config: dict[str, Any], *arguments: Any) -> Any:
    """Call a function of the component with a cfg of its own, if it has that function."""
    hook = getattr(module, name, None)
    if hook is None:
        log.debug("The component has no function %s", name)
        return None
    log.debug("Calling the component's function %s", name)
    return hook(deepcopy(config), *arguments)


def _own_fault(error: BaseException) -> bool:
    """Tell whether an error's stack says more than its text: it is none of the expected ones."""
    return not isinstance(error, ApiError | AmqpUnavailableError | ComponentError)
