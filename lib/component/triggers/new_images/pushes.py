"""What was pushed to a registry, and when: DescribeRepositories, then DescribeImages for each.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from logging import Logger, LoggerAdapter
from typing import Any

import orjson

from lib.component.errors import InvalidFieldError, NoTimeError
from lib.component.message import Message, message
from lib.component.operation.paging import pages
from lib.component.timestamps import rfc3339
from lib.component.triggers.new_images.cursor import Place
from lib.component.triggers.new_images.selection import Selection
from lib.ecr import Answer, ServiceError

# Calls one operation with its parameters as JSON.
Ask = Callable[[bytes], Answer]

_PAGE_SIZE = 1000  # the most that both operations give at once
_MOST_NAMES = 100  # the most that DescribeRepositories takes at once
_NOT_FOUND = "RepositoryNotFoundException"
_TOLD_AS_THEY_ARE = ("imageSizeInBytes", "imageManifestMediaType", "artifactMediaType")


@dataclass(frozen=True)
class Registry:
    """The repositories that are looked into.

    Args:
        uris: Each repository's URI, by its name.
        time: When Amazon ECR was first asked for them, by its own clock: seconds since 1970.
    """

    uris: Mapping[str, str]
    time: float

    @classmethod
    def described(cls, ask: Ask, selection: Selection) -> "Registry":
        """Ask for the repositories of a selection.

        Args:
            ask: Calls DescribeRepositories.
            selection: Which repositories count.

        Raises:
            InvalidFieldError: A repository that was chosen is not there.
            NoTimeError: Amazon ECR does not tell the time.
            EcrError: As :meth:`lib.ecr.Client.call` does.
        """
        answers = _describe_repositories(ask, selection)
        first = next(answers)
        if first.time is None:
            raise NoTimeError("DescribeRepositories")
        uris = _uris(first)
        for answer in answers:
            uris |= _uris(answer)
        chosen = {name: uri for name, uri in uris.items() if selection.has_repository(name)}
        return cls(chosen, first.time.timestamp())


@dataclass(frozen=True, slots=True)
class Push:
    """A push of an image.

    Args:
        place: Where it stands among all pushes.
        body: What a message tells of it.
        request_id: The AWS request id of the answer that told of it.
    """

    place: Place
    body: dict[str, Any]
    request_id: str

    def message(self) -> Message:
        """Return the message of the push; its id is the same whenever it is made.

        The id is the UUID, version 5, of the image's URI and the push's time, with a blank
        between.
        """
        name = f"{self.body['uri']} {self.body['imagePushedAt']}"
        whole = message(self.body, self.request_id)
        return {**whole, "id": str(uuid.uuid5(uuid.NAMESPACE_URL, name))}


def pushes(
    ask: Ask,
    registry: Registry,
    selection: Selection,
    between: tuple[Place, Place],
    logger: Logger | LoggerAdapter[Logger],
) -> Iterator[Push]:
    """Yield the pushes of a registry, in no order; one may be yielded twice.

    Of an image that was pushed more than once, Amazon ECR knows the last push.

    Args:
        ask: Calls DescribeImages.
        registry: The repositories to look into. One that is gone meanwhile is left out.
        selection: Which images count.
        between: The pushes' places are past the first and before the second.
        logger: The step's.

    Raises:
        EcrError: As :meth:`lib.ecr.Client.call` does.
        RepeatedTokenError: As :func:`lib.component.operation.paging.pages` does.
    """
    after, before = between
    for repository, uri in registry.uris.items():
        members = {"repositoryName": repository, "maxResults": _PAGE_SIZE}
        try:
            for page in pages(ask, members):
                for image in page.members.get("imageDetails") or []:
                    place = Place(image["imagePushedAt"], repository, image["imageDigest"])
                    tags = image.get("imageTags") or []
                    if after < place < before and selection.has_tags(tags):
                        yield Push(place, _body(image, repository, uri, tags), page.request_id)
        except ServiceError as error:
            if error.code != _NOT_FOUND:
                raise
            logger.warning("%s is gone, so its images are left out: %s", repository, error)


def _describe_repositories(ask: Ask, selection: Selection) -> Iterator[Answer]:
    names = selection.repositories
    if not names:
        yield from pages(ask, {"maxResults": _PAGE_SIZE})
    try:
        for begin in range(0, len(names), _MOST_NAMES):
            yield ask(orjson.dumps({"repositoryNames": names[begin : begin + _MOST_NAMES]}))
    except ServiceError as error:
        if error.code != _NOT_FOUND:
            raise
        there = f"what the registry holds: {error}"
        raise InvalidFieldError("repositories", names, there) from error


def _uris(answer: Answer) -> dict[str, str]:
    return {
        repository["repositoryName"]: repository["repositoryUri"]
        for repository in answer.members.get("repositories") or []
    }


def _body(image: Mapping[str, Any], repository: str, uri: str, tags: list[str]) -> dict[str, Any]:
    return {
        "repositoryName": repository,
        "registryId": image["registryId"],
        "uri": f"{uri}@{image['imageDigest']}",
        "imageDigest": image["imageDigest"],
        "imageTags": tags,
        "imagePushedAt": rfc3339(image["imagePushedAt"]),
        **{name: image[name] for name in _TOLD_AS_THEY_ARE if name in image},
    }
