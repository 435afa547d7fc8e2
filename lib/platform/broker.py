"""A RabbitMQ broker that can be reached."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError


@dataclass(frozen=True)
class Broker:
    """The address of a RabbitMQ broker, and the credentials to log in with.

    Args:
        port: The AMQP port.
        host: The host's name or IP address.
        user: The user's name.
        password: The user's password.
    """

    port: int
    host: str = "127.0.0.1"
    user: str = "guest"
    password: str = "guest"

    @property
    def uri(self) -> str:
        """The AMQP URI, as a step gets it in ELASTICIO_AMQP_URI."""
        return f"amqp://{self.user}:{self.password}@{self.host}:{self.port}"

    @property
    def answers(self) -> bool:
        """Whether the broker accepts a connection and the credentials."""
        try:
            with socket.create_connection((self.host, self.port), timeout=2):
                pass
            with self.channel():
                return True
        except (OSError, AMQPError):
            return False

    @contextmanager
    def channel(self) -> Iterator[BlockingChannel]:
        """Open a connection with one channel, and close it when the block ends.

        Raises:
            pika.exceptions.AMQPError: The broker cannot be reached, or refuses the credentials.
        """
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


# Where RabbitMQ listens unless it is configured otherwise.
DEFAULT_BROKER = Broker(port=5672)
