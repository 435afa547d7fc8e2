"""A RabbitMQ that answers."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError


@dataclass(frozen=True)
class Broker:
    """Where a RabbitMQ listens, and who may enter."""

    port: int
    host: str = "127.0.0.1"
    user: str = "guest"
    password: str = "guest"

    @property
    def uri(self) -> str:
        """As AMQP_URI has it."""
        return f"amqp://{self.user}:{self.password}@{self.host}:{self.port}"

    @property
    def answers(self) -> bool:
        """Whether someone listens there and lets us in."""
        try:
            with socket.create_connection((self.host, self.port), timeout=2):
                pass
            with self.channel():
                return True
        except (OSError, AMQPError):
            return False

    @contextmanager
    def channel(self) -> Iterator[BlockingChannel]:
        """Open a connection of the test's own, for as long as the block lasts."""
        connection = pika.BlockingConnection(
            pika.ConnectionParameters(
                self.host,
                self.port,
                credentials=pika.PlainCredentials(self.user, self.password),
                heartbeat=0,
                blocked_connection_timeout=30,
            )
        )
        try:
            yield connection.channel()
        finally:
            if connection.is_open:
                connection.close()
