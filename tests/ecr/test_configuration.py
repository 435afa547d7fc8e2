"""A cfg that can't be used is refused with all that is wrong with it, and nothing is sent."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from lib.component.connection import configuration_of
from lib.component.wording import type_name
from lib.ecr import Configuration, Credentials, InvalidConfigurationError
from tests.support.aws_model import (
    KEYS,
    OPERATIONS,
    REGION,
    TOKEN,
    ask_action,
    cfg_for,
    sample_parameters,
)
from tests.support.loopback import Loopback, Reply
from tests.support.repository import named

SECRET = "do-not-show-this-secret"


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def refusal(
    cfg: dict[str, Any], server: Loopback, operation: str = "DescribeRepositories"
) -> InvalidConfigurationError:
    """Return the error of an action that is run with a cfg; a request must not come of it."""
    server.answer(Reply())
    with pytest.raises(InvalidConfigurationError) as refused:
        ask_action(operation, sample_parameters(operation), cfg)
    assert server.requests == []
    return refused.value


def test_a_cfg_is_read_into_credentials_region_and_url() -> None:
    # Given
    cfg = {**KEYS, "sessionToken": TOKEN, "region": REGION, "verbose": True, "_account": "1"}
    # When
    configuration = configuration_of(cfg)
    # Then
    keys = Credentials(KEYS["accessKeyId"], KEYS["secretAccessKey"], TOKEN)
    assert configuration == Configuration(
        keys, REGION, "https://api.ecr.eu-central-1.amazonaws.com/"
    )


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_a_member_left_blank_is_a_member_not_given(blank: str | None) -> None:
    # Given
    cfg = {**KEYS, "region": REGION}
    blanks = dict.fromkeys(("sessionToken", "endpoint", "useFips", "useDualStack"), blank)
    # When, Then
    if blank == "  ":
        del blanks["useFips"], blanks["useDualStack"]  # check boxes hold no text with blanks
    assert configuration_of(cfg | blanks) == configuration_of(cfg)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_operation_is_called_without_keys(operation: str, server: Loopback) -> None:
    # Given
    cfg = {"region": REGION, "endpoint": server.url}
    # When
    error = refusal(cfg, server, operation)
    # Then
    assert error.faults == (f"{named('accessKeyId')} and {named('secretAccessKey')} are missing",)


@pytest.mark.parametrize("region", [None, "", " \n"])
def test_a_missing_region_is_named(region: str | None, server: Loopback) -> None:
    [fault] = refusal(cfg_for(server, region=region), server).faults
    assert fault == "Region (region) is missing; expected a region such as eu-central-1"


@pytest.mark.parametrize(
    ("region", "meant"),
    [
        ("eu-centrl-1", "eu-central-1"),
        ("eu-central1", "eu-central-1"),
        ("EU-CENTRAL-1", "eu-central-1"),
        ("cn-nroth-1", "cn-north-1"),
        ("eu-central-1\n-", "eu-central-1"),
    ],
)
def test_a_misspelt_region_is_met_with_the_one_meant(
    region: str, meant: str, server: Loopback
) -> None:
    [fault] = refusal(cfg_for(server, region=region), server).faults
    shown = json.dumps(region)
    assert fault == f"Region (region): got {shown}, expected an AWS region; did you mean {meant}?"


@pytest.mark.parametrize("region", ["Frankfurt am Main", "aws-global", "@evil.example/#", "?"])
def test_an_unknown_region_is_named(region: str, server: Loopback) -> None:
    [fault] = refusal(cfg_for(server, region=region), server).faults
    shown = json.dumps(region)
    assert fault == f"Region (region): got {shown}, expected an AWS region such as eu-central-1"


def test_a_secret_in_the_field_of_the_region_is_not_shown(server: Loopback) -> None:
    [fault] = refusal(cfg_for(server, region="wJalrXUtnFEMI/K7MDENG/bPxRfiCY"), server).faults
    assert (
        fault == "Region (region): got 30 characters, expected an AWS region such as eu-central-1"
    )


def test_an_unknown_region_of_10_mb_is_refused_quickly_in_few_words(server: Loopback) -> None:
    # Given
    cfg = cfg_for(server, region="eu-central-1" * 1_000_000)
    started = time.thread_time()
    # When
    error = refusal(cfg, server)
    # Then
    assert time.thread_time() - started < 1
    assert len(str(error)) < 300


@pytest.mark.parametrize("endpoint", ["http://ecr.example", "http://192.0.2.1:80"])
def test_an_http_endpoint_that_is_not_on_this_machine_is_named(
    endpoint: str, server: Loopback
) -> None:
    [fault] = refusal(cfg_for(server, endpoint=endpoint), server).faults
    assert fault.startswith(
        "Endpoint (endpoint): expected https; http is allowed to this machine only, not to "
    )


@pytest.mark.parametrize("switch", ["useFips", "useDualStack"])
def test_a_switch_beside_an_endpoint_of_ones_own_is_named(switch: str, server: Loopback) -> None:
    [fault] = refusal(cfg_for(server, **{switch: True}), server).faults
    assert fault.startswith("Endpoint (endpoint): ")
    assert "not supported" in fault


@pytest.mark.parametrize("blank", ["", " ", None])
@pytest.mark.parametrize("half", KEYS)
@pytest.mark.parametrize("token", [None, TOKEN], ids=["key", "token"])
def test_half_a_key_pair_is_named(
    half: str, blank: str | None, token: str | None, server: Loopback
) -> None:
    # Given
    [other] = set(KEYS) - {half}
    # When
    error = refusal(cfg_for(server, sessionToken=token, **{half: blank}), server)
    # Then
    [fault] = error.faults
    assert fault.startswith(f"{named(half)} is missing")
    assert named(other) in fault
    assert not any(secret in str(error) for secret in (*KEYS.values(), TOKEN))


def test_a_session_token_alone_is_named(server: Loopback) -> None:
    # Given
    cfg = {"sessionToken": TOKEN, "region": REGION, "endpoint": server.url}
    # When
    error = refusal(cfg, server)
    # Then
    [fault] = error.faults
    assert all(named(name) in fault for name in ("accessKeyId", "secretAccessKey", "sessionToken"))
    assert TOKEN not in str(error)


@pytest.mark.parametrize(
    "name", ["accessKeyId", "secretAccessKey", "sessionToken", "region", "endpoint"]
)
@pytest.mark.parametrize("value", [7, 0, 1.5, True, False, [SECRET], {"value": SECRET}, [], {}])
def test_a_member_that_is_no_text_is_named_and_not_shown(
    name: str, value: Any, server: Loopback
) -> None:
    error = refusal(cfg_for(server, **{name: value}), server)
    assert error.faults == (f"{named(name)}: got {type_name(value)}, expected a string",)


@pytest.mark.parametrize("name", ["useFips", "useDualStack"])
@pytest.mark.parametrize(
    "value",
    ["yes", "TRUE ", 1, 0, 1.0, [], {}, [True], "x" * 10_000_000],
    ids=lambda value: repr(value)[:20],
)
def test_a_switch_that_is_neither_on_nor_off_is_named(
    name: str, value: Any, server: Loopback
) -> None:
    [fault] = refusal(cfg_for(server, **{name: value}), server).faults
    assert fault.startswith(f"{named(name)}: got ")
    assert fault.endswith(", expected true or false")
    assert len(fault) < 120


@pytest.mark.parametrize("name", ["accessKeyId", "secretAccessKey", "sessionToken"])
@pytest.mark.parametrize(
    "given",
    [
        f"{SECRET} {SECRET}",
        f"{SECRET}\r\nX-Injected: 1",
        f"{SECRET}\x00",
        f"{SECRET}\x7f",
        f"{SECRET}é",
        f"{SECRET}\u2028x",
        SECRET * 500_000 + " x",
    ],
    ids=["blank", "line break", "null", "delete", "accent", "line separator", "10 MB"],
)
def test_a_key_with_characters_that_no_key_has_is_named_and_not_shown(
    name: str, given: str, server: Loopback
) -> None:
    error = refusal(cfg_for(server, **{name: given}), server)
    assert error.faults[0].startswith(f"{named(name)} contains ")
    assert SECRET not in str(error)
    assert len(str(error)) < 300


@pytest.mark.parametrize("given", [f"{SECRET}/+", "AKIA/EXAMPLE", "AKIA,EXAMPLE", "AKIA=EXAMPLE"])
def test_what_is_no_access_key_id_is_refused_and_not_shown(given: str, server: Loopback) -> None:
    # It would stand in the Authorization header, where / and , part it from what follows.
    error = refusal(cfg_for(server, accessKeyId=given), server)
    assert error.faults[0].startswith("Access Key ID (accessKeyId) contains ")
    assert given not in str(error)


def test_all_that_is_wrong_is_said_at_once(server: Loopback) -> None:
    # Given
    cfg = {
        "accessKeyId": SECRET,
        "secretAccessKey": [SECRET],
        "sessionToken": f"{SECRET} {SECRET}",
        "region": "eu-centrl-1",
        "endpoint": f"http://user:{SECRET}@ecr.example",
        "useFips": "perhaps",
        "useDualStack": 2,
    }
    # When
    error = refusal(cfg, server)
    # Then
    assert [name for name in cfg for fault in error.faults if fault.startswith(named(name))] == [
        *cfg
    ]
    assert len(error.faults) == len(cfg)
    assert all(fault in str(error) for fault in error.faults)
    assert SECRET not in str(error)


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("HTTPS_PROXY", f"http://flow:{SECRET}@[…]", "the proxy of the environment: expected"),
        ("REQUESTS_CA_BUNDLE", f"/{SECRET}", "the certificate bundle of the environment ("),
    ],
)
def test_an_environment_that_can_t_be_used_is_named(
    name: str, value: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    # Equal configurations share a client, which has read the environment of its time.
    cfg = {**KEYS, "region": REGION, "endpoint": f"https://{name.replace('_', '-')}.example"}
    with pytest.raises(InvalidConfigurationError) as refused:
        ask_action("DescribeRepositories", {}, cfg)
    assert refused.value.faults[0].startswith(fault)
    assert SECRET not in str(refused.value)


def test_a_repr_shows_no_secret(server: Loopback) -> None:
    # When
    configuration = configuration_of(cfg_for(server, sessionToken=TOKEN))
    # Then
    for secret in (*KEYS.values(), TOKEN):
        assert secret not in repr(configuration)
        assert secret not in str(configuration.credentials)
