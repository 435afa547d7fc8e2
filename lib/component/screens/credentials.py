"""Verification of credentials, for the design screens."""

import logging
from collections.abc import Mapping
from typing import Any

from lib.component.connection import client_of, labelled
from lib.ecr import EcrError, InvalidConfigurationError, RoleError, ServiceError

# Seconds for all attempts; the screen waits meanwhile.
PATIENCE = 20.0

_OPERATION = "GetAuthorizationToken"
_PERMISSION = "ecr:GetAuthorizationToken"
_ACCESS_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
# Advice for the codes of a wrong key: those of Amazon ECR and, where a role is assumed, AWS STS.
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html
_WRONG_KEY = "Check Access Key ID: AWS has no such active key, or not with this Session Token."
_WRONG_SECRET = "Check Secret Access Key: it does not belong to Access Key ID."
_EXPIRED = "The Session Token has expired: enter new temporary credentials, all three fields."
_ADVICE = {
    "UnrecognizedClientException": _WRONG_KEY,
    "InvalidClientTokenId": _WRONG_KEY,
    "InvalidSignatureException": _WRONG_SECRET,
    "SignatureDoesNotMatch": _WRONG_SECRET,
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
}
_NOT_ASSUMED = (
    "Check Role ARN and External ID, that the role's trust policy allows this key's user,"
    " and that the user's own policy allows sts:AssumeRole."
)

_logger = logging.getLogger("component")


def verify(cfg: Mapping[str, Any]) -> dict[str, Any]:
    """Verify credentials by fetching an authorization token, which is discarded.

    A key without the permission for it is genuine all the same; the log names the permission.

    Args:
        cfg: The fields of the credentials.

    Returns:
        ``{"verified": True}``, or ``{"verified": False, "reason": what is wrong and what to do}``.
    """
    try:
        client_of(cfg).call(_OPERATION, b"{}", timeout=PATIENCE)
    except RoleError as error:
        advice = _NOT_ASSUMED if error.code in _ACCESS_DENIED else _ADVICE.get(error.code, "")
        return _refused(error, advice)
    except ServiceError as error:
        if error.code not in _ACCESS_DENIED:
            return _refused(error, _ADVICE.get(error.code, ""))
        _logger.warning(
            "The credentials are genuine, but lack a permission; to use GetAuthorizationToken, add"
            ' %s on the resource "*" to their IAM policy: %s',
            _PERMISSION,
            error,
        )
    except InvalidConfigurationError as error:
        return _refused(labelled(error))
    except EcrError as error:
        return _refused(error)
    return {"verified": True}


def _refused(error: EcrError, advice: str = "") -> dict[str, Any]:
    return {"verified": False, "reason": f"{advice} {error}".strip()}
