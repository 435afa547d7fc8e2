"""Connections to one endpoint of AWS."""

from lib import __version__, http
from lib.ecr.errors import InvalidConfigurationError, NoAnswerError
from lib.ecr.signing import Request

USER_AGENT = f"amazonaws-com-ecr-connector/{__version__}"

# More than any prefetch in use: each handler keeps the connection it used last.
_POOL_SIZE = 64


class Transport:
    """Sends signed requests over connections that it keeps alive; threads may share it.

    Args:
        url: The endpoint, with a closing slash.

    Attributes:
        host: The endpoint's host and port, as the Host header has them.

    Raises:
        InvalidConfigurationError: The environment's proxy or certificate bundle is unusable.
    """

    def __init__(self, url: str) -> None:
        try:
            self._transport = http.Transport(url, _POOL_SIZE)
        except http.ProxyOrTrustError as error:
            raise InvalidConfigurationError({error.setting: str(error)}) from None
        self.host = self._transport.host

    def send(self, request: Request, timeout: http.Timeout) -> http.Response:
        """Send one signed request and read the whole answer.

        Args:
            request: The request.
            timeout: As :meth:`lib.http.Transport.send` takes it.

        Raises:
            NoAnswerError: No answer arrived, or none that can be used.
        """
        # Set after signing, since botocore signs neither.
        request.headers["Content-Length"] = str(len(request.body or b""))
        request.headers["User-Agent"] = USER_AGENT
        try:
            return self._transport.send(request, timeout)
        except http.TransportError as error:
            raise NoAnswerError(str(error), retryable=error.retryable) from None
