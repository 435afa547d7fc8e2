"""A repository of Amazon ECR, as the operations of its images and layers see it."""

from dataclasses import dataclass
from logging import Logger, LoggerAdapter
from typing import Any

import orjson

from lib.component.errors import ImageNotFoundError
from lib.component.images.manifest import MEDIA_TYPES
from lib.component.operation.call import Call
from lib.ecr import Answer, Client, registry_host


@dataclass(frozen=True)
class Repository:
    """A repository, and who is asked about it.

    Args:
        client: Sends the requests.
        region: The region that they go to.
        name: The repository's name.
        registry_id: The account of its registry, or the empty text for the client's own.
        logger: The step's logger.
        verbose: Whether each request and its answer are logged.
    """

    client: Client
    region: str
    name: str
    registry_id: str
    logger: Logger | LoggerAdapter[Logger]
    verbose: bool

    def call(self, operation: str, **members: Any) -> Answer:
        """Call an operation; raises as :meth:`lib.ecr.Client.call` does.

        Args:
            operation: The operation; an item that fails is part of its result.
            members: Its parameters, without the registry's.
        """
        call = Call(
            operation, self.client, self.logger, verbose=self.verbose, expects_failures=True
        )
        return call(orjson.dumps({**self.registry, **members}))

    @property
    def registry(self) -> dict[str, str]:
        """The member that names the registry; empty for the client's own."""
        return {"registryId": self.registry_id} if self.registry_id else {}

    def image(self, **image_id: str) -> dict[str, Any]:
        """Return an image with its manifest, as BatchGetImage answers.

        Args:
            image_id: ``imageTag`` or ``imageDigest``.

        Raises:
            ImageNotFoundError: The repository does not have it.
            EcrError: As :meth:`lib.ecr.Client.call` does.
        """
        answer = self.call(
            "BatchGetImage",
            repositoryName=self.name,
            imageIds=[image_id],
            acceptedMediaTypes=MEDIA_TYPES,
        ).members
        for image in answer.get("images") or []:
            return dict(image)
        [reference] = image_id.values()
        failures = answer.get("failures") or [{}]
        raise ImageNotFoundError(
            f"{self.name} {reference}", self.region, failures[0].get("failureReason", "")
        )

    def uri(self, registry_id: str, digest: str) -> str:
        """Return the address that pulls exactly one image."""
        return f"{registry_host(registry_id, self.region)}/{self.name}@{digest}"
