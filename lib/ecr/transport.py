"""Connections to one endpoint, and the errors of requests sent over them."""

import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests
import urllib3
from requests.utils import select_proxy

from lib import __version__
from lib.ecr.adapter import TimedAdapter
from lib.ecr.answer import Response
from lib.ecr.errors import InvalidConfigurationError, NoAnswerError
from lib.ecr.signing import Request

USER_AGENT = f"amazonaws-com-ecr-connector/{__version__}"

# More than any prefetch in use: each handler keeps the connection it used last.
_POOL_SIZE = 64


class Transport:
    """Sends requests over connections that it keeps alive; threads may share it.

    The environment's proxies and certificate bundle are read once, here.

    Args:
        url: The endpoint, with a closing slash.

    Attributes:
        host: The endpoint's host and port, as the Host header has them.

    Raises:
        InvalidConfigurationError: The environment's proxy is unusable.
    """

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc
        self._adapter = TimedAdapter(pool_connections=2, pool_maxsize=_POOL_SIZE)
        environment = requests.Session().merge_environment_settings(
            url, {}, stream=True, verify=None, cert=None
        )
        self._proxies, self._verify = environment["proxies"], environment["verify"] or True
        _check_proxy(select_proxy(url, self._proxies))

    def send(self, request: Request, timeout: tuple[float, float]) -> Response:
        """Send one signed request and read the whole answer.

        Args:
            request: The request.
            timeout: Seconds for the connection, and for the whole answer.

        Raises:
            NoAnswerError: No answer arrived, or only half of one.
        """
        # Set after signing, since botocore signs neither.
        request.headers["Content-Length"] = str(len(request.body or b""))
        request.headers["User-Agent"] = USER_AGENT
        try:
            response = self._adapter.send(
                request,
                stream=True,
                timeout=timeout,
                verify=self._verify,
                proxies=self._proxies,
            )
            with response:
                content = response.raw.read(decode_content=True)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise self._no_answer(error) from error
        return Response(response.status_code, response.headers, content)

    def _no_answer(self, error: Exception) -> NoAnswerError:
        """Return an error that gives the cause in the words of the network."""
        causes = list(_chain(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                reason = f"{self.host} is not trusted: {cause.verify_message}"
                return NoAnswerError(reason, retryable=False)
        if isinstance(error, requests.ConnectTimeout):
            return NoAnswerError(f"{self.host} did not accept the connection in time")
        if any(isinstance(cause, TimeoutError) for cause in causes):
            return NoAnswerError(f"{self.host} did not answer in time")
        return NoAnswerError(f"the connection to {self.host} failed: {_reason(causes)}")


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
        raise InvalidConfigurationError(
            {"proxy": "the proxy of the environment: expected an http or https URL"}
        )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and its causes, the root cause last."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _reason(causes: list[BaseException]) -> str:
    for cause in reversed(causes):
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        if type(cause) is OSError:  # such as a tunnel refused by a proxy
            return str(cause)
    return "it was closed before the answer was complete"
