"""AMQP connections that keep themselves open, on a thread that does nothing else.

A pika connection belongs to one thread, which runs its loop: heartbeats stay alive whatever the
handlers do. Both of our connections share that thread, because waking another one costs more than
the work that it would do: a confirm on one becomes an ack on the other with no hand-over.
"""

import logging
import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pika
from pika.adapters.base_connection import BaseConnection
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.exceptions import ChannelClosedByBroker, ConnectionClosedByBroker

from lib.sailor import backoff
from lib.sailor.settings import PREFIX, Settings, SettingsError

_OPEN_TIMEOUT = 15  # seconds for TCP, TLS and AMQP's opening together
_CLOSE_TIMEOUT = 5  # seconds
_MAX_RECONNECT_DELAY = 5_000  # milliseconds
_LARGEST_PIECE = 1 << 16  # bytes

log = logging.getLogger("sailor")


class AmqpUnavailableError(Exception):
    """The broker can't be reached, or refuses what we ask it for."""


class Loop:
    """The thread that the connections live on.

    Args:
        on_crash: Called when the thread dies of a fault of our own.
    """

    def __init__(self, on_crash: Callable[[BaseException], None]) -> None:
        self.io = IOLoop()
        self._on_crash = on_crash
        self._calls: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._awake = False
        self._thread = threading.Thread(target=self._run, name="amqp", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def call(self, function: Callable[..., None], *arguments: Any) -> None:
        """Have a function called on the thread, in the order of the calls.

        The thread is woken once for all that is handed over until it looks.
        """
        self._calls.append((function, arguments))
        if not self._awake:
            self._awake = True
            self.io.add_callback_threadsafe(self._run_calls)

    def _run(self) -> None:
        try:
            self.io.start()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the process must end
            self._on_crash(error)

    def _run_calls(self) -> None:
        # First this, then the calls: what is handed over in between gets a wake-up of its own.
        self._awake = False
        while self._calls:
            function, arguments = self._calls.popleft()
            function(*arguments)


class Connection:
    """A connection with one channel. Subclasses say what the channel is for.

    Their methods ``on_channel`` and ``on_lost`` run on the loop's thread.

    Args:
        settings: The step's settings.
        role: What the connection is for; its name at the broker ends with it.
        loop: The thread to live on.
    """

    def __init__(self, settings: Settings, role: str, loop: Loop) -> None:
        self.settings = settings
        self.role = role
        self.loop = loop
        self.channel: Channel | None = None
        self._parameters = _parameters(settings, role)
        self._connection: pika.SelectConnection | None = None
        self._fault: BaseException | None = None
        self._failures = 0  # since the connection last worked
        self._opened: Future[None] = Future()
        self._closing = False
        self._closed = threading.Event()

    def start(self) -> None:
        """Start to connect."""
        self.loop.call(self._open)

    def wait_until_open(self) -> None:
        """Return when the connection is open for the first time.

        Raises:
            AmqpUnavailableError: All attempts of the settings failed.
        """
        self._opened.result()

    def close(self) -> None:
        """Close the connection after all that was handed over is done."""
        self.loop.call(self._close)
        self._closed.wait(_CLOSE_TIMEOUT)

    def on_channel(self, channel: Channel) -> None:
        """Set up a new channel, and end with :meth:`opened`."""
        raise NotImplementedError

    def on_lost(self, reason: str) -> None:
        """Note that the channel is gone, and all that was under way on it."""
        raise NotImplementedError

    def opened(self, channel: Channel) -> None:
        """Take a channel that works into use."""
        self.channel = channel
        self._failures = 0
        log.debug("AMQP %s connection is ready", self.role)
        if not self._opened.done():
            self._opened.set_result(None)

    def fail(self, fault: BaseException) -> None:
        """Give the connection up for a fault, and connect again."""
        connection = self._connection
        if connection is None or not connection.is_open:
            return
        self._fault = fault
        self.channel = None  # What comes now waits for the next one.
        connection.close(reply_text=type(fault).__name__)
        # A broker that has gone silent does not answer a close either.
        self.loop.io.call_later(_CLOSE_TIMEOUT, lambda: self._on_closed(connection, fault))

    def _open(self) -> None:
        if self._closing:
            return
        self._fault = None
        self._connection = _SelectConnection(
            self._parameters,
            on_open_callback=self._on_open,
            on_open_error_callback=self._on_closed,
            on_close_callback=self._on_closed,
            custom_ioloop=self.loop.io,
        )

    def _on_open(self, connection: "BaseConnection[IOLoop]") -> None:
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Channel) -> None:
        channel.add_on_close_callback(lambda _, error: self.fail(error))
        self.on_channel(channel)

    def _on_closed(self, connection: object, error: str | BaseException) -> None:
        if connection is not self._connection:
            return  # given up before
        self.channel = None
        self._connection = None
        reason = describe(self._fault or error)
        self.on_lost(reason)
        if self._closing:
            self._closed.set()
            return
        attempts = self.settings.amqp_reconnect_attempts
        if not self._opened.done() and self._failures >= attempts:
            self._opened.set_exception(
                AmqpUnavailableError(f"no AMQP connection after {attempts + 1} attempts: {reason}")
            )
            return
        initial = self.settings.amqp_reconnect_timeout
        pause = backoff.delay(initial, self._failures, max(initial, _MAX_RECONNECT_DELAY)) / 1000
        self._failures += 1
        log.warning("AMQP %s connection: %s; next attempt in %.1f s", self.role, reason, pause)
        self.loop.io.call_later(pause, self._open)

    def _close(self) -> None:
        self._closing = True
        if self._connection is not None and self._connection.is_open:
            self._connection.close()
        else:
            self._closed.set()


class _SelectConnection(pika.SelectConnection):
    """A connection that sends what belongs together in one piece; pika sends frame by frame."""

    def _output_marshaled_frames(self, marshaled_frames: Sequence[bytes]) -> None:
        # A large message is not copied for it.
        if sum(map(len, marshaled_frames)) <= _LARGEST_PIECE:
            marshaled_frames = [b"".join(marshaled_frames)]
        super()._output_marshaled_frames(marshaled_frames)  # type: ignore[misc] # not in its stubs


def describe(error: str | BaseException) -> str:
    """Return a line about a failure of pika's, from the innermost cause that says something."""
    if isinstance(error, ChannelClosedByBroker | ConnectionClosedByBroker):
        return f"{error.reply_code} {error.reply_text}"
    # pika wraps what hinders a connection in one of three ways.
    wrapped = (
        getattr(error, "exception", None),
        *getattr(error, "exceptions", ())[-1:],
        *getattr(error, "args", ())[-1:],
    )
    for cause in wrapped:
        if isinstance(cause, BaseException):
            return describe(cause)
    return str(error) or type(error).__name__


def _parameters(settings: Settings, role: str) -> pika.URLParameters:
    # Of the options that an address may carry, the platform's runtimes share this one; pika refuses
    # those it does not know.
    uri = urlsplit(settings.amqp_uri)
    options = [option for option in parse_qsl(uri.query) if option[0] == "heartbeat"]
    try:
        parameters = pika.URLParameters(urlunsplit(uri._replace(query=urlencode(options))))
    except (TypeError, ValueError):
        # No cause: its text may hold parts of the address, the password among them.
        raise SettingsError(f"{PREFIX}AMQP_URI is malformed") from None
    parameters.client_properties = {"connection_name": f"{socket.gethostname()}-{role}"}
    parameters.stack_timeout = _OPEN_TIMEOUT
    return parameters
