"""IAM roles: temporary credentials from AWS STS, kept for as long as they last.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

import html
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from lib.ecr.answer import LONGEST_NAME, beginning, refusal, shown, start_of
from lib.ecr.clock import Clock
from lib.ecr.credentials import Credentials
from lib.ecr.errors import EcrError, RoleError, UnreadableAnswerError
from lib.ecr.model import VERSIONS
from lib.ecr.signing import KeySignature, Request
from lib.ecr.transport import Transport
from lib.http import Response, Timeout
from lib.redaction import REDACTED

if TYPE_CHECKING:
    from botocore.credentials import DeferredRefreshableCredentials

# Seconds. Short, because all calls of a step wait for it.
_TIMEOUT = Timeout(connect=5, read=10)

_OK = 200
_SERVICE = "sts"
_OPERATION = "AssumeRole"
# botocore's names of the members, and those of AWS STS.
_MEMBERS = {
    "access_key": "AccessKeyId",
    "secret_key": "SecretAccessKey",
    "token": "SessionToken",
    "expiry_time": "Expiration",
}


@dataclass(frozen=True)
class Role:
    """A role to assume.

    Args:
        arn: Such as ``arn:aws:iam::123456789012:role/ecr-reader``.
        external_id: The external ID that the role's trust policy asks for, or None.
        session_name: The caller's name in CloudTrail.
        url: The endpoint of AWS STS, with a closing slash.
    """

    arn: str
    external_id: str | None = field(repr=False)
    session_name: str
    url: str


class AssumedRole:
    """A role's credentials, fetched when needed and renewed before they expire.

    Threads may share it. botocore keeps the credentials: in their last 15 minutes one thread renews
    them while the others continue to use them; in the last 10, all wait.

    Args:
        role: The role.
        source: The access key that assumes it.
        region: The region whose AWS STS is called.
        clock: The time by AWS's clock.
    """

    def __init__(self, role: Role, source: Credentials, region: str, clock: Clock) -> None:
        self._role = role
        self._region = region
        self._clock = clock
        self._transport = Transport(role.url)
        self._signature = KeySignature(source, region, _SERVICE)
        self._lock = threading.Lock()
        self._refreshable = self._refreshing()
        self._latest: Credentials | None = None
        self._failure: tuple[float, EcrError] | None = None
        self._thread = threading.local()

    def __repr__(self) -> str:
        return f"AssumedRole({self._role!r})"

    def redact(self, text: str) -> str:
        """Return a text without the key that assumes the role."""
        return self._signature.redact(text)

    def credentials(self) -> Credentials:
        """Return credentials that are valid for some minutes at least.

        Raises:
            RoleError: AWS STS refused.
            NoAnswerError: No answer arrived.
            UnreadableAnswerError: The answer does not come from AWS STS.
        """
        self._thread.asked = time.monotonic()
        frozen = self._refreshable.get_frozen_credentials()
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token)

    def forget(self, credentials: Credentials) -> None:
        """Fetch others next time, unless these have been replaced already."""
        with self._lock:
            if credentials == self._latest:
                self._latest = None
                self._refreshable = self._refreshing()

    def _refreshing(self) -> "DeferredRefreshableCredentials":
        # Imported here, because only steps with a role need it, and it takes 25 ms.
        from botocore.credentials import DeferredRefreshableCredentials  # noqa: PLC0415

        return DeferredRefreshableCredentials(self._assume, "assume-role", self._clock.now)

    def _assume(self) -> Mapping[str, str]:
        """Return new credentials, as botocore keeps them; it calls this in one thread at a time."""
        if self._failure and self._failure[0] > self._thread.asked:
            raise self._failure[1]  # it occurred while this thread waited for another one
        try:
            response = self._ask()
            members = self._read(response)
        except EcrError as error:
            self._failure = (time.monotonic(), error)
            raise
        with self._lock:
            self._latest = Credentials(
                members["access_key"], members["secret_key"], members["token"]
            )
        return members

    def _ask(self) -> Response:
        parameters = {
            "Action": _OPERATION,
            "Version": VERSIONS[_SERVICE],
            "RoleArn": self._role.arn,
            "RoleSessionName": self._role.session_name,
        }
        if self._role.external_id:
            parameters["ExternalId"] = self._role.external_id
        request = Request(
            self._role.url,
            {
                "Host": self._transport.host,
                "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            },
            urlencode(parameters).encode(),
        )
        self._signature.sign(request, self._clock.offset)
        return self._transport.send(request, _TIMEOUT)

    def _read(self, response: Response) -> Mapping[str, str]:
        code, message = refusal(response)
        if code:
            raise RoleError(
                arn=self._role.arn,
                code=shown(code, self.redact, LONGEST_NAME),
                message=shown(message, self.redact),
                region=self._region,
                status=response.status,
                request_id=shown(
                    response.headers.get("x-amzn-requestid", ""), self.redact, LONGEST_NAME
                ),
                date=response.headers.get("date", ""),
            )
        text = start_of(response)
        found = {
            member: re.search(rf"<{name}>([^<]+)</{name}>", text)
            for member, name in _MEMBERS.items()
        }
        members = {
            member: html.unescape(match[1]).strip() for member, match in found.items() if match
        }
        if members.keys() != _MEMBERS.keys() or not self._lasts(members["expiry_time"]):
            # Half an answer of AWS STS holds secrets; a proxy's page shows who refused.
            has_secrets = response.status == _OK or any(name in text for name in _MEMBERS.values())
            begins = REDACTED if has_secrets else beginning(response, self.redact)
            raise UnreadableAnswerError(_OPERATION, response.status, begins, "AWS STS")
        return members

    def _lasts(self, expiry_time: str) -> bool:
        try:
            return datetime.fromisoformat(expiry_time) - self._clock.now() > timedelta(0)
        except (ValueError, TypeError):
            return False


class RoleSignature:
    """Signs with a role's credentials.

    Args:
        role: The role.
        region: The region that requests go to.
    """

    def __init__(self, role: AssumedRole, region: str) -> None:
        self._role = role
        self._region = region
        self._used: Credentials | None = None

    def sign(self, request: Request, clock_offset: timedelta) -> None:
        """Sign a request; raises as :meth:`AssumedRole.credentials` does."""
        self._used = self._role.credentials()
        KeySignature(self._used, self._region).sign(request, clock_offset)

    def redact(self, text: str) -> str:
        """Return a text without the role's credentials and without the key that assumes it."""
        return self._role.redact(self._used.redact(text) if self._used else text)

    def forget(self) -> None:
        """Sign with other credentials next time: these have expired, as Amazon ECR says."""
        if self._used:
            self._role.forget(self._used)
