"""What a user of the sandbox may do, and how it refuses what a user may not."""

import json
import uuid
from collections.abc import Callable

import pytest
from moto.iam.models import iam_backends

from lib.ecr import ServiceError
from lib.sandbox import REGION, Sandbox
from tests.support.sandbox import backend_of, call

User = Callable[[str], dict[str, str]]


@pytest.fixture
def user(sandbox: Sandbox, repository: str) -> User:
    """Return what makes a user who may do one thing, and returns the cfg of that user."""

    def with_permission(action: str) -> dict[str, str]:
        iam = iam_backends[backend_of(sandbox.cfg, repository).account_id]["aws"]
        name = uuid.uuid4().hex
        statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
        iam.create_user(REGION, name)
        iam.put_user_policy(
            name, "it", json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        )
        key = iam.create_access_key(name)
        return {
            **sandbox.cfg,
            "accessKeyId": key.access_key_id,
            "secretAccessKey": key.secret_access_key,
        }

    return with_permission


def test_what_a_policy_allows_is_done(user: User, repository: str) -> None:
    cfg = user("ecr:ListImages")

    assert call(cfg, "ListImages", repositoryName=repository) == {"imageIds": []}


@pytest.mark.parametrize("whole", [True, False])
def test_what_no_policy_allows_is_refused_as_amazon_ecr_does(
    user: User, repository: str, whole: bool
) -> None:
    cfg = user("ecr:ListImages")
    names = {} if whole else {"repositoryName": repository}
    operation = "DescribeRepositories" if whole else "DescribeImages"

    with pytest.raises(ServiceError) as refusal:
        call(cfg, operation, **names)

    resource = "*" if whole else repository
    assert refusal.value.code == "AccessDeniedException"
    assert f" is not authorized to perform: ecr:{operation} on resource: arn:aws:ecr:{REGION}:" in (
        str(refusal.value)
    )
    assert (
        f":repository/{resource} because no identity-based policy allows the ecr:{operation} action"
        f" ({operation}, {REGION}, HTTP 400, "
    ) in str(refusal.value)
