"""The platform's object storage: see docs/platform.md, section "Large messages"."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from lib.platform.http_server import Answer, HttpServer


@dataclass
class ObjectStorage(HttpServer):
    """A store for the bodies of large messages, behind a bearer token.

    Args:
        token: ELASTICIO_OBJECT_STORAGE_TOKEN.
        objects: The stored objects by their ids.
    """

    token: str = "storage-token-93ab"
    objects: dict[str, bytes] = field(default_factory=dict)

    def answer(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> Answer:
        """Store an object, or return one."""
        if headers.get("Authorization") != f"Bearer {self.token}":
            return Answer(401, {"error": "Unauthorized"})
        if method == "POST" and path == "/objects":
            return Answer(200, {"objectId": self.put(content)})
        found = self.objects.get(path.removeprefix("/objects/"))
        if method != "GET" or found is None:
            return Answer(404, {"error": "Not found"})
        return Answer(200, found)

    def put(self, content: bytes) -> str:
        """Store an object, and return its id."""
        object_id = str(uuid.uuid4())
        self.objects[object_id] = content
        return object_id
