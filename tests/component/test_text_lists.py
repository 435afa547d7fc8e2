"""Lists of texts: the mapper can't make them by clicking, so one text with commas is taken too."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from lib.component import InvalidMessageError
from tests.support.aws_model import (
    ALL_OPERATIONS,
    ask_operation,
    cfg_for,
    operation_model,
    sample_parameters,
)
from tests.support.loopback import Loopback, Reply

ARN = "arn:aws:ecr:eu-central-1:123456789012:repository/shop"
LISTS = [
    (operation, name)
    for operation in ALL_OPERATIONS
    for name, member in operation_model(operation).input_shape.members.items()
    if member.type_name == "list" and member.member.type_name == "string"
]


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def sent(operation: str, body: dict[str, Any], server: Loopback) -> Any:
    server.answer(Reply())
    ask_operation(operation, body, cfg_for(server))
    return server.requests[0].json


def test_there_are_these_lists() -> None:
    assert LISTS == [
        ("BatchCheckLayerAvailability", "layerDigests"),
        ("BatchGetImage", "acceptedMediaTypes"),
        ("BatchGetRepositoryScanningConfiguration", "repositoryNames"),
        ("CompleteLayerUpload", "layerDigests"),
        ("CreateRepositoryCreationTemplate", "appliedFor"),
        ("DescribePullThroughCacheRules", "ecrRepositoryPrefixes"),
        ("DescribeRepositories", "repositoryNames"),
        ("DescribeRepositoryCreationTemplates", "prefixes"),
        ("GetAuthorizationToken", "registryIds"),
        ("UntagResource", "tagKeys"),
        ("UpdateRepositoryCreationTemplate", "appliedFor"),
    ]


@pytest.mark.parametrize(("operation", "name"), LISTS)
def test_each_of_them_takes_one_text(server: Loopback, operation: str, name: str) -> None:
    body = sample_parameters(operation)
    value = body[name][0].strip()

    expected = {**body, name: [value, value]}
    assert sent(operation, {**body, name: f"{value}, {value}"}, server) == expected


def test_a_list_within_an_object_takes_one_text_too(server: Loopback) -> None:
    body = {"repositoryName": "shop", "subjectId": {"imageDigest": f"sha256:{'0a' * 32}"}}
    given = {**body, "filter": {"artifactTypes": "application/spdx+json, text/plain"}}
    before = copy.deepcopy(given)

    assert sent("ListImageReferrers", given, server) == {
        **body,
        "filter": {"artifactTypes": ["application/spdx+json", "text/plain"]},
    }
    assert given == before


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("team", ["team"]),
        ("team,stage", ["team", "stage"]),
        (" team , cost center ,", ["team", "cost center"]),
        ("", []),
        (["a,b"], ["a,b"]),
    ],
)
@pytest.mark.parametrize("envelope", [False, True])
def test_a_text_is_split_at_its_commas(
    server: Loopback, text: Any, keys: list[str], envelope: bool
) -> None:
    body = {"resourceArn": ARN, "tagKeys": text}

    assert sent("UntagResource", {"requestBody": body} if envelope else body, server) == {
        "resourceArn": ARN,
        "tagKeys": keys,
    }


def test_each_value_of_a_text_is_checked(server: Loopback) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        sent("DescribeRepositories", {"repositoryNames": "team/app, Team/Web"}, server)

    [fault] = refused.value.faults
    assert fault.startswith('repositoryNames[1]: got "Team/Web", expected text that matches ')


def test_a_list_of_objects_takes_no_text(server: Loopback) -> None:
    with pytest.raises(InvalidMessageError, match=r'imageIds: got a string \("v1"\), expected an'):
        sent("BatchGetImage", {"repositoryName": "shop", "imageIds": "v1"}, server)
