"""The connector's cfg, read into what a client needs."""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from lib.ecr import check_box, endpoint
from lib.ecr.credentials import Credentials
from lib.ecr.errors import ConfigurationError
from lib.ecr.role import Role

SESSION_NAME = "amazonaws-com-ecr-connector"

_ACCESS_KEY = re.compile(r"\w+", re.ASCII)
_VISIBLE = re.compile(r"[!-~]+")
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]{1,576}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)


@dataclass(frozen=True)
class Configuration:
    """Where requests go and what signs them.

    Args:
        credentials: The access key, or None where callers bring their own signatures.
        region: The region's code, such as ``eu-central-1``.
        url: The endpoint, with a closing slash.
        role: The role to assume with the access key, or None.
    """

    credentials: Credentials | None
    region: str
    url: str
    role: Role | None = None

    @classmethod
    def from_cfg(cls, cfg: Mapping[str, Any], session_name: str = SESSION_NAME) -> Self:
        """Read a flow's credentials; blanks around a value are dropped.

        Args:
            cfg: ``accessKeyId``, ``secretAccessKey``, ``sessionToken``, ``region``, ``endpoint``,
                ``roleArn``, ``externalId``, ``useFips`` and ``useDualStack``; other members are
                not ours.
            session_name: Names us in CloudTrail when a role is assumed: 2 to 64 letters, digits
                and ``_+=,.@-``.

        Raises:
            ConfigurationError: All that is wrong with them; no value of a secret is in it.
        """
        reader = _Reader(cfg)
        credentials = _credentials(reader)
        region = _region(reader)
        url, sts_url = _urls(reader, region)
        role = _role(reader, session_name, sts_url)
        if role and not credentials and not reader.faults:
            reader.faults.append("accessKeyId and secretAccessKey are missing beside roleArn")
        if reader.faults:
            raise ConfigurationError(reader.faults)
        return cls(credentials, region, url, role)


class _Reader:
    """Reads members one by one and notes what is wrong."""

    def __init__(self, cfg: Mapping[str, Any]) -> None:
        self._cfg = cfg
        self.faults: list[str] = []

    def text(self, name: str, allowed: Callable[[str], object] = bool, hint: str = "") -> str:
        value = self._cfg.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.faults.append(f"{name} must be a string, not {type(value).__name__}")
            return ""
        value = value.strip()
        if value and not allowed(value):
            self.faults.append(f"{name} holds {hint}")
            return ""
        return value

    def is_ticked(self, name: str) -> bool:
        value = self._cfg.get(name)
        ticked = check_box.is_ticked(value)
        if ticked is None:
            self.faults.append(f"{name} must be {check_box.ALLOWED}, not {value!r:.40}")
        return bool(ticked)


def _credentials(reader: _Reader) -> Credentials | None:
    before = len(reader.faults)
    access_key = reader.text(
        "accessKeyId", _ACCESS_KEY.fullmatch, "characters that no access key id has"
    )
    secret_key = reader.text("secretAccessKey", _VISIBLE.fullmatch, "blanks or other characters")
    token = reader.text("sessionToken", _VISIBLE.fullmatch, "blanks or other characters")
    if len(reader.faults) > before:
        return None
    if access_key and secret_key:
        return Credentials(access_key, secret_key, token or None)
    if access_key:
        reader.faults.append("secretAccessKey is missing: it belongs to accessKeyId")
    elif secret_key:
        reader.faults.append("accessKeyId is missing: it belongs to secretAccessKey")
    elif token:
        reader.faults.append("accessKeyId and secretAccessKey are missing beside sessionToken")
    return None


def _region(reader: _Reader) -> str:
    before = len(reader.faults)
    region = reader.text("region")
    if len(reader.faults) > before:
        return ""
    known = endpoint.regions()
    if not region:
        reader.faults.append("region is missing: give a region such as eu-central-1")
    elif region not in known:
        close = difflib.get_close_matches(region[:40].lower(), known, n=1)
        hint = f"did you mean {close[0]}?" if close else "give one such as eu-central-1"
        reader.faults.append(f"region {region!r:.40} is not known; {hint}")
    return region if region in known else ""


def _urls(reader: _Reader, region: str) -> tuple[str, Callable[[], str]]:
    """Return the URL of Amazon ECR, and what finds that of AWS STS."""
    own = reader.text("endpoint") or None
    switches = {
        "use_fips": reader.is_ticked("useFips"),
        "use_dual_stack": reader.is_ticked("useDualStack"),
    }

    def url(service: str) -> str:
        try:
            return endpoint.resolve(region or "us-east-1", own, **switches, service=service)
        except endpoint.EndpointError as error:
            if (fault := f"endpoint: {error}") not in reader.faults:
                reader.faults.append(fault)
            return ""

    return url("ecr"), lambda: url("sts")


def _role(reader: _Reader, session_name: str, sts_url: Callable[[], str]) -> Role | None:
    before = len(reader.faults)
    arn = reader.text(
        "roleArn",
        _ROLE.fullmatch,
        "no ARN of a role, such as arn:aws:iam::123456789012:role/ecr-reader",
    )
    external_id = reader.text(
        "externalId", _EXTERNAL_ID.fullmatch, "characters that no external id has, or one alone"
    )
    if len(reader.faults) > before:
        return None
    if arn:
        return Role(arn, external_id or None, session_name, sts_url())
    if external_id:
        reader.faults.append("roleArn is missing: it belongs to externalId")
    return None
