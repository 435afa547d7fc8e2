"""Errors between an operation's parameters and its result.

EcrError
├── InvalidConfigurationError  the configuration is unusable; nothing was sent
├── ServiceError               Amazon ECR refused the request
│   └── RoleError              AWS STS refused to let the role be assumed
├── UnreadableAnswerError      the answer does not come from AWS, or only half of it arrived
├── NoAnswerError              no answer arrived
├── ThrottledError             a request did not get its turn, because the account is throttled
└── UnavailableError           a transient error persisted through all attempts

Flows see the class name without "Error", such as ``NoAnswer``; of a ServiceError they see the code
that AWS gave it, such as ``RepositoryNotFoundException``.
"""

from collections.abc import Mapping

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html, and the codes of the
# throttles in front of it.
_THROTTLING = frozenset(
    {
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_TRANSIENT = _THROTTLING | {"ServerException", "ServiceUnavailable"}
_SKEWED = frozenset({"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"})
_SKEWED_MESSAGES = ("Signature expired", "Signature not yet current")
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException"})
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500


class EcrError(Exception):
    """The base of all errors in this package.

    Attributes:
        error_name: The name that flows see.
        retryable: Whether the same request may succeed a moment later.
        throttled: Whether the account sends more requests than it is granted.
        clock_skewed: Whether the request was signed by a clock that is wrong.
        token_expired: Whether the temporary credentials that signed the request have expired.
        date: The answer's Date header, or the empty string.
    """

    error_name: str
    retryable = False
    throttled = False
    clock_skewed = False
    token_expired = False
    date = ""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.error_name = cls.__name__.removesuffix("Error")


class InvalidConfigurationError(EcrError):
    """The configuration is unusable; nothing was sent.

    Args:
        faults: A sentence for each setting that is wrong, by the setting's name.

    Attributes:
        by_setting: The same.
        faults: The sentences alone.
    """

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.by_setting = dict(faults)
        self.faults = tuple(faults.values())
        lines = "".join(f"\n- {fault}" for fault in self.faults)
        super().__init__(f"The configuration is invalid:{lines}")


class ServiceError(EcrError):
    """Amazon ECR refused the request.

    Args:
        code: The error's AWS code, such as ``RepositoryNotFoundException``.
        message: The reason that Amazon ECR gives.
        operation: The operation that was called.
        region: The region that was called.
        status: The answer's HTTP status.
        request_id: The AWS request ID, or the empty string.
        date: The answer's Date header, or the empty string.
    """

    def __init__(
        self,
        *,
        code: str,
        message: str,
        operation: str,
        region: str,
        status: int,
        request_id: str = "",
        date: str = "",
    ) -> None:
        self.code = self.error_name = code
        self.request_id = request_id
        self.date = date
        self.token_expired = code in _EXPIRED
        self.retryable = code in _TRANSIENT or is_transient(status)
        self.throttled = code in _THROTTLING or status == _TOO_MANY_REQUESTS
        self.clock_skewed = code in _SKEWED or any(text in message for text in _SKEWED_MESSAGES)
        context = [operation, region, f"HTTP {status}"]
        if request_id:
            context.append(f"request id {request_id}")
        super().__init__(f"{code}: {message} ({', '.join(context)})")


class RoleError(ServiceError):
    """AWS STS refused to let the role be assumed.

    Args:
        arn: The role's ARN.
        code: The error's AWS code, such as ``AccessDenied``.
        message: The reason that AWS STS gives.
        region: The region that was called.
        status: The answer's HTTP status.
        request_id: The AWS request ID, or the empty string.
        date: The answer's Date header, or the empty string.
    """

    def __init__(
        self,
        *,
        arn: str,
        code: str,
        message: str,
        region: str,
        status: int,
        request_id: str = "",
        date: str = "",
    ) -> None:
        super().__init__(
            code=code,
            message=f"The role {arn} can't be assumed: {message}",
            operation="AssumeRole",
            region=region,
            status=status,
            request_id=request_id,
            date=date,
        )
        # It is the key's own token that has expired; assuming the role again would not help.
        self.token_expired = False
        # AWS STS has limits on its own.
        self.throttled = False


class UnreadableAnswerError(EcrError):
    """The answer does not come from AWS, such as a proxy's page, or only half of it arrived.

    Args:
        operation: The operation that was called.
        status: The answer's HTTP status.
        text: The beginning of the answer, without secrets.
        service: The service that was called.
    """

    def __init__(self, operation: str, status: int, text: str, service: str = "Amazon ECR") -> None:
        self.retryable = is_transient(status)
        self.throttled = status == _TOO_MANY_REQUESTS
        content = f"it begins: {text}" if text else "it is empty"
        super().__init__(
            f"The answer to {operation} (HTTP {status}) does not come from {service}; {content}"
        )


class NoAnswerError(EcrError):
    """No answer arrived: the connection was refused, not trusted or lost, or time ran out.

    Args:
        reason: The cause, in the words of the network.
        retryable: Whether the same request may succeed a moment later.
    """

    def __init__(self, reason: str, *, retryable: bool = True) -> None:
        self.retryable = retryable
        super().__init__(reason)


class UnavailableError(EcrError):
    """A transient error persisted through all attempts; the call may succeed later.

    Args:
        operation: The operation that was called.
        attempts: The number of attempts.
        last: The error of the last attempt.
    """

    def __init__(self, operation: str, attempts: int, last: EcrError) -> None:
        count = "1 attempt" if attempts == 1 else f"{attempts} attempts"
        super().__init__(f"{operation} failed after {count}: {last}")


class ThrottledError(EcrError):
    """A request waited for its turn until time ran out, because the account is throttled."""

    retryable = True

    def __init__(self) -> None:
        super().__init__("the account is throttled, and the request did not get its turn in time")


def is_transient(status: int) -> bool:
    """Return whether an HTTP status stands for a transient error."""
    return status >= _SERVER_ERROR or status == _TOO_MANY_REQUESTS
