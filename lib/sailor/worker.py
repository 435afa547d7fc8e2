"""What happens to one message: it is decoded, handled and settled."""

import logging
import time
from collections.abc import Mapping
from queue import SimpleQueue
from typing import Any

from lib.sailor import logs, wire
from lib.sailor.consumer import Consumer, Delivery, Verdict
from lib.sailor.emitter import Emitter, Outlets
from lib.sailor.publisher import PublishError
from lib.sailor.step import Message, Process, Step, handle
from lib.sailor.wire import OBJECT_ID_HEADER

# It comes back at once, and what hindered it does hardly go away in less.
_REQUEUE_PAUSE = 1  # seconds

log = logging.getLogger("sailor")
_component_log = logging.getLogger("component")


class Worker:
    """Takes messages from the consumer and runs the handler; safe to run in several threads.

    Args:
        outlets: Where the handler's events go.
        process: The component's handler.
        variables: The flow's variables.
        resolve_references: Whether bodies that are kept in the object storage are fetched.
    """

    def __init__(
        self,
        outlets: Outlets,
        process: Process,
        variables: Mapping[str, Any],
        *,
        resolve_references: bool,
    ) -> None:
        self._outlets = outlets
        self._process = process
        self._variables = variables
        self._resolve_references = resolve_references
        # As text, so that each handler gets a copy of its own.
        self._config = wire.dump(outlets.config)
        self._message_size_limit = wire.largest_message(outlets.settings)

    def run(self, backlog: "SimpleQueue[Delivery | None]", consumer: Consumer) -> None:
        """Work off deliveries until there is a None."""
        while (delivery := backlog.get()) is not None:
            if not consumer.is_live(delivery):
                consumer.abandon(delivery)
                continue
            try:
                verdict = self._handle(delivery)
            except Exception:
                log.exception("Message %s makes no sense to the runtime", delivery.key[0])
                verdict = Verdict.REJECT
            if verdict is Verdict.REQUEUE:
                time.sleep(_REQUEUE_PAUSE)
            log.debug("Message %s is %s", delivery.key[0], verdict.value)
            consumer.settle(delivery, verdict)

    def _handle(self, delivery: Delivery) -> Verdict:
        """Run the handler on a message, and return what is to become of that."""
        headers = delivery.properties.headers
        if headers is None:
            log.error("A message has no header table; it is rejected")
            return Verdict.REJECT
        settings, cipher = self._outlets.settings, self._outlets.cipher
        is_error = settings.input_format == "error"
        try:
            message = wire.decode(delivery.content, headers, cipher, is_error=is_error)
        except wire.WireError as error:
            log.error("Message %s is rejected: %s", delivery.key[0], error)  # noqa: TRY400
            return Verdict.REJECT
        origin = wire.Origin.read(headers)
        emitter = Emitter(self._outlets, delivery, origin)
        try:
            self._run(emitter, origin, message)
        except PublishError as error:
            log.error("Message %s goes back to its queue: %s", delivery.key[0], error)  # noqa: TRY400
        return emitter.verdict()

    def _run(self, emitter: Emitter, origin: wire.Origin, message: Message) -> None:
        if self._resolve_references:
            try:
                self._resolve(message)
            except Exception as error:  # noqa: BLE001 - whatever hinders a message is told
                log.error("%s", error)  # noqa: TRY400 - what failed is said; the stack is ours
                emitter.report(error)
                return
        emitter.carry(message)
        context = origin.log_context()
        logs.message_context.set(context)
        # The adapter is for threads that a handler starts: they don't see the variable.
        logger = logging.LoggerAdapter(_component_log, {"context": context})
        step = Step(emitter.emit, logger, self._variables, self._message_size_limit)
        config, snapshot = wire.parse(self._config), self._outlets.snapshot.copy()
        handle(self._process, step, message, config, snapshot)

    def _resolve(self, message: Message) -> None:
        """Fetch the bodies of a message and of its passthrough from the object storage."""
        for part in (message, *(message.get("passthrough") or {}).values()):
            object_id = (part.get("headers") or {}).get(OBJECT_ID_HEADER)
            if object_id:
                part["body"] = self._outlets.storage.fetch(object_id)
