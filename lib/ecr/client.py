"""A client of Amazon ECR: sends an operation's parameters and returns its result.

The protocol is AWS JSON 1.1: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

import logging
import math
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from lib.ecr.answer import Answer, read
from lib.ecr.clock import Clock
from lib.ecr.configuration import Configuration
from lib.ecr.errors import (
    EcrError,
    InvalidConfigurationError,
    ServiceError,
    ThrottledError,
    UnavailableError,
)
from lib.ecr.rate_limiter import RateLimiter
from lib.ecr.role import AssumedRole, RoleSignature
from lib.ecr.signing import KeySignature, Request, Signature
from lib.ecr.transport import Transport
from lib.http import Response, Timeout

TARGET_PREFIX = "AmazonEC2ContainerRegistry_V20150921"
CONTENT_TYPE = "application/x-amz-json-1.1"

_logger = logging.getLogger(__name__)
_connecting = threading.Lock()


@dataclass(frozen=True)
class Limits:
    """Limits of a call; all times are in seconds.

    Args:
        connect_timeout: The time until a connection is accepted.
        read_timeout: The time from the first byte of a request to the last one of its answer.
        call_timeout: The time for all attempts together.
        attempts: How often a call is tried.
        longest_wait: The longest time between two attempts.
        slowest_line: The bytes per second that a payload may take in addition to the read timeout;
            at this rate, the largest layer part takes a minute.
    """

    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    call_timeout: float = 100.0
    attempts: int = 3
    longest_wait: float = 20.0
    slowest_line: float = 500_000.0


class Client:
    """Calls Amazon ECR over connections that it keeps alive; threads may share it.

    The environment's proxies and certificate bundle are read once, here.

    Args:
        configuration: Where requests go and what signs them.
        clock: The time by AWS's clock; corrected when Amazon ECR finds it wrong.
        limits: The limits of each call.
        jitter: Draws a time between two bounds, for the wait before another attempt; by default
            at random.
        limiter: Slows all calls down together once Amazon ECR throttles some.

    Raises:
        InvalidConfigurationError: The environment's proxy is unusable.
    """

    def __init__(
        self,
        configuration: Configuration,
        clock: Clock | None = None,
        limits: Limits | None = None,
        jitter: Callable[[float, float], float] | None = None,
        limiter: RateLimiter | None = None,
    ) -> None:
        self._configuration = configuration
        self._limits = limits or Limits()
        self._jitter = jitter
        self._transport = Transport(configuration.url)
        self._clock = clock or Clock()
        self._limiter = limiter or RateLimiter(self._clock)
        self._role: AssumedRole | None = None
        if configuration.role and configuration.credentials:
            self._role = AssumedRole(
                configuration.role, configuration.credentials, configuration.region, self._clock
            )

    def __repr__(self) -> str:
        return f"Client({self._configuration!r})"

    @property
    def url(self) -> str:
        """The endpoint's URL."""
        return self._configuration.url

    def key_signature(self, token: str | None = None) -> Signature:
        """Return a signature by the configured key, or by the role that it assumes.

        Args:
            token: A session token to use instead of the key's own.

        Raises:
            InvalidConfigurationError: The configuration has no key, or a token would be combined
                with a role.
        """
        credentials = self._configuration.credentials
        if credentials is None:
            raise InvalidConfigurationError(
                {"accessKeyId": "accessKeyId and secretAccessKey are missing"}
            )
        if self._role:
            if token:
                raise InvalidConfigurationError(
                    {"roleArn": "roleArn can't be combined with a message's X-Amz-Security-Token"}
                )
            return RoleSignature(self._role, self._configuration.region)
        if token:
            credentials = credentials.with_token(token)
        return KeySignature(credentials, self._configuration.region)

    def call(
        self,
        operation: str,
        payload: bytes,
        signature: Signature | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Call an operation; on transient errors again, up to 3 attempts within 100 s.

        Once Amazon ECR has throttled a call, all calls of the client slow down together. As long as
        it grants some of them, a throttled one is repeated beyond the 3 attempts.

        Args:
            operation: An operation of Amazon ECR, such as ``DescribeImages``.
            payload: Its parameters as JSON.
            signature: A signature to use instead of one by the configured key.
            timeout: Seconds for all attempts, instead of 100.

        Raises:
            InvalidConfigurationError: There is neither a key nor a signature.
            RoleError: The role can't be assumed.
            ServiceError: Amazon ECR refused the request.
            UnreadableAnswerError: The answer does not come from Amazon ECR.
            NoAnswerError: The endpoint is not trusted.
            UnavailableError: A transient error persisted through all attempts.
        """
        signature = signature or self.key_signature()
        limits, jitter = self._limits, self._jitter or random.uniform
        deadline = time.monotonic() + (timeout or limits.call_timeout)
        attempts = counted = 0
        throttled = math.inf  # when this call was throttled before
        clock_corrected = role_renewed = False
        while True:
            try:
                return self._attempt(operation, payload, signature, deadline)
            except EcrError as error:
                failure = error
            if failure.clock_skewed and not clock_corrected:
                clock_corrected = self._clock.correct(failure.date)
                if clock_corrected:
                    continue
            if failure.token_expired and not role_renewed and isinstance(signature, RoleSignature):
                role_renewed = True
                signature.forget()
                continue
            if not failure.retryable:
                raise failure
            attempts += 1
            if not (failure.throttled and self._limiter.has_granted_since(throttled)):
                counted += 1
            throttled = self._clock.time()
            wait = jitter(0, min(2.0**counted, limits.longest_wait))
            if counted == limits.attempts or time.monotonic() + wait >= deadline:
                raise UnavailableError(operation, attempts, failure) from failure
            _logger.warning("Attempt %d failed: %s; retrying in %.1f s", attempts, failure, wait)
            self._clock.sleep(wait)

    def _attempt(
        self, operation: str, payload: bytes, signature: Signature, deadline: float
    ) -> Answer:
        """Send a request when it is its turn, and read the answer."""
        if not self._limiter.wait(max(deadline - time.monotonic(), 0.001)):
            raise ThrottledError
        sent = self._clock.time()
        try:
            response = self._send(operation, payload, signature, deadline)
            answer = read(operation, self._configuration.region, response, signature.redact)
        except EcrError as error:
            if error.throttled:
                self._limiter.throttled(sent)
            elif isinstance(error, ServiceError) and not error.retryable:
                self._limiter.granted()
            raise
        self._limiter.granted()
        return answer

    def _send(
        self, operation: str, payload: bytes, signature: Signature, deadline: float
    ) -> Response:
        """Send one request and read the whole answer.

        Raises:
            NoAnswerError: No answer arrived, or only half of one.
        """
        request = Request(
            self._configuration.url,
            {
                # Otherwise botocore and http.client would each parse it out of the URL.
                "Host": self._transport.host,
                "X-Amz-Target": f"{TARGET_PREFIX}.{operation}",
                "Content-Type": CONTENT_TYPE,
            },
            payload,
        )
        signature.sign(request, self._clock.offset)
        left = max(deadline - time.monotonic(), 0.001)
        limits = self._limits
        timeout = Timeout(
            total=left,
            connect=limits.connect_timeout,
            read=limits.read_timeout + len(payload) / limits.slowest_line,
        )
        return self._transport.send(request, timeout)


def connect(configuration: Configuration) -> Client:
    """Return the client of a configuration; equal configurations share one."""
    with _connecting:  # with the cache alone, handlers that start together would each make a client
        return _client(configuration)


@lru_cache(maxsize=16)
def _client(configuration: Configuration) -> Client:
    return Client(configuration)
