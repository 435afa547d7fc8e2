"""Roles in a sandbox, which checks their trust policies and permissions."""

from typing import Any

import boto3
import orjson
from botocore.config import Config

from lib.sandbox import Sandbox
from tests.support.aws_model import REGION

EXTERNAL_ID = "flow:of/ours"


def role_in(
    sandbox: Sandbox, name: str, actions: str = "ecr:*", trusted: Sandbox | None = None
) -> str:
    """Make a role that asks for the external id, and return its ARN.

    Args:
        sandbox: Where the role is.
        name: The role's name.
        actions: What it may do.
        trusted: The sandbox whose user may assume it, by default the same.
    """
    user = _iam(trusted or sandbox).get_user(UserName="designer")["User"]["Arn"]
    iam = _iam(sandbox)
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": user},
        "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
    }
    permission = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))
    iam.put_role_policy(RoleName=name, PolicyName="it", PolicyDocument=_policy(permission))
    return str(role["Role"]["Arn"])


def _iam(sandbox: Sandbox) -> Any:
    return boto3.session.Session(
        aws_access_key_id=sandbox.cfg["accessKeyId"],
        aws_secret_access_key=sandbox.cfg["secretAccessKey"],
        region_name=REGION,
    ).client("iam", endpoint_url=sandbox.cfg["endpoint"], config=Config(signature_version="v4"))


def _policy(statement: dict[str, Any]) -> str:
    return orjson.dumps({"Version": "2012-10-17", "Statement": [statement]}).decode()
