"""Errors on their way out: to the flow's error queue, and to whoever waits for a reply.

docs/platform.md, "Errors and rebounds".
"""

import logging
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lib.redaction import Redactor
from lib.sailor import json_text, wire
from lib.sailor.cipher import Cipher
from lib.sailor.delivery import Delivery
from lib.sailor.errors import PublishError
from lib.sailor.headers import new_id, properties
from lib.sailor.logs import REDACTED
from lib.sailor.publisher import Publisher
from lib.sailor.settings import Settings
from lib.sailor.step import describe_error

_ERROR_REPLY_HEADER = "x-eio-error-response"
# What comes in is at most as large as what a step may emit; with the error about it, it has to fit
# into a message of the broker.
_LARGEST_INPUT = 10_485_760  # bytes
# A reply is a courtesy to someone who may be gone, and the error itself is safe by then.
_ERROR_REPLY_ATTEMPTS = 3

log = logging.getLogger("sailor")


@dataclass(frozen=True)
class ErrorReporter:
    """Publishes errors; safe to use from any thread.

    Args:
        settings: The step's settings.
        cipher: The flow's cipher.
        publisher: The connection to publish with.
    """

    settings: Settings
    cipher: Cipher
    publisher: Publisher

    def report(
        self,
        error: object,
        headers: Mapping[str, Any],
        delivery: Delivery | None = None,
        attempts: int | None = None,
    ) -> None:
        """Publish an error, and a reply with it if the message asks for one.

        Args:
            error: An exception, or what else describes an error.
            headers: The AMQP headers, but for the error's own id.
            delivery: The message that failed, if it was one.
            attempts: How often to try; None for the settings' number.

        Raises:
            PublishError: The broker did not take the error.
        """
        settings = self.settings
        texts = describe_error(error)
        shown = {name: self._redactor.redact(text) for name, text in texts.items()}
        encrypted = b64encode(self.cipher.encrypt(json_text.dump(shown)))
        payload = wire.encode_error(
            encrypted,
            self._error_input(delivery),
            wire.version_of(delivery.properties.headers or {}) if delivery else 1,
            self.cipher,
            is_error=settings.input_format == "error",
        )
        headers = {**headers, "messageId": new_id()}
        self.publisher.publish(settings.error_routing_key, payload, properties(headers), attempts)
        reply_to = headers.get("reply_to")
        if not reply_to or settings.no_error_replies:
            return
        reply = properties({**headers, _ERROR_REPLY_HEADER: True})
        try:
            self.publisher.publish(reply_to, encrypted, reply, _ERROR_REPLY_ATTEMPTS)
        except PublishError as failure:
            log.warning("The error is published, but the reply with it is not: %s", failure)

    @cached_property
    def _redactor(self) -> Redactor:
        return Redactor(self.settings.secrets(), REDACTED)

    def _error_input(self, delivery: Delivery | None) -> bytes | None:
        """Return the payload of the message that failed, unless no queue would take it."""
        if delivery is None:
            return None
        if len(delivery.content) > max(_LARGEST_INPUT, self.settings.outgoing_message_size_limit):
            log.warning("The error goes without its input of %d bytes", len(delivery.content))
            return None
        return delivery.content
