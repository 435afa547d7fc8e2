"""Members of messages that are more than members of an operation: each such fact, once.

The actions go by them, the generator writes them into the schemas, the command line lists them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# Members that hold JSON text; a message may hold an object instead.
JSON_TEXT_MEMBERS = frozenset(
    {"policyText", "lifecyclePolicyText", "repositoryPolicy", "lifecyclePolicy"}
)

# Members that the drop-down of repositories can hold, each with the label of its field.
REPOSITORY_FIELDS = dict.fromkeys(("repositoryName", "resourceArn"), "Repository")

# In a schema: the value is a secret, which neither logs nor errors show.
SENSITIVE = "sensitive"

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


def plain_lists(schema: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield the path of each list of texts; a message may hold one text with commas instead.

    The mapper can make lists of objects by clicking, but no lists of plain values.

    Args:
        schema: The schema of an action's input.
    """
    for name, member in schema.get("properties", {}).items():
        if member["type"] == "array" and member["items"]["type"] == "string":
            yield (name,)
        for path in plain_lists(member):
            yield (name, *path)


def member_at(schema: dict[str, Any], path: Iterable[str]) -> dict[str, Any]:
    """Return the schema of the member at a path; of the empty path, the schema itself."""
    for name in path:
        schema = schema["properties"][name]
    return schema


def ordered(properties: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return properties numbered for the screen, in the order given: the first is the largest."""
    orders = range(len(properties), 0, -1)
    return {
        name: {**schema, "order": order}
        for order, (name, schema) in zip(orders, properties.items(), strict=True)
    }


def sensitive_members(schema: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the members whose values are secret, by botocore's model.

    Args:
        schema: The schema of an operation's input or output.
    """
    found: set[str] = set()
    for name, member in schema.get("properties", {}).items():
        if _is_sensitive(member):
            found.add(name)
        found |= sensitive_members(member.get("items", member))
    return frozenset(found)


def _is_sensitive(schema: Mapping[str, Any]) -> bool:
    parts = (schema.get(keyword) for keyword in ("items", "additionalProperties"))
    return bool(schema.get(SENSITIVE)) or any(
        _is_sensitive(part) for part in parts if isinstance(part, dict)
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
