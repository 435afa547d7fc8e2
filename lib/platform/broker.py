"""A RabbitMQ broker that can be reached."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.adapters.utils.connection_workflow import AMQPConnectorStackTimeout
from pika.exceptions import AMQPError, ProbableAuthenticationError

from lib.platform.errors import UnreachableBrokerError
from lib.sailor.amqp import describe

_PORTS = {"amqp": 5672, "amqps": 5671}
_TIME_LIMIT = 5  # seconds for a connection, and for a broker to greet


@dataclass(frozen=True)
class Broker:
    """The address of a RabbitMQ broker, and the credentials to log in with.

    Args:
        port: The AMQP port.
        host: The host's name or IP address.
        user: The user's name.
        password: The user's password.
        virtual_host: The part of the broker that holds the queues.
        tls: Whether the connection is encrypted.
    """

    port: int
    host: str = "127.0.0.1"
    user: str = "guest"
    password: str = field(default="guest", repr=False)
    virtual_host: str = "/"
    tls: bool = False

    @classmethod
    def of(cls, uri: str) -> "Broker":
        """Return the broker at an AMQP URI, such as ``amqp://user:password@host:5672/vhost``.

        Raises:
            ValueError: It is not an AMQP URI.
        """
        try:
            parts = urlsplit(uri)
            port = parts.port
        except ValueError as error:
            raise ValueError(f"not an AMQP URI: {error}") from None
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("expected an AMQP URI such as amqp://guest:guest@127.0.0.1:5672")
        return cls(
            port or _PORTS[parts.scheme],
            parts.hostname,
            unquote(parts.username or "guest"),
            unquote(parts.password or "guest"),
            unquote(parts.path[1:]) or "/",
            tls=parts.scheme == "amqps",
        )

    @property
    def uri(self) -> str:
        """The AMQP URI, as a step gets it in ELASTICIO_AMQP_URI."""
        scheme = "amqps" if self.tls else "amqp"
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        virtual_host = "" if self.virtual_host == "/" else f"/{quote(self.virtual_host, safe='')}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{login}@{host}:{self.port}{virtual_host}"

    @property
    def address(self) -> str:
        """The host and the port."""
        return f"{self.host}:{self.port}"

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

    def check(self) -> None:
        """Connect once, to say what is wrong before anything is declared.

        Raises:
            UnreachableBrokerError: The broker cannot be reached, or refuses the login.
        """
        try:
            with self.channel():
                pass
        except ProbableAuthenticationError:
            raise UnreachableBrokerError(
                f"the broker at {self.address} refuses the user {self.user!r} and its password"
            ) from None
        except AMQPConnectorStackTimeout:
            raise UnreachableBrokerError(
                f"what listens at {self.address} did not greet as a RabbitMQ broker does"
                f" within {_TIME_LIMIT} seconds"
            ) from None
        except (OSError, AMQPError) as error:
            raise UnreachableBrokerError(
                f"no RabbitMQ broker can be used at {self.address}: {describe(error)}"
            ) from None

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
                self.virtual_host,
                pika.PlainCredentials(self.user, self.password),
                heartbeat=0,
                blocked_connection_timeout=30,
                socket_timeout=_TIME_LIMIT,
                stack_timeout=_TIME_LIMIT,
                ssl_options=self._ssl_options,  # type: ignore[arg-type] # None is none
            )
        )
        try:
            yield connection.channel()
        finally:
            if connection.is_open:
                connection.close()

    @property
    def _ssl_options(self) -> pika.SSLOptions | None:
        return pika.SSLOptions(ssl.create_default_context(), self.host) if self.tls else None


# Where RabbitMQ listens unless it is configured otherwise.
DEFAULT_BROKER = Broker(port=5672)
