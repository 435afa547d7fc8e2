"""A client of Amazon ECR: sends an operation's parameters and reads its result.

The protocol is AWS JSON 1.1: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

import logging
import random
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import urlsplit

import requests
import urllib3
from requests.utils import select_proxy

from lib.ecr.adapter import TimedAdapter
from lib.ecr.answer import Answer, Response, read
from lib.ecr.configuration import Configuration
from lib.ecr.errors import (
    ConfigurationError,
    EcrError,
    NoAnswerError,
    ServiceError,
    UnavailableError,
)
from lib.ecr.signing import KeySignature, Request, Signature

TARGET_PREFIX = "AmazonEC2ContainerRegistry_V20150921"
CONTENT_TYPE = "application/x-amz-json-1.1"
USER_AGENT = "amazonaws-com-ecr-connector/1.0.0"

CONNECT_TIMEOUT = 5.0  # seconds, as all times here
READ_TIMEOUT = 30.0
CALL_TIMEOUT = 100.0
ATTEMPTS = 3
LONGEST_WAIT = 20.0

# More than any prefetch in use: each handler keeps the connection that it used last.
_POOL_SIZE = 64

_logger = logging.getLogger("component.ecr")


class Client:
    """Calls Amazon ECR over connections that it keeps alive; threads may share it.

    The environment's proxies and certificate bundle are read once, here.

    Args:
        configuration: Where requests go and what signs them.

    Raises:
        ConfigurationError: The environment's proxy can't be used.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._host = urlsplit(configuration.url).netloc
        self._clock_offset = timedelta(0)
        self._adapter = TimedAdapter(pool_connections=2, pool_maxsize=_POOL_SIZE)
        environment = requests.Session().merge_environment_settings(
            configuration.url, {}, stream=True, verify=None, cert=None
        )
        self._proxies, self._verify = environment["proxies"], environment["verify"] or True
        _check_proxy(select_proxy(configuration.url, self._proxies))

    def __repr__(self) -> str:
        return f"Client({self._configuration!r})"

    @property
    def url(self) -> str:
        """The endpoint's URL."""
        return self._configuration.url

    def key_signature(self, token: str | None = None) -> Signature:
        """Return a signature by the configured key, with another session token if one is given.

        Raises:
            ConfigurationError: The configuration has no key.
        """
        credentials = self._configuration.credentials
        if credentials is None:
            raise ConfigurationError(["accessKeyId and secretAccessKey are missing"])
        if token:
            credentials = credentials.with_token(token)
        return KeySignature(credentials, self._configuration.region)

    def call(self, operation: str, payload: bytes, signature: Signature | None = None) -> Answer:
        """Call an operation, and again when a fault may pass: up to 3 attempts within 100 s.

        Args:
            operation: An operation of Amazon ECR, such as ``DescribeImages``.
            payload: Its parameters as JSON.
            signature: What to sign with in place of the configured key.

        Raises:
            ConfigurationError: There is neither a key nor a signature.
            ServiceError: Amazon ECR refused the request.
            UnreadableAnswerError: The answer is not Amazon ECR's.
            NoAnswerError: The endpoint can't be trusted.
            UnavailableError: A passing fault lasted.
        """
        signature = signature or self.key_signature()
        deadline = time.monotonic() + CALL_TIMEOUT
        attempts = 0
        clock_corrected = False
        while True:
            response = None
            try:
                response = self._send(operation, payload, signature, deadline)
                return read(operation, self._configuration.region, response, signature.redact)
            except EcrError as error:
                fault = error
            if response and not clock_corrected and _is_skewed(fault):
                clock_corrected = self._correct_clock(response)
                if clock_corrected:
                    continue
            if not fault.retryable:
                raise fault
            attempts += 1
            wait = random.uniform(0, min(2.0**attempts, LONGEST_WAIT))  # noqa: S311 - jitter
            if attempts == ATTEMPTS or time.monotonic() + wait >= deadline:
                raise UnavailableError(operation, attempts, fault) from fault
            _logger.warning("attempt %d: %s; again in %.1f s", attempts, fault, wait)
            time.sleep(wait)

    def _send(
        self, operation: str, payload: bytes, signature: Signature, deadline: float
    ) -> Response:
        """Send one request and read its answer whole.

        Raises:
            NoAnswerError: There is none, or half of one.
        """
        request = Request(
            self._configuration.url,
            {
                "Host": self._host,  # else botocore and http.client each parse it out of the URL
                "X-Amz-Target": f"{TARGET_PREFIX}.{operation}",
                "Content-Type": CONTENT_TYPE,
            },
            payload,
        )
        signature.sign(request, self._clock_offset)
        # After signing: botocore signs neither.
        request.headers["Content-Length"] = str(len(payload))
        request.headers["User-Agent"] = USER_AGENT
        left = max(deadline - time.monotonic(), 0.001)
        try:
            response = self._adapter.send(
                request,
                stream=True,
                timeout=(min(CONNECT_TIMEOUT, left), min(READ_TIMEOUT, left)),
                verify=self._verify,
                proxies=self._proxies,
            )
            with response:
                content = response.raw.read(decode_content=True)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise self._no_answer(error) from error
        return Response(response.status_code, response.headers, content)

    def _no_answer(self, error: Exception) -> NoAnswerError:
        """Say in the words of the network what kept an answer from coming."""
        causes = list(_chain(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                reason = f"{self._host} is not trusted: {cause.verify_message}"
                return NoAnswerError(reason, retryable=False)
        if isinstance(error, requests.ConnectTimeout):
            return NoAnswerError(f"{self._host} accepted no connection within its time")
        if any(isinstance(cause, TimeoutError) for cause in causes):
            return NoAnswerError(f"{self._host} sent no whole answer in time")
        return NoAnswerError(f"the connection to {self._host} failed: {_reason(causes)}")

    def _correct_clock(self, response: Response) -> bool:
        """Take the time from an answer's Date header; return whether it has one."""
        try:
            date = parsedate_to_datetime(response.headers["Date"])
        except (KeyError, ValueError):
            return False
        # A zone of -0000 reads as none at all; HTTP's dates are in UTC.
        self._clock_offset = date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)
        _logger.warning("this machine's clock is off by %s; corrected", self._clock_offset)
        return True


@lru_cache(maxsize=16)
def connect(configuration: Configuration) -> Client:
    """Return the client of a configuration, the same for the same one."""
    return Client(configuration)


def _check_proxy(proxy: str | None) -> None:
    """Refuse a proxy that no request could pass; its URL may hold a password and is not shown."""
    if proxy is None:
        return
    try:
        url = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        usable = url.scheme in {"http", "https"} and url.hostname and url.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigurationError(["the proxy in the environment is not an http or https URL"])


def _is_skewed(fault: EcrError) -> bool:
    return isinstance(fault, ServiceError) and fault.clock_skewed


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and what it was raised from, the first cause last."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _reason(causes: list[BaseException]) -> str:
    for cause in reversed(causes):
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        if type(cause) is OSError:  # such as a tunnel that a proxy refused
            return str(cause)
    return "it was closed before the answer was whole"
