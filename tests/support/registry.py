"""A sandbox in which a test sets what was pushed and when, and Amazon ECR's clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import Any
from unittest import mock

import orjson
from moto.ecr.models import ECRBackend, Image, ecr_backends

from lib.component.connection import client_of
from lib.sandbox import REGION, Sandbox

# Years away from this machine's clock, which must not matter.
NOON = int(datetime(2025, 1, 31, 12, tzinfo=UTC).timestamp())

_MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"


class Registry:
    """The registry of a sandbox; images are put into it directly, for speed and any push time.

    Args:
        sandbox: A running sandbox.

    Attributes:
        now: The time by Amazon ECR's clock, in seconds since 1970.
        before_listing: Called with a repository's name each time before its images are listed.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.cfg: dict[str, Any] = dict(sandbox.cfg)
        self.now = NOON
        self.before_listing: Callable[[str], None] = lambda _: None
        self._backend: Any = None  # moto's, once there is a repository
        self._client = client_of(sandbox.cfg)

    def create(self, *names: str) -> None:
        """Create repositories."""
        for name in names:
            created = self.call("CreateRepository", repositoryName=name)["repository"]
            self._backend = ecr_backends[created["registryId"]][REGION]

    def delete(self, name: str) -> None:
        """Delete a repository with its images."""
        self.call("DeleteRepository", repositoryName=name, force=True)

    def push(
        self, repository: str, number: int, *tags: str, at: int | None = None, size: int = 7
    ) -> str:
        """Push an image, or the same one again; return its URI.

        Args:
            repository: The repository's name.
            number: Tells images apart.
            tags: The image's tags.
            at: The push time, in seconds since 1970; now by default.
            size: The image's size in bytes.
        """
        content = {"schemaVersion": 2, "layers": [], "config": {"size": size}}
        manifest = orjson.dumps(content).decode()
        digest = f"sha256:{number:064x}"
        found = self._backend.repositories[repository]
        image = Image(
            found.registry_id,
            "",
            manifest,
            repository,
            _MEDIA_TYPE,
            digest,
            found.registry_id,
        )
        image.image_tags = list(tags)
        image.image_pushed_at = self.now if at is None else at
        others = [other for other in found.images if other.get_image_digest() != digest]
        found.images = [*others, image]
        return f"{found.uri}@{digest}"

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        """Call an operation of Amazon ECR."""
        return self._client.call(operation, orjson.dumps(members)).members


@contextmanager
def registry() -> Iterator[Registry]:
    """Have a registry for as long as the block lasts."""
    listed = ECRBackend.describe_images

    def describe_images(self: ECRBackend, name: str, *more: Any, **others: Any) -> Any:
        running.before_listing(name)
        return listed(self, name, *more, **others)

    def date(_: BaseHTTPRequestHandler) -> str:
        return formatdate(running.now, usegmt=True)

    with (
        Sandbox() as sandbox,
        mock.patch.object(ECRBackend, "describe_images", describe_images),
        mock.patch.object(BaseHTTPRequestHandler, "date_time_string", date),
    ):
        running = Registry(sandbox)
        yield running
