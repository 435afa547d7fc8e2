"""One message's way through the runtime, from its delivery to its verdict."""

import logging
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

from lib.sailor import json_text, logs, passthrough, wire
from lib.sailor.consumer import Consumer
from lib.sailor.context import StepContext
from lib.sailor.delivery import Delivery, Verdict
from lib.sailor.errors import InvalidPayloadError, PublishError
from lib.sailor.events import Emitter
from lib.sailor.headers import IncomingHeaders, now
from lib.sailor.step import Step, handle

# A message comes back at once, and whatever prevented it hardly goes away in less.
_REQUEUE_PAUSE = 1  # seconds

log = logging.getLogger("sailor")
_component_log = logging.getLogger("component")


class Worker(threading.Thread):
    """Handles messages, one at a time; everything runs on this thread.

    Args:
        number: Which of the step's workers it is.
        context: What the messages of the step share.
        backlog: The messages that are delivered and not started; None ends the worker.
        consumer: The connection that they came from.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self,
        number: int,
        context: StepContext,
        backlog: "SimpleQueue[Delivery | None]",
        consumer: Consumer,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(name=f"worker-{number}", daemon=True)
        self._context = context
        self._backlog = backlog
        self._consumer = consumer
        self._sleep = sleep

    def run(self) -> None:
        """Handle messages until there is a None."""
        while (delivery := self._backlog.get()) is not None:
            if not self._consumer.is_live(delivery):
                self._consumer.abandon(delivery)
                continue
            verdict = _verdict(self._context, delivery)
            log.debug("Message %s is %s", delivery.key[0], verdict.value)
            if verdict is Verdict.REQUEUE:
                self._sleep(_REQUEUE_PAUSE)
            self._consumer.settle(delivery, verdict)


def _verdict(context: StepContext, delivery: Delivery) -> Verdict:
    try:
        return handle_message(context, delivery)
    except InvalidPayloadError as error:
        log.error("Message %s is rejected: %s", delivery.key[0], error)  # noqa: TRY400
        return Verdict.REJECT
    except PublishError as error:
        log.error("Message %s returns to its queue: %s", delivery.key[0], error)  # noqa: TRY400
        return Verdict.REQUEUE
    except Exception:
        log.exception("Unexpected error; message %s is rejected", delivery.key[0])
        return Verdict.REJECT


def handle_message(context: StepContext, delivery: Delivery) -> Verdict:
    """Decode a message, fetch its large bodies, run the handler, publish its events.

    Args:
        context: What the messages of the step share.
        delivery: The message.

    Returns:
        What becomes of the message.

    Raises:
        InvalidPayloadError: It is not a message of the platform.
        PublishError: An event could not be published, and neither could the error about it.
    """
    amqp_headers = delivery.properties.headers
    if amqp_headers is None:
        raise InvalidPayloadError("it has no header table")
    is_error = context.settings.input_format == "error"
    message = wire.decode(delivery.content, amqp_headers, context.errors.cipher, is_error=is_error)
    headers = IncomingHeaders.read(amqp_headers)
    log_context = headers.log_context()
    logs.message_context.set(log_context)
    try:
        if context.fetches_bodies:
            message = passthrough.with_bodies(message, context.storage.fetch)
        emitter = Emitter(context, delivery, headers, message)
    except Exception as error:  # noqa: BLE001 - whatever prevents a message is reported
        log.error("%s", error)  # noqa: TRY400 - the error says what failed; the stack is ours
        context.errors.report(error, {**headers.outgoing(context.settings), "end": now()}, delivery)
        return Verdict.REJECT
    step = Step(
        emitter.emit,
        # The adapter is for threads that a handler starts: they don't see the context variable.
        logging.LoggerAdapter(_component_log, {"context": log_context}),
        context.variables,
        context.message_size_limit,
    )
    config, snapshot = json_text.parse(context.config), context.snapshot.copy()
    handle(context.process, step, message, config, snapshot)
    return emitter.verdict
