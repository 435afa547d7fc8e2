"""Protocol inputs: the parts of a request that a message may hold next to the members.

The 2019 connector had them as inputs of its actions; messages made for it still work.
"""

from typing import Any

from botocore.model import OperationModel

from lib.component.operation import members

_OWN_SIGNATURE = (
    "X-Amz-Date, X-Amz-Credential, X-Amz-SignedHeaders and X-Amz-Signature belong together: if all "
    "four are given, the request carries that signature; otherwise they are ignored and the "
    "connector signs the request with its credentials."
)
_HEX_DIGEST = "^(?:[0-9a-f]{64})$"


def protocol_inputs(operation: OperationModel) -> dict[str, dict[str, Any]]:
    """Return the protocol inputs of an operation, as properties of its in-schema."""
    version = operation.service_model.api_version
    service = operation.service_model.signing_name
    inputs: dict[str, dict[str, Any]] = {
        members.ACTION: {
            "title": "Action",
            "description": "The operation. Optional; if given, it must be that of the action.",
            "enum": [operation.name],
        },
        members.VERSION: {
            "title": "Version",
            "description": f"The version of the API. Optional; if given, it must be {version}.",
            "enum": [version],
        },
        members.CONTENT_SHA256: {
            "title": "Content SHA-256",
            "description": "The SHA-256 digest of the payload, in lower-case hexadecimal digits. "
            "If given, it must match the payload that is sent: the members as compact JSON in "
            "UTF-8, in the order given.",
            "pattern": _HEX_DIGEST,
        },
        members.DATE: {
            "title": "Signing Date",
            "description": "When the caller signed the request, in UTC, such as "
            f"20250131T235959Z. {_OWN_SIGNATURE}",
            "pattern": "^(?:[0-9]{8}T[0-9]{6}Z)$",
        },
        members.ALGORITHM: {
            "title": "Signing Algorithm",
            "description": "The algorithm of the caller's signature. Optional; if given, it must "
            "be AWS4-HMAC-SHA256.",
            "enum": ["AWS4-HMAC-SHA256"],
        },
        members.CREDENTIAL: {
            "title": "Signing Credential",
            "description": "The access key ID and the scope of the caller's signature, such as "
            f"AKIDEXAMPLE/20250131/eu-central-1/{service}/aws4_request. {_OWN_SIGNATURE}",
            "maxLength": 256,
            "pattern": rf"^(?:[0-9A-Za-z_]+/[0-9]{{8}}/[0-9a-z-]+/{service}/aws4_request)$",
        },
        members.SECURITY_TOKEN: {
            "title": "Security Token",
            "description": "The session token of temporary credentials. If given, it replaces the "
            "session token of the connector's credentials.",
            "maxLength": 8192,
            "pattern": "^(?:[!-~]+)$",
        },
        members.SIGNATURE: {
            "title": "Signature",
            "description": "The caller's signature, in lower-case hexadecimal digits. "
            f"{_OWN_SIGNATURE}",
            "pattern": _HEX_DIGEST,
        },
        members.SIGNED_HEADERS: {
            "title": "Signed Headers",
            "description": "The names of the headers that the caller signed, in lower case and "
            f"joined by semicolons, such as host;x-amz-date. {_OWN_SIGNATURE}",
            "maxLength": 1024,
            "pattern": "^(?:[0-9a-z-]+(?:;[0-9a-z-]+)*)$",
        },
    }
    for name, schema in inputs.items():
        schema["type"] = "string"
        if "-" in name:
            schema["description"] += f" It can also be named {name.replace('-', '_')}."
    return inputs
