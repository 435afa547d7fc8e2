"""Members of messages that are more than members of an operation: each such fact, once.

The actions go by them, the generator writes them into the schemas, the command line lists them.
"""

from collections.abc import Mapping
from typing import Any

# Members that hold JSON text; a message may hold an object instead.
JSON_TEXT_MEMBERS = frozenset({"policyText", "lifecyclePolicyText"})

# Inputs of the connector of 2019, in addition to an operation's members.
ACTION = "Action"
VERSION = "Version"
CONTENT_SHA256 = "X-Amz-Content-Sha256"
DATE = "X-Amz-Date"
ALGORITHM = "X-Amz-Algorithm"
CREDENTIAL = "X-Amz-Credential"
SECURITY_TOKEN = "X-Amz-Security-Token"
SIGNATURE = "X-Amz-Signature"
SIGNED_HEADERS = "X-Amz-SignedHeaders"
PROTOCOL_INPUTS = (
    ACTION,
    VERSION,
    CONTENT_SHA256,
    DATE,
    ALGORITHM,
    CREDENTIAL,
    SECURITY_TOKEN,
    SIGNATURE,
    SIGNED_HEADERS,
)


def stand_ins(schema: Mapping[str, Any]) -> dict[str, str]:
    """Return the members that a field of the same name stands in for, if a message lacks them.

    Args:
        schema: The schema of an action's input.

    Returns:
        Each member's name with the label of the field.
    """
    properties = schema.get("extends", {}).get("properties", {})
    return {member: rules["title"] for member, rules in properties.items()}


def stand_ins_schema(labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the part of an input's schema that :func:`stand_ins` reads.

    Such a member has no star in the mapper, which would insist on it. It is required all the same,
    in the message or in the field, so the part is checked after the field was read.

    Args:
        labels: Each member's name with the label of the field.
    """
    members = {member: {"title": label, "required": True} for member, label in labels.items()}
    return {"extends": {"properties": members}} if members else {}
