"""Endpoints of AWS, by botocore's own rules for every partition, FIPS and dual-stack."""

import ipaddress
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError

from lib.ecr.model import data, service_data
from lib.http import is_loopback

_LABEL = "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_ORIGIN = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?/?"
)
_LONGEST_ORIGIN = 253 + len("https://:65535/")
_HIGHEST_PORT = 65535
# Read on import and not by the first call: handlers that start together would each read it.
_PARTITIONS: Any = data("partitions")


class EndpointError(Exception):
    """The endpoint does not exist, or must not be used."""


@cache
def regions() -> Mapping[str, str]:
    """Return every AWS region of every partition, with its name: ``{code: name}``."""
    return {
        code: region["description"]
        for partition in _PARTITIONS["partitions"]
        for code, region in partition["regions"].items()
        if not code.endswith("-global")
    }


def registry_host(registry_id: str, region: str) -> str | None:
    """Return the host that a registry's images are pulled from; None if the region is unknown.

    For example ``123456789012.dkr.ecr.eu-central-1.amazonaws.com``; in China it ends differently:
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html

    Args:
        registry_id: The account that owns the registry.
        region: The region that the registry is in.
    """
    for partition in _PARTITIONS["partitions"]:
        if re.fullmatch(partition["regionRegex"], region):
            return f"{registry_id}.dkr.ecr.{region}.{partition['outputs']['dnsSuffix']}"
    return None


@cache
def resolve(
    region: str,
    endpoint: str | None,
    *,
    use_fips: bool,
    use_dual_stack: bool,
    service: str = "ecr",
) -> str:
    """Return the URL that requests are sent to.

    Args:
        region: A region code, such as ``eu-central-1``.
        endpoint: A URL to use instead of the region's own endpoint, or None.
        use_fips: Whether to use the endpoint with FIPS 140 cryptography.
        use_dual_stack: Whether to use the endpoint that has IPv6 addresses too.
        service: ``ecr`` or ``sts``. A custom endpoint serves AWS STS only on this machine, where it
            is an emulator of all of AWS; a VPC endpoint serves a single service.

    Raises:
        EndpointError: The region has no such endpoint, or credentials must not be sent to the
            URL.
    """
    if endpoint is not None:
        host = _checked_host(endpoint)
        if service != "ecr" and not is_loopback(host):
            endpoint = None
    parameters = {"Region": region, "UseFIPS": use_fips, "UseDualStack": use_dual_stack}
    if endpoint is not None:
        parameters["Endpoint"] = endpoint
    try:
        url: str = _provider(service).resolve_endpoint(**parameters).url
    except EndpointProviderError as error:
        raise EndpointError(str(error)) from error
    return url.rstrip("/") + "/"


def _checked_host(endpoint: str) -> str:
    """Return the host of a URL; refuse one that is more than an origin, or sent unencrypted.

    The errors don't repeat the URL: it may hold a password.
    """
    origin = _ORIGIN.fullmatch(endpoint) if len(endpoint) <= _LONGEST_ORIGIN else None
    if origin is None or int(origin["port"] or 0) > _HIGHEST_PORT or not _is_host(origin["host"]):
        raise EndpointError(
            "expected a URL with a scheme and a host only, such as https://host.example"
        )
    if origin["scheme"] == "http" and not is_loopback(origin["host"]):
        raise EndpointError(
            f"expected https; http is allowed to this machine only, not to {origin['host']}"
        )
    return origin["host"]


def _is_host(host: str) -> bool:
    """Return whether what stands in brackets, if something does, is an IPv6 address."""
    if not host.startswith("["):
        return True
    try:
        ipaddress.IPv6Address(host[1:-1])
    except ValueError:
        return False
    return True


@cache
def _provider(service: str) -> EndpointProvider:
    return EndpointProvider(service_data(service, "endpoint-rule-set-1"), _PARTITIONS)


_provider("ecr")  # on import, for the same reason
