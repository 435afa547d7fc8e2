"""HTTP with limits that no server can stretch: of time, of size, and of who is asked.

Knows neither Amazon ECR nor the platform.
"""

from urllib3 import Timeout

from lib.http.errors import ProxyOrTrustError, TransportError
from lib.http.response import LARGEST_ANSWER, Response
from lib.http.transport import Transport, is_loopback, prepared

__all__ = [
    "LARGEST_ANSWER",
    "ProxyOrTrustError",
    "Response",
    "Timeout",
    "Transport",
    "TransportError",
    "is_loopback",
    "prepared",
]
