"""What can go wrong between an operation's parameters and its result.

EcrError
├── ConfigurationError     the configuration can't be used; nothing was sent
├── ServiceError           Amazon ECR refused the request
├── UnreadableAnswerError  what came back is no answer of Amazon ECR
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
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_SKEWED = frozenset({"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"})
_TOO_MANY_REQUESTS = 429
_SERVER_FAULT = 500


class EcrError(Exception):
    """The base of every error here.

    Attributes:
        retryable: Whether the same request may succeed a moment later.
    """

    retryable = False


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
    """

    def __init__(
        self, code: str, message: str, operation: str, region: str, status: int, request_id: str
    ) -> None:
        self.code = self.error_name = code
        self.retryable = code in _PASSING or is_passing(status)
        self.clock_skewed = code in _SKEWED or message.startswith(
            ("Signature expired", "Signature not yet current")
        )
        place = [operation, region, f"HTTP {status}"]
        if request_id:
            place.append(f"request id {request_id}")
        super().__init__(f"{code}: {message} ({', '.join(place)})")


class UnreadableAnswerError(EcrError):
    """What came back is no answer of Amazon ECR: a proxy's page, or half of one.

    Args:
        operation: The operation that was asked for.
        status: The answer's HTTP status.
        text: The beginning of the answer, fit to be shown.
    """

    def __init__(self, operation: str, status: int, text: str) -> None:
        self.retryable = is_passing(status)
        got = f"it begins: {text}" if text else "it is empty"
        super().__init__(f"The answer to {operation} (HTTP {status}) is not Amazon ECR's; {got}")


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
