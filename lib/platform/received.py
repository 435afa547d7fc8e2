"""A message that arrived in a queue, as the tests look at it."""

import json
from dataclasses import dataclass
from typing import Any

from pika.spec import Basic, BasicProperties

from lib.platform.crypto import Cipher

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
        routing_key: Under which it was published.
        redelivered: The broker's flag.
        properties: Those of ``PROPERTIES`` that are set.
        headers: The AMQP headers, or None when the message has no table.
        content: The bytes as they are.
        cipher: The keys of its flow.
    """

    routing_key: str
    redelivered: bool
    properties: dict[str, Any]
    headers: dict[str, Any] | None
    content: bytes
    cipher: Cipher

    @classmethod
    def of(
        cls,
        method: Basic.Deliver | Basic.GetOk,
        properties: BasicProperties,
        content: bytes | str,
        cipher: Cipher,
    ) -> "Received":
        """Take over what pika hands out."""
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
        """Return a header, which must be there."""
        assert self.headers is not None, "the message has no headers"
        return self.headers[header]

    @property
    def message(self) -> Any:
        """The decrypted message, by the protocol version that its header names."""
        return self.cipher.decode(self.content, int((self.headers or {}).get("protocolVersion", 1)))

    @property
    def body(self) -> Any:
        """The body of the decrypted message."""
        return self.message["body"]

    @property
    def plain(self) -> Any:
        """The content as the JSON that it is, unencrypted: a snapshot."""
        return json.loads(self.content)

    @property
    def error(self) -> Any:
        """The error of an error message, decrypted: name, message, stack."""
        return self.cipher.decode(self.plain["error"])

    @property
    def error_input(self) -> Any:
        """The decrypted message that led to the error, or None when there was none."""
        content = self.plain.get("errorInput")
        return None if content is None else self.cipher.decode(content)
