"""A message that was taken from a queue."""

import json
from dataclasses import dataclass
from typing import Any

from pika.spec import Basic, BasicProperties

from lib.platform.encryption import FlowCipher

PROPERTIES = (
    "content_type",
    "content_encoding",
    "delivery_mode",
    "priority",
    "correlation_id",
    "reply_to",
    "expiration",
    "message_id",
    "timestamp",
    "type",
    "user_id",
    "app_id",
)


@dataclass(frozen=True)
class Received:
    """An AMQP message with its properties.

    Args:
        routing_key: The routing key under which it was published.
        redelivered: Whether the broker marked it as redelivered.
        properties: The AMQP properties that are set, of those in ``PROPERTIES``.
        headers: The AMQP headers; None if the message has no header table.
        content: The payload as it is.
        cipher: The cipher of its flow.
    """

    routing_key: str
    redelivered: bool
    properties: dict[str, Any]
    headers: dict[str, Any] | None
    content: bytes
    cipher: FlowCipher

    @classmethod
    def of(
        cls,
        method: Basic.Deliver | Basic.GetOk,
        properties: BasicProperties,
        content: bytes | str,
        cipher: FlowCipher,
    ) -> "Received":
        """Return the message that pika delivered."""
        return cls(
            routing_key=str(method.routing_key),
            redelivered=bool(method.redelivered),
            properties={
                name: value
                for name in PROPERTIES
                if (value := getattr(properties, name)) is not None
            },
            headers=None if properties.headers is None else dict(properties.headers),
            content=content if isinstance(content, bytes) else content.encode(),
            cipher=cipher,
        )

    def __getitem__(self, header: str) -> Any:
        """Return an AMQP header.

        Raises:
            KeyError: The message has no such header.
        """
        return (self.headers or {})[header]

    @property
    def message(self) -> Any:
        """The decrypted message, in the protocol version of its header."""
        return self.cipher.decode(self.content, int((self.headers or {}).get("protocolVersion", 1)))

    @property
    def body(self) -> Any:
        """The body of the decrypted message."""
        return self.message["body"]

    @property
    def plain(self) -> Any:
        """The value of a payload in plain JSON, such as a snapshot."""
        return json.loads(self.content)

    @property
    def error(self) -> Any:
        """The decrypted error of an error message: its name, message and stack."""
        return self.cipher.decode(self.plain["error"])

    @property
    def error_input(self) -> Any:
        """The decrypted input of the step that failed; None for an error at start."""
        content = self.plain.get("errorInput")
        return None if content is None else self.cipher.decode(content)
