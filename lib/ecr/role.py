"""An IAM role that is assumed: temporary credentials from AWS STS, kept for as long as they last.

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

from lib.ecr.answer import Response, beginning, refusal
from lib.ecr.clock import Clock
from lib.ecr.credentials import REDACTED, Credentials
from lib.ecr.errors import EcrError, RoleError, UnreadableAnswerError
from lib.ecr.model import VERSIONS
from lib.ecr.signing import KeySignature, Request
from lib.ecr.transport import Transport

if TYPE_CHECKING:
    from botocore.credentials import DeferredRefreshableCredentials

# Seconds for the connection and for the answer. Short, because all calls of a step wait for it.
TIMEOUT = (5.0, 10.0)

_OK = 200
_SERVICE = "sts"
_OPERATION = "AssumeRole"
# What botocore calls the members, and what AWS STS does.
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
        external_id: What the role's trust policy asks for, or None.
        session_name: Names the caller in CloudTrail.
        url: The endpoint of AWS STS, with a closing slash.
    """

    arn: str
    external_id: str | None = field(repr=False)
    session_name: str
    url: str


class AssumedRole:
    """A role's credentials, got when needed and anew before they end; threads may share it.

    botocore keeps them: in their last 15 minutes one thread renews them while the others go on with
    them; in the last 10, all wait.

    Args:
        role: The role.
        source: The access key that assumes it.
        region: The region whose AWS STS is asked.
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
        """Return credentials that are good for minutes at least.

        Raises:
            RoleError: AWS STS refused.
            NoAnswerError: AWS STS gave no answer.
            UnreadableAnswerError: What came is no answer of AWS STS.
        """
        self._thread.asked = time.monotonic()
        frozen = self._refreshable.get_frozen_credentials()
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token)

    def forget(self, credentials: Credentials) -> None:
        """Get others next time, unless these have been replaced already."""
        with self._lock:
            if credentials == self._latest:
                self._latest = None
                self._refreshable = self._refreshing()

    def _refreshing(self) -> "DeferredRefreshableCredentials":
        # Here, because only steps with a role need it, and it takes 25 ms.
        from botocore.credentials import DeferredRefreshableCredentials  # noqa: PLC0415

        return DeferredRefreshableCredentials(self._assume, "assume-role", self._clock.now)

    def _assume(self) -> Mapping[str, str]:
        """Return new credentials as botocore keeps them; it lets one thread at a time come here."""
        if self._failure and self._failure[0] > self._thread.asked:
            raise self._failure[1]  # it happened while this thread waited for another's turn
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
        return self._transport.send(request, TIMEOUT)

    def _read(self, response: Response) -> Mapping[str, str]:
        code, message = refusal(response)
        if code:
            raise RoleError(
                code,
                self.redact(message),
                self._role.arn,
                self._region,
                response.status,
                response.headers.get("x-amzn-requestid", ""),
                response.headers.get("date", ""),
            )
        text = response.content.decode(errors="replace")
        found = {
            member: re.search(rf"<{name}>([^<]+)</{name}>", text)
            for member, name in _MEMBERS.items()
        }
        members = {
            member: html.unescape(match[1]).strip() for member, match in found.items() if match
        }
        if members.keys() != _MEMBERS.keys() or not self._lasts(members["expiry_time"]):
            # Half of what it should hold is secret too; a proxy's page tells who refused.
            shown = REDACTED if response.status == _OK else beginning(text, self.redact)
            raise UnreadableAnswerError(_OPERATION, response.status, shown, "AWS STS")
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
        """Sign a request; raises what ``AssumedRole.credentials`` raises."""
        self._used = self._role.credentials()
        KeySignature(self._used, self._region).sign(request, clock_offset)

    def redact(self, text: str) -> str:
        """Return a text without the role's credentials and without the key that assumes it."""
        return self._role.redact(self._used.redact(text) if self._used else text)

    def forget(self) -> None:
        """Sign with other credentials next time: Amazon ECR says that these have expired."""
        if self._used:
            self._role.forget(self._used)
