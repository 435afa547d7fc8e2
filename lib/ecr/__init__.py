"""Amazon ECR over requests, signed by botocore. Knows nothing of the platform."""

from lib.ecr.answer import Answer
from lib.ecr.client import Client, Limits, connect
from lib.ecr.clock import LARGEST_OFFSET, Clock
from lib.ecr.configuration import Configuration
from lib.ecr.credentials import Credentials, redact
from lib.ecr.endpoint import registry_host
from lib.ecr.errors import (
    EcrError,
    InvalidConfigurationError,
    NoAnswerError,
    RoleError,
    ServiceError,
    ThrottledError,
    UnavailableError,
    UnreadableAnswerError,
)
from lib.ecr.paging import ItemPath, item_paths
from lib.ecr.rate_limiter import RateLimiter
from lib.ecr.signing import CallerSignature, Signature

__all__ = [
    "LARGEST_OFFSET",
    "Answer",
    "CallerSignature",
    "Client",
    "Clock",
    "Configuration",
    "Credentials",
    "EcrError",
    "InvalidConfigurationError",
    "ItemPath",
    "Limits",
    "NoAnswerError",
    "RateLimiter",
    "RoleError",
    "ServiceError",
    "Signature",
    "ThrottledError",
    "UnavailableError",
    "UnreadableAnswerError",
    "connect",
    "item_paths",
    "redact",
    "registry_host",
]
