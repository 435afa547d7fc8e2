"""What can go wrong between an operation's parameters and its result.

EcrError
├── ConfigurationError     the configuration can't be used; nothing was sent
├── ServiceError           Amazon ECR refused the request
│   └── RoleError          AWS STS refused to let the role be assumed
├── UnreadableAnswerError  what came back is no answer of AWS
├── NoAnswerError          nothing came back
└── UnavailableError       a passing fault lasted over all attempts
"""

from collections.abc import Iterable

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html, and what the
# throttles in front of it answer.
_PASSING = frozenset(
    {
        "RequestLimitExceeded",
        "ServerException",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_SKEWED = frozenset({"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"})
_SKEW_TOLD = ("Signature expired", "Signature not yet current")
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException"})
_TOO_MANY_REQUESTS = 429
_SERVER_FAULT = 500


class EcrError(Exception):
    """The base of every error here.

    Attributes:
        retryable: Whether the same request may succeed a moment later.
        clock_skewed: Whether the request was signed by a clock that is wrong.
        token_expired: Whether the temporary credentials that signed the request have expired.
        date: The answer's Date header, or the empty string.
    """

    retryable = False
    clock_skewed = False
    token_expired = False
    date = ""


class ConfigurationError(EcrError):
    """The configuration can't be used; nothing was sent.

    Args:
        faults: A sentence for each thing that is wrong.
    """

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("The credentials can't be used: " + "; ".join(self.faults))


class ServiceError(EcrError):
    """Amazon ECR refused the request.

    Args:
        code: The error's AWS code, such as ``RepositoryNotFoundException``.
        message: What Amazon ECR says of it.
        operation: The operation that was asked for.
        region: The region that was asked.
        status: The answer's HTTP status.
        request_id: The AWS request id, or the empty string.
        date: The answer's Date header, or the empty string.
    """

    def __init__(
        self,
        code: str,
        message: str,
        operation: str,
        region: str,
        status: int,
        request_id: str,
        date: str = "",
    ) -> None:
        self.code = self.error_name = code
        self.date = date
        self.token_expired = code in _EXPIRED
        self.retryable = code in _PASSING or is_passing(status)
        self.clock_skewed = code in _SKEWED or any(words in message for words in _SKEW_TOLD)
        place = [operation, region, f"HTTP {status}"]
        if request_id:
            place.append(f"request id {request_id}")
        super().__init__(f"{code}: {message} ({', '.join(place)})")


class RoleError(ServiceError):
    """AWS STS refused to let the role be assumed.

    Args:
        code: The error's AWS code, such as ``AccessDenied``.
        message: What AWS STS says of it.
        arn: The role's ARN.
        region: The region that was asked.
        status: The answer's HTTP status.
        request_id: The AWS request id, or the empty string.
        date: The answer's Date header, or the empty string.
    """

    def __init__(
        self,
        code: str,
        message: str,
        arn: str,
        region: str,
        status: int,
        request_id: str,
        date: str,
    ) -> None:
        text = f"The role {arn} can't be assumed: {message}"
        super().__init__(code, text, "AssumeRole", region, status, request_id, date)
        self.token_expired = False  # the key's token has, and no role helps there


class UnreadableAnswerError(EcrError):
    """What came back is no answer of AWS: a proxy's page, or half of one.

    Args:
        operation: The operation that was asked for.
        status: The answer's HTTP status.
        text: The beginning of the answer, fit to be shown.
        service: The service that was asked.
    """

    def __init__(self, operation: str, status: int, text: str, service: str = "Amazon ECR") -> None:
        self.retryable = is_passing(status)
        got = f"it begins: {text}" if text else "it is empty"
        super().__init__(f"The answer to {operation} (HTTP {status}) is not {service}'s; {got}")


class NoAnswerError(EcrError):
    """Nothing came back: the connection was refused, not trusted or lost, or time ran out."""

    def __init__(self, reason: str, *, retryable: bool = True) -> None:
        self.retryable = retryable
        super().__init__(reason)


class UnavailableError(EcrError):
    """A passing fault lasted over all attempts; the call may succeed later."""

    def __init__(self, operation: str, attempts: int, last: EcrError) -> None:
        tries = "1 attempt" if attempts == 1 else f"{attempts} attempts"
        super().__init__(f"{operation} found no answer in {tries}: {last}")


def is_passing(status: int) -> bool:
    """Return whether an HTTP status tells of a fault that may pass."""
    return status >= _SERVER_FAULT or status == _TOO_MANY_REQUESTS
