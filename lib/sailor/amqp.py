"""AMQP connections that keep themselves open, on a thread that does nothing else.

A pika connection belongs to one thread, which runs its loop: heartbeats are sent whatever the
handlers do. Both of our connections share that thread, because waking another one costs more than
the work it would do: a confirm on one becomes an ack on the other without a hand-over.
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

from lib.sailor import amqp_table, backoff
from lib.sailor.errors import BrokerUnavailableError, SettingsError
from lib.sailor.settings import PREFIX, Settings

_OPEN_TIMEOUT = 15  # seconds for TCP, TLS and AMQP's opening together
_CLOSE_TIMEOUT = 5  # seconds
_MAX_RECONNECT_DELAY = 5_000  # milliseconds
_LARGEST_PIECE = 1 << 16  # bytes

amqp_table.install()

log = logging.getLogger("sailor")


class Loop:
    """The thread that the connections live on. ``call`` is safe from any thread.

    Args:
        on_crash: Called when the thread dies of an internal error.
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

        The thread is woken once for all the calls that are handed over until it looks.
        """
        self._calls.append((function, arguments))
        if not self._awake:
            self._awake = True
            self.io.add_callback_threadsafe(self._run_calls)

    def connect(
        self,
        parameters: pika.URLParameters,
        on_open: Callable[["BaseConnection[IOLoop]"], None],
        on_closed: Callable[["BaseConnection[IOLoop]", str | Exception], None],
    ) -> pika.SelectConnection:
        """Open a connection that lives on the thread; to be called there.

        Args:
            parameters: The broker, and how to log in.
            on_open: Called with the connection when it is open.
            on_closed: Called with the connection and the cause when it is closed or cannot be
                opened.
        """
        return _SelectConnection(
            parameters,
            on_open_callback=on_open,
            on_open_error_callback=on_closed,
            on_close_callback=on_closed,
            custom_ioloop=self.io,
        )

    def _run(self) -> None:
        try:
            self.io.start()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the process must end
            self._on_crash(error)

    def _run_calls(self) -> None:
        # First this, then the calls: one handed over in between wakes the thread again.
        self._awake = False
        while self._calls:
            function, arguments = self._calls.popleft()
            function(*arguments)


class Connection:
    """A connection with one channel; a subclass says what the channel is for.

    ``start``, ``wait_until_open`` and ``close`` are safe from any thread; all else is the loop's.

    Args:
        settings: The step's settings.
        role: What the connection is for; its name at the broker ends in this.
        loop: The thread to live on.
    """

    def __init__(self, settings: Settings, role: str, loop: Loop) -> None:
        self.settings = settings
        self.role = role
        self.loop = loop
        self.channel: Channel | None = None
        self._parameters = _parameters(settings, role)
        self._connection: pika.SelectConnection | None = None
        self._error: BaseException | None = None
        self._failures = 0  # since the connection last worked
        self._opened: Future[None] = Future()
        self._closing = False
        self._closed = threading.Event()

    def start(self) -> None:
        """Start to connect."""
        self.loop.call(self._open)

    def wait_until_open(self) -> None:
        """Return once the connection has been open.

        Raises:
            BrokerUnavailableError: All attempts of the settings failed.
        """
        self._opened.result()

    def close(self, timeout: float = _CLOSE_TIMEOUT) -> None:
        """Close the connection once all calls handed over before are done.

        Args:
            timeout: How long to wait for the broker's answer, in seconds.
        """
        self.loop.call(self._close)
        self._closed.wait(timeout)

    def on_channel(self, channel: Channel) -> None:
        """Set up a new channel, and end with :meth:`opened`."""
        raise NotImplementedError

    def on_lost(self, cause: str | BaseException) -> None:
        """Note that the channel is lost, with everything in flight on it."""
        raise NotImplementedError

    def opened(self, channel: Channel) -> None:
        """Start to use a channel that is ready."""
        self.channel = channel
        self._failures = 0
        log.debug("AMQP %s connection: ready", self.role)
        if not self._opened.done():
            self._opened.set_result(None)

    def fail(self, error: BaseException) -> None:
        """Close the connection because of an error, and connect again."""
        connection = self._connection
        if connection is None or not connection.is_open:
            return
        self._error = error
        self.channel = None  # What comes now waits for the next one.
        connection.close(reply_text=type(error).__name__)
        # A broker that is silent does not answer a close either.
        self.loop.io.call_later(_CLOSE_TIMEOUT, lambda: self._on_closed(connection, error))

    def _open(self) -> None:
        if self._closing:
            return
        self._error = None
        self._connection = self.loop.connect(self._parameters, self._on_open, self._on_closed)

    def _on_open(self, connection: "BaseConnection[IOLoop]") -> None:
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Channel) -> None:
        channel.add_on_close_callback(lambda _, error: self.fail(error))
        self.on_channel(channel)

    def _on_closed(self, connection: object, error: str | BaseException) -> None:
        if connection is not self._connection:
            return  # an earlier one, abandoned
        self.channel = None
        self._connection = None
        cause = self._error or error
        reason = describe(cause)
        self.on_lost(cause)
        if self._closing:
            self._closed.set()
            return
        attempts = self.settings.amqp_reconnect_attempts
        if not self._opened.done() and self._failures >= attempts:
            self._opened.set_exception(
                BrokerUnavailableError(f"no AMQP connection in {attempts + 1} attempts: {reason}")
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
    """A connection that sends a message's frames in one piece; pika sends them one by one."""

    def _output_marshaled_frames(self, marshaled_frames: Sequence[bytes]) -> None:
        # A large message is spared the copy.
        if sum(map(len, marshaled_frames)) <= _LARGEST_PIECE:
            marshaled_frames = [b"".join(marshaled_frames)]
        super()._output_marshaled_frames(marshaled_frames)  # type: ignore[misc] # not in its stubs


def describe(error: str | BaseException) -> str:
    """Return one line about an error of pika's, from the innermost cause that has a text."""
    if isinstance(error, ChannelClosedByBroker | ConnectionClosedByBroker):
        return f"{error.reply_code} {error.reply_text}"
    # pika wraps the cause in one of three ways.
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
    # Of the options in an address, the platform's runtimes share this one. pika refuses others.
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
