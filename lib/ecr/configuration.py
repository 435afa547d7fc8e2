"""A client's configuration: where its requests go, and what signs them."""

import difflib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Self

from lib.ecr.credentials import Credentials
from lib.ecr.endpoint import EndpointError, regions, resolve
from lib.ecr.errors import InvalidConfigurationError
from lib.ecr.role import Role

SESSION_NAME = "amazonaws-com-ecr-connector"

_ACCESS_KEY = re.compile(r"\w+", re.ASCII)
_VISIBLE = re.compile(r"[!-~]+")
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]{1,576}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_SHORTEST_KEY = 18  # characters
# Stands in for a region that is wrong, so that the endpoint is checked all the same.
_ANY_REGION = "us-east-1"

# A sentence for each setting that is wrong, by its name.
_Faults = dict[str, str]


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
    def create(
        cls,
        *,
        region: str | None,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        session_token: str | None = None,
        endpoint: str | None = None,
        role_arn: str | None = None,
        external_id: str | None = None,
        use_fips: bool = False,
        use_dual_stack: bool = False,
        session_name: str = SESSION_NAME,
    ) -> Self:
        """Check settings and return the configuration that they make; an empty text is no text.

        Args:
            region: The region's code.
            access_key_id: The access key, if requests are signed here.
            secret_access_key: The secret that belongs to it.
            session_token: The session token of temporary credentials.
            endpoint: A URL to use instead of the region's own endpoint.
            role_arn: The role to assume with the access key.
            external_id: The external ID that the role's trust policy asks for.
            use_fips: Whether to use the endpoint with FIPS 140 cryptography.
            use_dual_stack: Whether to use the endpoint that has IPv6 addresses too.
            session_name: The caller's name in CloudTrail when a role is assumed: 2 to 64 letters,
                digits and ``_+=,.@-``.

        Raises:
            InvalidConfigurationError: All that is wrong with the settings, which it names in camel
                case: ``accessKeyId``. It shows no secret.
        """
        faults: _Faults = {}
        credentials = _credentials(
            access_key_id or "", secret_access_key or "", session_token or "", faults
        )
        region = _region(region or "", faults)
        url_of = partial(
            _url,
            region or _ANY_REGION,
            endpoint or None,
            faults,
            use_fips=use_fips,
            use_dual_stack=use_dual_stack,
        )
        url = url_of(service="ecr")
        sts_url = partial(url_of, service="sts")
        role = _role(role_arn or "", external_id or "", session_name, sts_url, faults)
        if role and not credentials and not faults:
            faults["accessKeyId"] = _missing_pair("roleArn")
        if faults:
            raise InvalidConfigurationError(faults)
        return cls(credentials, region, url, role)


def _credentials(
    access_key: str, secret_key: str, token: str, faults: _Faults
) -> Credentials | None:
    malformed: _Faults = {}
    if access_key and not _ACCESS_KEY.fullmatch(access_key):
        malformed["accessKeyId"] = "accessKeyId contains characters that no access key ID has"
    for name, secret in {"secretAccessKey": secret_key, "sessionToken": token}.items():
        if secret and not _VISIBLE.fullmatch(secret):
            malformed[name] = f"{name} contains blanks or other characters that no such key has"
    if malformed:
        faults |= malformed
    elif access_key and secret_key:
        return Credentials(access_key, secret_key, token or None)
    elif access_key:
        faults["secretAccessKey"] = "secretAccessKey is missing; it is needed with accessKeyId"
    elif secret_key:
        faults["accessKeyId"] = "accessKeyId is missing; it is needed with secretAccessKey"
    elif token:
        faults["accessKeyId"] = _missing_pair("sessionToken")
    return None


def _missing_pair(setting: str) -> str:
    return f"accessKeyId and secretAccessKey are missing; they are needed with {setting}"


def _region(region: str, faults: _Faults) -> str:
    """Return a region that exists, or the empty string."""
    if region in regions():
        return region
    if not region:
        faults["region"] = "region is missing; expected a region such as eu-central-1"
        return ""
    is_short = len(region) < _SHORTEST_KEY  # a longer one may be a key, in the wrong field
    shown = json.dumps(region, ensure_ascii=False) if is_short else f"{len(region)} characters"
    lowered = region[:_SHORTEST_KEY].lower()
    if close := difflib.get_close_matches(lowered, regions(), n=1):
        hint = f"; did you mean {close[0]}?"
    else:
        hint = " such as eu-central-1"
    faults["region"] = f"region: got {shown}, expected an AWS region{hint}"
    return ""


def _url(
    region: str,
    endpoint: str | None,
    faults: _Faults,
    *,
    use_fips: bool,
    use_dual_stack: bool,
    service: str,
) -> str:
    try:
        return resolve(
            region, endpoint, use_fips=use_fips, use_dual_stack=use_dual_stack, service=service
        )
    except EndpointError as error:
        faults["endpoint"] = f"endpoint: {error}"
        return ""


def _role(
    arn: str, external_id: str, session_name: str, url: Callable[[], str], faults: _Faults
) -> Role | None:
    malformed: _Faults = {}
    if arn and not _ROLE.fullmatch(arn):
        malformed["roleArn"] = (
            "roleArn: expected the ARN of a role, such as arn:aws:iam::123456789012:role/ecr-reader"
        )
    if external_id and not _EXTERNAL_ID.fullmatch(external_id):
        malformed["externalId"] = "externalId: expected 2 to 1224 letters, digits and _+=,.@:/-"
    if not malformed and external_id and not arn:
        malformed["roleArn"] = "roleArn is missing; it is needed with externalId"
    faults |= malformed
    if malformed or not arn:
        return None
    return Role(arn, external_id or None, session_name, url())
