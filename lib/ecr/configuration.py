"""The connector's cfg, read into what a client needs."""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from lib.ecr import endpoint
from lib.ecr.credentials import Credentials
from lib.ecr.errors import ConfigurationError

_ACCESS_KEY = re.compile(r"\w+", re.ASCII)
_VISIBLE = re.compile(r"[!-~]+")
_BOOLEANS = {True: True, False: False, None: False, "true": True, "false": False, "": False}


@dataclass(frozen=True)
class Configuration:
    """Where requests go and what signs them.

    Args:
        credentials: The access key, or None where callers bring their own signatures.
        region: The region's code, such as ``eu-central-1``.
        url: The endpoint, with a closing slash.
    """

    credentials: Credentials | None
    region: str
    url: str

    @classmethod
    def from_cfg(cls, cfg: Mapping[str, Any]) -> Self:
        """Read a flow's credentials; blanks around a value are dropped.

        Args:
            cfg: ``accessKeyId``, ``secretAccessKey``, ``sessionToken``, ``region``, ``endpoint``,
                ``useFips`` and ``useDualStack``; other members are not ours.

        Raises:
            ConfigurationError: All that is wrong with them; no value of a secret is in it.
        """
        reader = _Reader(cfg)
        credentials = _credentials(reader)
        region = _region(reader)
        url = _url(reader, region)
        if reader.faults:
            raise ConfigurationError(reader.faults)
        return cls(credentials, region, url)


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

    def boolean(self, name: str) -> bool:
        value = self._cfg.get(name)
        if isinstance(value, str | bool | None) and value in _BOOLEANS:
            return _BOOLEANS[value]
        self.faults.append(f"{name} must be true or false, not {value!r:.40}")
        return False


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


def _url(reader: _Reader, region: str) -> str:
    own = reader.text("endpoint") or None
    use_fips = reader.boolean("useFips")
    use_dual_stack = reader.boolean("useDualStack")
    try:
        return endpoint.resolve(
            region or "us-east-1", own, use_fips=use_fips, use_dual_stack=use_dual_stack
        )
    except endpoint.EndpointError as error:
        reader.faults.append(f"endpoint: {error}")
        return ""
