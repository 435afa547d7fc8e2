"""Throttling: many messages against an account that is granted a few requests per second."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

from benchmarks.figure import Figure
from lib.ecr import Client, Clock, Configuration, RateLimiter, UnavailableError

_THROTTLED = b'{"__type":"ThrottlingException","message":"Rate exceeded"}'
_REBOUND = 15.0  # seconds until a message comes again; the runtime's default


@dataclass(frozen=True)
class Load:
    """Messages for an account.

    Args:
        messages: How many.
        concurrency: How many are in progress at once.
        granted: The requests per second that the account is granted.
    """

    messages: int
    concurrency: int
    granted: int

    @property
    def ideal_time(self) -> float:
        """The seconds that the requests take if none is wasted."""
        return self.messages / self.granted


@dataclass(frozen=True)
class Outcome:
    """What a load cost.

    Args:
        requests_per_message: All requests, those that were throttled included.
        rebounds: How many messages had to come again.
        times_ideal: The time, as a multiple of the ideal one.
    """

    requests_per_message: float
    rebounds: int
    times_ideal: float


_FEW_GRANTED = Load(300, 20, 5)
_MANY_GRANTED = Load(1_500, 10, 50)
BRIEF, FULL = (_MANY_GRANTED,), (_FEW_GRANTED, _MANY_GRANTED)
# The highest acceptable outcome of each load.
_BARS = {_FEW_GRANTED: Outcome(1.2, 5, 1.10), _MANY_GRANTED: Outcome(1.10, 5, 1.05)}


class NoLimiter(RateLimiter):
    """What a client without a rate limiter does: nothing, whatever is throttled."""

    def throttled(self, sent: float) -> None:
        """Ignore it."""


def measure(loads: Sequence[Load] = FULL) -> list[Figure]:
    """Measure loads with the rate limiter and, for comparison, without."""
    figures: list[Figure] = []
    for load in loads:
        figures += _figures(load, run(load), "", _BARS[load])
        figures += _figures(load, run(load, NoLimiter(Clock())), ", no limiter", None)
    return figures


def run(load: Load, limiter: RateLimiter | None = None) -> Outcome:
    """Send a request for each message through one client, and return what that cost.

    Args:
        load: The messages and the account.
        limiter: A limiter in place of the client's own.
    """
    with _account(load.granted) as account:
        configuration = Configuration.create(
            access_key_id="AKIAIOSFODNN7EXAMPLE",
            secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",  # noqa: S106 - AWS's example
            region="eu-central-1",
            endpoint=f"http://127.0.0.1:{account.server_port}",
        )
        client = Client(configuration, limiter=limiter)
        waiting: Queue[float] = Queue()  # when each message may be processed
        for _ in range(load.messages):
            waiting.put(0)
        rebounds = done = 0
        lock = threading.Lock()

        def work() -> None:
            nonlocal rebounds, done
            while True:
                time.sleep(max(waiting.get() - time.monotonic(), 0))
                with lock:
                    if done == load.messages:
                        return
                try:
                    client.call("DescribeRepositories", b"{}")
                except UnavailableError:
                    with lock:
                        rebounds += 1
                    waiting.put(time.monotonic() + _REBOUND)
                    continue
                with lock:
                    done += 1
                    if done == load.messages:
                        for _ in range(load.concurrency):
                            waiting.put(0)

        started = time.monotonic()
        with ThreadPoolExecutor(load.concurrency) as workers:
            for worker in [workers.submit(work) for _ in range(load.concurrency)]:
                worker.result()
        taken = time.monotonic() - started
        requests = account.requests
    return Outcome(requests / load.messages, rebounds, taken / load.ideal_time)


def _figures(load: Load, outcome: Outcome, note: str, bars: Outcome | None) -> list[Figure]:
    part = f"Throttling: {load.messages} messages, {load.granted} per second granted{note}"
    return [
        Figure(
            part,
            "requests per message",
            outcome.requests_per_message,
            bar=None if bars is None else bars.requests_per_message,
        ),
        Figure(part, "rebounds", outcome.rebounds, bar=None if bars is None else bars.rebounds),
        Figure(
            part,
            "time, times the ideal one",
            outcome.times_ideal,
            bar=None if bars is None else bars.times_ideal,
        ),
    ]


class _Account(ThreadingHTTPServer):
    """An endpoint that grants so many requests per second, by a token bucket, as AWS does.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/throttling.html describes the bucket.

    Attributes:
        requests: How many arrived.
    """

    request_queue_size = 128

    def __init__(self, granted: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests = 0
        self._granted = granted
        self._tokens = float(granted)
        self._filled = time.monotonic()
        self._lock = threading.Lock()

    def grants(self) -> bool:
        """Count a request; return whether there is a token for it."""
        with self._lock:
            self.requests += 1
            now = time.monotonic()
            new = (now - self._filled) * self._granted
            self._tokens = min(self._tokens + new, self._granted)
            self._filled = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and content leave in one packet
    server: _Account

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        granted = self.server.grants()
        content = b"{}" if granted else _THROTTLED
        self.send_response_only(200 if granted else 400)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Log nothing about requests."""


@contextmanager
def _account(granted: int) -> Iterator[_Account]:
    server = _Account(granted)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
