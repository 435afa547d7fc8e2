"""Requests go where botocore would send them, or to a custom endpoint."""

from typing import Any

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import EndpointVariantError
from botocore.loaders import Loader

from lib.component.connection import configuration_of
from lib.ecr import InvalidConfigurationError
from tests.support.aws_model import KEYS, REGION, botocore_client

PARTITIONS = Loader().load_data("partitions")["partitions"]
REGIONS = [
    region
    for partition in PARTITIONS
    for region in partition["regions"]
    if not region.endswith("-global")  # these are no places, and ECR is in none
]
PASSWORD = "hunter2-is-secret"

endpoint_kinds = pytest.mark.parametrize(
    ("use_fips", "use_dual_stack"),
    [(False, False), (True, False), (False, True), (True, True)],
    ids=["plain", "fips", "dual-stack", "fips-dual-stack"],
)


def configured_url(**cfg: Any) -> str:
    return configuration_of({**KEYS, "region": REGION, **cfg}).url


@pytest.mark.parametrize("region", REGIONS)
@endpoint_kinds
def test_the_url_of_a_region_is_botocores(
    region: str, use_fips: bool, use_dual_stack: bool
) -> None:
    # When
    url = configured_url(region=region, useFips=use_fips, useDualStack=use_dual_stack)
    # Then
    assert url == _botocores_url(region, use_fips=use_fips, use_dual_stack=use_dual_stack)


def test_the_regions_are_those_of_all_partitions() -> None:
    assert len(PARTITIONS) > 5
    assert {"eu-central-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"} <= set(REGIONS)


@pytest.mark.parametrize(
    ("cfg", "url"),
    [
        ({}, "https://api.ecr.eu-central-1.amazonaws.com/"),
        ({"useFips": True, "region": "us-east-1"}, "https://api.ecr-fips.us-east-1.amazonaws.com/"),
        ({"useDualStack": True}, "https://ecr.eu-central-1.api.aws/"),
        ({"region": "cn-north-1"}, "https://api.ecr.cn-north-1.amazonaws.com.cn/"),
        (
            {"useFips": "on", "region": "us-east-1"},
            "https://api.ecr-fips.us-east-1.amazonaws.com/",
        ),
        ({"useFips": "off", "useDualStack": ""}, "https://api.ecr.eu-central-1.amazonaws.com/"),
        ({"useFips": None, "endpoint": None}, "https://api.ecr.eu-central-1.amazonaws.com/"),
        ({"endpoint": " "}, "https://api.ecr.eu-central-1.amazonaws.com/"),
    ],
)
def test_well_known_endpoints(cfg: dict[str, Any], url: str) -> None:
    assert configured_url(**cfg) == url


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://ecr.example",
        "https://ecr.example:8443",
        "https://vpce-0a1b-2c3d.api.ecr.eu-central-1.vpce.amazonaws.com",
        "https://192.0.2.7",
        "https://[2001:db8::7]:8443",
    ],
)
@pytest.mark.parametrize("end", ["", "/", "/\n"])
def test_an_https_endpoint_of_ones_own_is_used_as_botocore_uses_it(endpoint: str, end: str) -> None:
    url = configured_url(endpoint=endpoint + end)
    assert url == _botocores_url(REGION, endpoint) == f"{endpoint}/"


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://localhost",
        "http://LOCALHOST:4566",
        "http://127.0.0.1:4566",
        "http://127.255.255.254",
        "http://[::1]:4566",
        "http://[0:0:0:0:0:0:0:1]",
    ],
)
def test_plain_http_is_allowed_on_this_machine(endpoint: str) -> None:
    assert configured_url(endpoint=endpoint) == f"{endpoint}/"


@pytest.mark.parametrize(
    "host",
    [
        "ecr.example",
        "192.0.2.7:4566",
        "169.254.169.254",
        "0.0.0.0",  # noqa: S104 - it is refused
        "[::]",
        "[2001:db8::1]",
        "localhost.example",
        "evil-localhost",
        "127.0.0.1.example",
        "127.0.0.1example",
        "2130706433",
        "localhost.",
    ],
)
def test_plain_http_is_refused_anywhere_else(host: str) -> None:
    with pytest.raises(InvalidConfigurationError, match=r"Endpoint \(endpoint\): "):
        configured_url(endpoint=f"http://{host}")


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://user@ecr.example",
        f"https://user:{PASSWORD}@ecr.example",
        f"https://:{PASSWORD}@ecr.example",
        f"https://user:{PASSWORD}@ecr.example:notaport",
        f"https://user:{PASSWORD}@[ecr.example",
        f"http://user:{PASSWORD}@127.0.0.1",
        "https://@ecr.example",
        "https://:@ecr.example",
        "http://127.0.0.1\\@ecr.example",
        "https://ecr.example/v1",
        "https://ecr.example//",
        "https://ecr.example/;x",
        f"https://ecr.example?key={PASSWORD}",
        f"https://ecr.example/?key={PASSWORD}",
        f"https://ecr.example#{PASSWORD}",
        "https://ecr.example?",
        "https://ecr.example#",
        "https://ecr.example/?",
    ],
)
def test_an_endpoint_with_more_than_scheme_host_and_port_is_refused(endpoint: str) -> None:
    with pytest.raises(InvalidConfigurationError) as refused:
        configured_url(endpoint=endpoint)
    [fault] = refused.value.faults
    assert fault.startswith("Endpoint (endpoint): ")
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize(
    "endpoint",
    [
        "ecr.example",
        "ecr.example:443",
        "//ecr.example",
        "https://",
        "https:///",
        "https:ecr.example",
        "ftp://ecr.example",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://ecr.example:70000",
        "https://ecr.example:-1",
        "https://ecr.example:port",
        "https://[::1",
        "https://[…]",
        "https://[]",
        "https://[::g]",
        "https://[1:2:3:4:5:6:7:8:9]",
        "https://[127.0.0.1]",
        "https://[ecr.example]",
        "https://ecr .example",
        "https://ecr\n.example",
        "https://ecr\t.example",
        "https://ecr\x00.example",
        "https://ecr.example\\path",
        "https://.",
        "https://ecr..example",
        "https://" + "a" * 10_000_000,
    ],
    ids=lambda endpoint: ascii(endpoint)[:40],
)
def test_an_endpoint_that_is_no_url_is_refused(endpoint: str) -> None:
    with pytest.raises(InvalidConfigurationError) as refused:
        configured_url(endpoint=endpoint)
    [fault] = refused.value.faults
    assert fault.startswith("Endpoint (endpoint): ")
    assert len(fault) < 300


@pytest.mark.parametrize(
    ("cfg", "name"),
    [({"useFips": True}, "FIPS"), ({"useDualStack": True}, "Dualstack")],
)
@pytest.mark.parametrize("endpoint", ["https://ecr.example", "http://127.0.0.1:4566"])
def test_an_endpoint_of_ones_own_can_be_asked_for_neither_fips_nor_dual_stack(
    endpoint: str, cfg: dict[str, Any], name: str
) -> None:
    with pytest.raises(InvalidConfigurationError, match=rf"Endpoint \(endpoint\): .*{name}"):
        configured_url(endpoint=endpoint, **cfg)


def _botocores_url(
    region: str,
    endpoint: str | None = None,
    *,
    use_fips: bool = False,
    use_dual_stack: bool = False,
) -> str:
    """Return the URL that botocore's client sends a request to."""
    urls: list[str] = []

    def note(request: AWSRequest, **_: Any) -> AWSResponse:
        urls.append(request.url)
        return AWSResponse(request.url, 200, {}, _NoContent())

    try:
        client = botocore_client(region, endpoint, use_fips=use_fips, use_dual_stack=use_dual_stack)
        client.meta.events.register("before-send.ecr", note)
        client.describe_repositories()
    except EndpointVariantError:
        # The client still asks an older table first, which lacks what its ruleset has.
        return _ruleset_url(region, use_fips=use_fips, use_dual_stack=use_dual_stack)
    return urls[0]


def _ruleset_url(region: str, *, use_fips: bool, use_dual_stack: bool) -> str:
    ruleset = botocore_client(region)._ruleset_resolver._provider
    endpoint = ruleset.resolve_endpoint(
        Region=region, UseFIPS=use_fips, UseDualStack=use_dual_stack
    )
    return f"{endpoint.url}/"


class _NoContent:
    def stream(self) -> list[bytes]:
        return [b"{}"]
