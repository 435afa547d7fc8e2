"""Messages that actions and triggers emit."""

import uuid
from typing import Any

Message = dict[str, Any]


def message(body: Any, request_id: str) -> Message:
    """Return a message with a body, and with the ID of the AWS request that it came from.

    Args:
        body: The message's body.
        request_id: The AWS request ID, or the empty string.
    """
    return {
        "id": str(uuid.uuid4()),
        "body": body,
        "headers": {"x-amzn-requestid": request_id} if request_id else {},
        "attachments": {},
        "metadata": {},
    }
