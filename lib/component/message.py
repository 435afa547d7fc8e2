"""The messages that actions emit."""

import uuid
from typing import Any

Message = dict[str, Any]


def message(body: Any, request_id: str) -> Message:
    """Return a message with a body, and with the id of the AWS request that it came from."""
    return {
        "id": str(uuid.uuid4()),
        "body": body,
        "headers": {"x-amzn-requestid": request_id} if request_id else {},
        "attachments": {},
        "metadata": {},
    }
