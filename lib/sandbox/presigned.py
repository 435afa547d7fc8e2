"""Pre-signed URLs: whoever has one may download until it expires."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

LIFETIME = 3600  # seconds, as on AWS

_TIME = "%Y%m%dT%H%M%SZ"


class InvalidSignatureError(Exception):
    """The path, the time or the signature is not the one that was signed."""


class ExpiredError(Exception):
    """The URL was valid once."""


class Presigner:
    """Signs paths with its own random key, and checks them.

    The parameters are named as S3 names them. The signature is a plain HMAC instead of SigV4's,
    which only AWS could check.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def sign(self, path: str, now: float) -> str:
        """Return a path with the query that lets it be downloaded from now on.

        Args:
            path: The path of the URL.
            now: The time in seconds since 1970.
        """
        date = datetime.fromtimestamp(now, UTC).strftime(_TIME)
        query = {"X-Amz-Date": date, "X-Amz-Expires": str(LIFETIME)}
        return f"{path}?{urlencode({**query, 'X-Amz-Signature': self._signature(path, query)})}"

    def check(self, path: str, query: Mapping[str, str], now: float) -> None:
        """Check a path that is asked for.

        Raises:
            InvalidSignatureError: It was not signed here, or was changed.
            ExpiredError: It has expired.
        """
        signature = query.get("X-Amz-Signature", "")
        if not hmac.compare_digest(signature.encode(), self._signature(path, query).encode()):
            raise InvalidSignatureError
        signed = datetime.strptime(query["X-Amz-Date"], _TIME).replace(tzinfo=UTC)
        if now >= signed.timestamp() + int(query["X-Amz-Expires"]):
            raise ExpiredError

    def _signature(self, path: str, query: Mapping[str, str]) -> str:
        signed = "\n".join([path, query.get("X-Amz-Date", ""), query.get("X-Amz-Expires", "")])
        return hmac.new(self._key, signed.encode(), hashlib.sha256).hexdigest()
