"""Amazon ECR in botocore's model, and calls of an operation by our action and botocore's client.

Requests and answers are drawn from botocore's service model, in three extents: ``minimal`` has the
required members alone, ``full`` has all of them, and ``random`` has any, in any order.
"""

import base64
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from typing import Any, Literal, TypeVar
from unittest import mock

import pytest
from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from lib.generator.model import ANY_OPERATION, OF_MANY_CALLS
from lib.sailor import Component
from lib.sailor.step import Process, Step
from tests.support.loopback import Captured, Loopback
from tests.support.random_examples import tries
from tests.support.repository import DESCRIPTOR, ROOT

# The operations that have an action of their own.
OPERATIONS = tuple(
    sorted(
        DESCRIPTOR["actions"].keys() - set(chain(*OF_MANY_CALLS.values(), *ANY_OPERATION.values()))
    )
)
CALL_OPERATION = "CallOperation"
# The inputs of a message that its sender has signed, in the order in which screens show them.
PROTOCOL_INPUTS = (
    "Action",
    "Version",
    "X-Amz-Content-Sha256",
    "X-Amz-Date",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
)
REGION = "eu-central-1"
# AWS's documentation uses these keys.
KEYS = {
    "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
    "secretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
TOKEN = "FwoGZXIvYXdzEBYaDEXAMPLETOKEN//////////wEaDA=="
LARGEST_LONG = 2**63 - 1
# A key in a sample of a map whose keys the model does not list.
FREE_KEY = "any"

Extent = Literal["minimal", "full", "random"]
Event = tuple[str, Any]
TestFunction = TypeVar("TestFunction", bound=Callable[..., None])

# A valid value for each pattern in the model.
_SAMPLES = {
    "Base64": "QVdTOnBhc3N3b3Jk",
    "CredentialArn": "arn:aws:secretsmanager:eu-central-1:012345678910:secret:"
    "ecr-pullthroughcache/hub",
    "KmsKeyForRepositoryCreationTemplate": "arn:aws:kms:eu-central-1:012345678910:key/1234abcd",
    "ImageTagMutabilityExclusionFilterValue": "v1.*",
    "LayerDigest": f"sha256:{'0a' * 32}",
    "Prefix": "team/web",
    "PrincipalArn": "arn:aws:iam::012345678910:role/pulls",
    "PullThroughCacheRuleRepositoryPrefix": "docker-hub",
    "Region": "eu-west-1",
    "RegistryId": "012345678910",
    "ReplicationBackfillId": "01234567-89ab-cdef-0123-456789abcdef",
    "RepositoryFilterValue": "team/web",
    "RepositoryName": "team/web-app",
    "ScanningRepositoryFilterValue": "team/*-app",
    "SigningProfileArn": "arn:aws:signer:eu-central-1:012345678910:/signing-profiles/release",
    "SigningRepositoryFilterValue": "team/*",
    "UploadId": "01234567-89ab-cdef-0123-456789abcdef",
}
_LONGEST_LIST = 3
_LONGEST_TEXT = 20
_END_OF_2099 = 4_102_444_799_999  # milliseconds since 1970


def operation_model(operation: str) -> OperationModel:
    """Return botocore's model of an operation."""
    return _service().operation_model(operation)


def parameters(operation: str, extent: Extent = "random") -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy of an operation's valid parameters, as botocore takes them."""
    return _structures(operation_model(operation).input_shape, extent)


def answers(operation: str, extent: Extent = "random") -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy of an operation's answers, as Amazon ECR sends them in JSON.

    No member is required there; a time is seconds since 1970, with three decimals.
    """
    return _structures(operation_model(operation).output_shape, extent)


def sample(shape: Shape) -> Any:
    """Return a valid value with all members and one item in each list, the same each time."""
    if shape.type_name == "structure":
        return {name: sample(member) for name, member in shape.members.items()}
    if shape.type_name == "list":
        return [sample(shape.member)]
    if shape.type_name == "map":
        return {key: sample(shape.value) for key in shape.key.enum or [FREE_KEY]}
    if shape.type_name == "string":
        return sample_text(shape)
    scalars = {
        "integer": 1,
        "long": 1,
        "double": 9.8,
        "boolean": True,
        "blob": b"\x00\xff layer",
        "timestamp": 1735689600.123,
    }
    return scalars[shape.type_name]


def sample_text(shape: Shape) -> str:
    """Return a valid text, the same each time."""
    if shape.enum:
        return str(shape.enum[0])
    if pattern := shape.metadata.get("pattern"):
        assert re.fullmatch(pattern, _SAMPLES[shape.name])
        return _SAMPLES[shape.name]
    return "ä text\n".ljust(shape.metadata.get("min", 0), ".")


def sample_parameters(operation: str) -> dict[str, Any]:
    """Return valid parameters of an operation with all its members, as a message has them."""
    params: dict[str, Any] = as_message(sample(operation_model(operation).input_shape))
    return params


def as_message(value: Any) -> Any:
    """Return parameters as a message has them: base64 text where botocore takes bytes."""
    if isinstance(value, dict):
        return {name: as_message(member) for name, member in value.items()}
    if isinstance(value, list):
        return [as_message(item) for item in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def as_emitted(value: Any) -> Any:
    """Return botocore's result as a message has it: times in RFC 3339 UTC, nothing of HTTP."""
    if isinstance(value, dict):
        return {n: as_emitted(member) for n, member in value.items() if n != "ResponseMetadata"}
    if isinstance(value, list):
        return [as_emitted(item) for item in value]
    if isinstance(value, datetime):
        utc = value.astimezone(UTC)
        return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}Z"
    return value


def cfg_for(server: Loopback, **members: Any) -> dict[str, Any]:
    """Return a cfg with keys and region whose endpoint is a server, and other members."""
    return {**KEYS, "region": REGION, "endpoint": server.url, **members}


@cache
def process(operation: str) -> Process:
    """Return the ``process`` of an operation's action, loaded as the platform loads it."""
    return Component.load(ROOT).process(operation)


def ask_action(
    operation: str, body: Any, cfg: dict[str, Any], events: list[Event] | None = None
) -> dict[str, Any]:
    """Run an action on a body and return the message that it returns.

    Args:
        operation: The action's name.
        body: The message's body.
        cfg: The step's configuration.
        events: Takes what the action emits besides.
    """

    def emit(event: str, payload: Any) -> None:
        if events is None:
            raise AssertionError(f"{event}: {payload}")
        events.append((event, payload))

    step = Step(emit, logging.getLogger("tests.step"))
    return process(operation)(step, {"body": body, "headers": {}}, cfg, {}) or {}


def ask_operation(
    operation: str, body: Any, cfg: dict[str, Any], events: list[Event] | None = None
) -> dict[str, Any]:
    """Run the operation's own action, or Call Operation if it has none, as ``ask_action`` does."""
    action = operation if operation in OPERATIONS else CALL_OPERATION
    return Caller(action, operation).ask(body, cfg, events)


@dataclass(frozen=True)
class Caller:
    """An action that calls an operation: one of its own, or Call Operation."""

    action: str
    operation: str

    def ask(
        self, body: Any, cfg: dict[str, Any], events: list[Event] | None = None
    ) -> dict[str, Any]:
        """Run the action, as ``ask_action`` does."""
        return ask_action(self.action, body, self.cfg(cfg), events)

    def cfg(self, cfg: dict[str, Any]) -> dict[str, Any]:
        """Return a cfg with the field that names the operation, if the action has it."""
        return {**cfg, "operation": self.operation} if self.action == CALL_OPERATION else cfg

    def __str__(self) -> str:
        return self.action if self.action == self.operation else f"{self.action}-{self.operation}"


def own_action(operation: str) -> Caller:
    """Return the operation's own action."""
    return Caller(operation, operation)


def callers() -> list[Caller]:
    """Return each way to call an operation: its own action if it has one, and Call Operation."""
    return [*map(own_action, OPERATIONS)] + [
        Caller(CALL_OPERATION, operation) for operation in ALL_OPERATIONS
    ]


def each_caller(test: TestFunction) -> TestFunction:
    """Run a test for each way to call an operation; only ``make thorough`` runs the second ways."""
    ways = [
        pytest.param(way, marks=pytest.mark.long)
        if way.action == CALL_OPERATION and way.operation in OPERATIONS
        else pytest.param(way, marks=marks_of(way.operation))
        for way in callers()
    ]
    marked: TestFunction = pytest.mark.parametrize("caller", ways, ids=str)(test)
    return marked


def each_operation(test: TestFunction) -> TestFunction:
    """Run a test for each operation of Amazon ECR."""
    marked: TestFunction = pytest.mark.parametrize("operation", EACH_OPERATION)(test)
    return marked


def marks_of(operation: str) -> list[pytest.MarkDecorator]:
    """Return the marks of a test that runs for each operation, when it runs for this one."""
    return [] if operation in OPERATIONS else [pytest.mark.breadth]


def ask_botocore(
    operation: str, params: Mapping[str, Any], server: Loopback, token: str | None = None
) -> dict[str, Any]:
    """Let botocore's own client call an operation on a server, and return its result."""
    client = botocore_client(REGION, server.url, token=token)
    result: dict[str, Any] = client._make_api_call(operation, dict(params))
    return result


@cache
def botocore_client(
    region: str,
    endpoint: str | None = None,
    *,
    use_fips: bool = False,
    use_dual_stack: bool = False,
    token: str | None = None,
) -> Any:
    """Return botocore's client of Amazon ECR, without the machine's AWS settings and retries."""
    with _no_aws_settings():
        return _session().create_client(
            "ecr",
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=KEYS["accessKeyId"],
            aws_secret_access_key=KEYS["secretAccessKey"],
            aws_session_token=token,
            config=Config(
                use_fips_endpoint=use_fips,
                use_dualstack_endpoint=use_dual_stack,
                retries={"total_max_attempts": 1},
            ),
        )


def botocore_authorization(
    request: Captured, token: str | None = None, region: str = REGION
) -> str:
    """Return the Authorization that botocore gives a request as of its X-Amz-Date.

    It signs what the request says is signed.
    """
    found = re.search("SignedHeaders=([a-z0-9;-]+)", request.headers["Authorization"])
    assert found
    botocores_own = {"x-amz-date", "x-amz-security-token"}
    names = set(found[1].split(";")) - botocores_own
    unsigned = AWSRequest(
        request.method,
        f"http://{request.headers['Host']}{request.path}",
        headers={name: request.headers[name] for name in names},
        data=request.body,
    )
    return sign(unsigned, request.headers["X-Amz-Date"], token, region)


def sign(request: AWSRequest, date: str, token: str | None = None, region: str = REGION) -> str:
    """Let botocore sign a request with the example keys at an X-Amz-Date."""
    credentials = Credentials(KEYS["accessKeyId"], KEYS["secretAccessKey"], token)
    now = datetime.strptime(date, SIGV4_TIMESTAMP).replace(tzinfo=UTC)
    with mock.patch("botocore.auth.get_current_datetime", return_value=now):
        SigV4Auth(credentials, "ecr", region).add_auth(request)
    return str(request.headers["Authorization"])


def _structures(shape: Shape | None, extent: Extent) -> st.SearchStrategy[dict[str, Any]]:
    if shape is None:
        return st.just({})
    members = {name: _values(member, extent) for name, member in shape.members.items()}
    required = set(shape.required_members)
    if extent == "full":
        return st.fixed_dictionaries(members)
    if extent == "minimal":
        return st.fixed_dictionaries({name: members[name] for name in members if name in required})
    return (
        st.tuples(
            st.sets(st.sampled_from(sorted(members))) if members else st.just(set()),
            st.permutations(sorted(members)),
        )
        .map(lambda chosen: [name for name in chosen[1] if name in required | chosen[0]])
        .flatmap(lambda names: st.fixed_dictionaries({name: members[name] for name in names}))
    )


def _values(shape: Shape, extent: Extent) -> st.SearchStrategy[Any]:
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", LARGEST_LONG)
    if shape.type_name == "structure":
        return _structures(shape, extent)
    if shape.type_name == "list":
        shortest = max(least, 1) if extent == "full" else least
        longest = shortest if extent == "minimal" else max(shortest, _LONGEST_LIST)
        return st.lists(_values(shape.member, extent), min_size=shortest, max_size=longest)
    if shape.type_name == "map":
        keys, values = _values(shape.key, extent), _values(shape.value, extent)
        return st.dictionaries(keys, values, min_size=int(extent == "full"), max_size=_LONGEST_LIST)
    if shape.type_name == "string":
        return _texts(shape, least, most)
    integers = st.integers(least, most)
    scalars: dict[str, st.SearchStrategy[Any]] = {
        "integer": integers,
        "long": integers,
        "double": st.floats(allow_nan=False, allow_infinity=False),
        "boolean": st.booleans(),
        "blob": st.binary(min_size=least, max_size=_LONGEST_TEXT),
        "timestamp": st.integers(0, _END_OF_2099).map(lambda milliseconds: milliseconds / 1000),
    }
    return scalars[shape.type_name]


def _texts(shape: Shape, least: int, most: int) -> st.SearchStrategy[str]:
    if shape.enum:
        return st.sampled_from([str(value) for value in shape.enum])
    if pattern := shape.metadata.get("pattern"):
        return st.sampled_from(_matching(pattern, least, most))
    return st.text(min_size=least, max_size=min(most, least + _LONGEST_TEXT))


@cache
def _matching(pattern: str, least: int, most: int) -> list[str]:
    """Return texts that match a pattern, drawn once: a repository's name takes 20 ms to draw."""
    texts = []
    matching = st.from_regex(pattern, fullmatch=True)

    @given(matching.filter(lambda text: least <= len(text) <= most))
    @tries(100)
    def draw(text: str) -> None:
        texts.append(text)

    draw()
    return sorted(set(texts), key=lambda text: (len(text), text))


@cache
def _service() -> ServiceModel:
    loader = Loader(
        extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False
    )
    return ServiceModel(loader.load_service_model("ecr", "service-2"), "ecr")


@cache
def _session() -> Session:
    return Session()


@contextmanager
def _no_aws_settings() -> Iterator[None]:
    with mock.patch.dict(os.environ):
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
        yield


ALL_OPERATIONS = tuple(sorted(_service().operation_names))
# For tests that run for each of them.
EACH_OPERATION = [pytest.param(name, marks=marks_of(name)) for name in ALL_OPERATIONS]
