"""A running step: its threads, from the platform's settings to the last ack.

The main thread starts everything and waits for the end; one thread owns both AMQP connections; as
many workers as the prefetch run the handlers. ``docs/runtime.md`` draws it.
"""

import gc
import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from queue import SimpleQueue
from types import FrameType, ModuleType
from typing import Any

from lib.sailor.amqp import Loop
from lib.sailor.cipher import Cipher
from lib.sailor.component import Component
from lib.sailor.consumer import Consumer
from lib.sailor.context import StepContext
from lib.sailor.delivery import Delivery
from lib.sailor.error_report import ErrorReporter
from lib.sailor.errors import SailorError
from lib.sailor.headers import step_headers
from lib.sailor.publisher import Publisher
from lib.sailor.rest_api import RestApi
from lib.sailor.settings import Settings
from lib.sailor.worker import Worker

_START_ERROR_ATTEMPTS = 3
_SIGNAL_INTERVAL = 0.5  # seconds
_REDELIVERY_TIMEOUT = 5  # seconds to wait, at the end, for messages whose connection was lost

log = logging.getLogger("sailor")


class _StoppedAtStartError(BaseException):
    """The step is to stop before it has started; no handler of errors may take it for one."""


class Runtime:
    """A step that processes messages; all methods run on the main thread.

    Args:
        settings: The step's settings.

    Raises:
        SettingsError: The AMQP address is malformed.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._backlog: SimpleQueue[Delivery | None] = SimpleQueue()
        self._loop = Loop(_crash)
        self._publisher = Publisher(settings, self._loop)
        self._consumer = Consumer(settings, self._backlog.put, self._loop)
        cipher = Cipher(settings.message_crypto_password, settings.message_crypto_iv)
        self._errors = ErrorReporter(settings, cipher, self._publisher)
        self._workers: list[Worker] = []
        self._stopping = threading.Event()
        self._only_waits = False  # so that a signal may end what the main thread does

    def run(self) -> int:
        """Run the step to its end, and return the process's exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        self._loop.start()
        self._publisher.start()
        self._consumer.start()
        try:
            self._start()
        except _StoppedAtStartError:
            log.info("The step has ended before it started")
            self._close()
            return 0
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a component may raise anything
            self._report_start_error(error)
            self._close()
            return 1
        # In turns: a signal that comes just before a wait would be heeded only after it.
        while not self._stopping.wait(_SIGNAL_INTERVAL):
            pass
        self._stop()
        self._close()
        log.info("The step has ended")
        return 0

    def _start(self) -> None:
        """Do all that comes before the first message, and start to consume."""
        gc.disable()  # Imported modules stay; looking through them for garbage takes 15 ms.
        settings = self._settings
        api = RestApi(settings)
        # The connections open in the meantime.
        with self._interruptible():
            step = api.step()
        component = Component.of(settings)
        module = component.module(settings.function)
        context = StepContext.of(component, module, step, self._errors, api)
        with self._interruptible():
            self._publisher.wait_until_open()
            self._consumer.wait_until_open()
        config = step.get("config") or {}
        if settings.startup_required:
            api.save_startup_data(call_hook(module, "startup", config) or {})
        call_hook(module, "init", config)
        for number in range(1, settings.rabbitmq_prefetch_sailor + 1):
            worker = Worker(number, context, self._backlog, self._consumer)
            worker.start()
            self._workers.append(worker)
        gc.freeze()
        gc.enable()
        if not self._stopping.is_set():
            self._consumer.consume()
            log.info("Waiting for messages on %r", settings.listen_messages_on)

    def _stop(self) -> None:
        """Stop taking messages, and finish those in progress."""
        log.info("Shutting down; finishing the messages in progress")
        self._consumer.stop()
        self._publisher.stop_soon()
        for _ in self._workers:
            self._backlog.put(None)
        for worker in self._workers:
            worker.join()
        if not self._consumer.wait_until_settled(_REDELIVERY_TIMEOUT):
            log.warning(
                "Messages whose connection was lost were not redelivered in %d s; they are"
                " processed, but another container may process them again",
                _REDELIVERY_TIMEOUT,
            )

    def _close(self) -> None:
        self._consumer.close()
        self._publisher.close()

    def _report_start_error(self, error: BaseException) -> None:
        """Log an error at the start, and publish it if there is a connection."""
        log.critical("The step cannot start: %s", error, exc_info=not is_expected(error))
        self._publisher.stop_soon()
        try:
            with self._interruptible():
                self._publisher.wait_until_open()
            self._errors.report(error, step_headers(self._settings), attempts=_START_ERROR_ATTEMPTS)
        except _StoppedAtStartError:
            log.info("The step stops before that error is published")
        except Exception as failure:  # noqa: BLE001 - the first error is the one that matters
            log.error("That error cannot be published: %s", failure)  # noqa: TRY400

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Let SIGTERM and SIGINT end a wait at the start."""
        self._only_waits = True
        try:
            if self._stopping.is_set():
                raise _StoppedAtStartError
            yield
        finally:
            self._only_waits = False

    def _on_signal(self, _: int, __: FrameType | None) -> None:
        # No more than this: a signal may come in the middle of anything, a log line too.
        self._stopping.set()
        if self._only_waits:
            self._only_waits = False
            raise _StoppedAtStartError


def call_hook(module: ModuleType, name: str, config: dict[str, Any], *arguments: Any) -> Any:
    """Call a hook of the component with a copy of the cfg, if the module has that function."""
    hook = getattr(module, name, None)
    if hook is None:
        log.debug("The component has no function %s", name)
        return None
    log.debug("Calling the component's function %s", name)
    return hook(deepcopy(config), *arguments)


def is_expected(error: BaseException) -> bool:
    """Return whether an error's text says all, and its stack would add nothing."""
    return isinstance(error, SailorError)


def _crash(error: BaseException) -> None:
    """End the process for an internal error in the connections' thread.

    At once, because every other thread may wait for that one. What is not acked stays queued.
    """
    log.critical("The runtime crashed", exc_info=error)
    os._exit(1)
