"""Connections to one origin, and the errors of requests sent over them."""

import ipaddress
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3
from requests.utils import select_proxy
from urllib3 import Timeout

from lib.http.adapter import OriginAdapter
from lib.http.errors import ProxyOrTrustError, TransportError
from lib.http.response import LARGEST_ANSWER, Response


class Transport:
    """Sends requests over connections that it keeps alive; threads may share it.

    The environment's proxies and certificate bundle are read once, here. Requests to this machine
    never go through a proxy: they may be unencrypted.

    Args:
        url: The origin's URL; what follows the origin does not matter.
        connections: How many connections are kept alive.
        largest_answer: The bytes that an answer's content may have, also after decompression.

    Attributes:
        host: The origin's host and port, as the Host header has them.

    Raises:
        ProxyOrTrustError: The environment's proxy or certificate bundle is unusable.
    """

    def __init__(self, url: str, connections: int, largest_answer: int = LARGEST_ANSWER) -> None:
        parts = urlsplit(url)
        self.host = parts.netloc.rpartition("@")[2]
        self._adapter = OriginAdapter(connections, largest_answer)
        environment = requests.Session().merge_environment_settings(
            url, {}, stream=True, verify=None, cert=None
        )
        self._proxies = {} if is_loopback(parts.hostname or "") else environment["proxies"]
        self._verify = environment["verify"] or True
        _check_proxy(select_proxy(url, self._proxies))
        if parts.scheme == "https":
            _check_certificates(self._verify)

    def send(self, request: requests.PreparedRequest, timeout: Timeout) -> Response:
        """Send a request and read the whole answer, whatever its status; follow no redirect.

        Args:
            request: The request, with all headers but Accept-Encoding.
            timeout: Seconds for the connection, for the exchange of the request and its whole
                answer, and for both.

        Raises:
            TransportError: No answer arrived, or none that can be used.
        """
        try:
            response = self._adapter.send(
                request,
                stream=True,
                timeout=timeout,  # type: ignore[arg-type] # requests takes one, its types don't
                verify=self._verify,
                proxies=self._proxies,
            )
            with response:
                content = response.raw.read()
        except TransportError as error:
            reason = f"the connection to {self.host} failed: {error}"
            raise TransportError(reason, retryable=error.retryable) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            # The cause would show the URL, and what the proxy wrote.
            raise self._error(error) from None
        return Response(response.status_code, response.headers, content)

    def _error(self, error: Exception) -> TransportError:
        """Return an error that gives the cause in the words of the network."""
        causes = list(_chain(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                reason = f"{self.host} is not trusted: {cause.verify_message}"
                return TransportError(reason, retryable=False)
        if isinstance(error, requests.ConnectTimeout):
            return TransportError(f"{self.host} did not accept the connection in time")
        if any(isinstance(cause, TimeoutError) for cause in causes):
            return TransportError(f"{self.host} did not answer in time")
        return TransportError(f"the connection to {self.host} failed: {_reason(causes)}")


def prepared(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None
) -> requests.PreparedRequest:
    """Return a request.

    Args:
        method: The HTTP method.
        url: The URL, without a login.
        headers: All headers but Host and Content-Length.
        body: The content, or None.

    Raises:
        TransportError: The URL is malformed.
    """
    request = requests.PreparedRequest()
    try:
        request.prepare_url(url, None)
    except requests.RequestException:
        raise TransportError("the URL is malformed", retryable=False) from None
    request.method = method
    request.body = body
    fields = {"Host": urlsplit(request.url or "").netloc, **headers}
    if body is not None:
        fields["Content-Length"] = str(len(body))
    request.headers = fields  # type: ignore[assignment] # a plain dict is enough
    return request


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine; IPv6 addresses may have brackets."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


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
        raise ProxyOrTrustError(
            "proxy", "the proxy of the environment: expected an http or https URL"
        )


def _check_certificates(bundle: str | bool) -> None:
    """Refuse a bundle of certificates that does not exist or holds none."""
    if not isinstance(bundle, str):
        return
    fault = "the certificate bundle of the environment (REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE): "
    path = Path(bundle)
    if not path.exists():
        raise ProxyOrTrustError("certificates", fault + "got a path that does not exist")
    if path.is_file():
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(bundle)
        except OSError:  # an SSLError too
            raise ProxyOrTrustError(
                "certificates", fault + "expected certificates in PEM format"
            ) from None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and its causes, the root cause last."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _reason(causes: list[BaseException]) -> str:
    for cause in reversed(causes):
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    return "it was closed before the answer was complete"
