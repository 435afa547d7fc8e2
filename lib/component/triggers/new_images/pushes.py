"""Pushes to a registry, found by DescribeRepositories and then DescribeImages for each.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from logging import Logger, LoggerAdapter
from typing import Any

import orjson

from lib.component.errors import InvalidFieldError, NoTimeError, WrongTimeError
from lib.component.message import Message, message
from lib.component.operation.paging import pages
from lib.component.timestamps import rfc3339
from lib.component.triggers.new_images.cursor import Cursor
from lib.component.triggers.new_images.selection import Selection
from lib.component.wording import excerpt
from lib.ecr import LARGEST_OFFSET, Answer, ServiceError

# Calls one operation with its parameters as JSON.
CallOperation = Callable[[bytes], Answer]

_PAGE_SIZE = 1000  # the maximum of both operations
_MOST_NAMES = 100  # the maximum of DescribeRepositories
_NOT_FOUND = "RepositoryNotFoundException"
_COPIED_MEMBERS = ("imageSizeInBytes", "imageManifestMediaType", "artifactMediaType")


@dataclass(frozen=True)
class Registry:
    """The repositories whose images are listed.

    Args:
        uris: Each repository's URI, by its name.
        time: When they were listed, by Amazon ECR's clock: seconds since 1970.
    """

    uris: Mapping[str, str]
    time: float

    @classmethod
    def described(cls, call: CallOperation, selection: Selection) -> "Registry":
        """Fetch the repositories of a selection.

        Args:
            call: Calls DescribeRepositories.
            selection: Which repositories count.

        Raises:
            InvalidFieldError: A chosen repository does not exist.
            NoTimeError: The answer lacks the time.
            WrongTimeError: The answer comes from the future.
            EcrError: As :meth:`lib.ecr.Client.call` does.
        """
        answers = _describe_repositories(call, selection)
        first = next(answers)
        if first.time is None:
            raise NoTimeError("DescribeRepositories")
        if first.time > datetime.now(UTC) + LARGEST_OFFSET:
            raise WrongTimeError("DescribeRepositories", first.date)
        uris = _uris(first)
        for answer in answers:
            uris |= _uris(answer)
        chosen = {name: uri for name, uri in uris.items() if selection.has_repository(name)}
        return cls(chosen, first.time.timestamp())


@dataclass(frozen=True, slots=True)
class Push:
    """A push of an image.

    Args:
        cursor: Its position among all pushes.
        body: The body of its message.
        request_id: The AWS request ID of the answer that listed it.
    """

    cursor: Cursor
    body: dict[str, Any]
    request_id: str

    def message(self) -> Message:
        """Return the message of the push; its ID is the same each time.

        The ID is the UUID, version 5, of the image's URI, a blank, and the push's time.
        """
        name = f"{self.body['uri']} {self.body['imagePushedAt']}"
        return {
            **message(self.body, self.request_id),
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        }


def pushes(
    call: CallOperation,
    registry: Registry,
    selection: Selection,
    between: tuple[Cursor, Cursor],
    logger: Logger | LoggerAdapter[Logger],
) -> Iterator[Push]:
    """Yield the pushes of a registry, in no order; one may be yielded twice.

    Of an image that was pushed more than once, Amazon ECR knows the last push.

    Args:
        call: Calls DescribeImages.
        registry: The repositories to list. One that is deleted meanwhile is skipped.
        selection: Which images count.
        between: The pushes are after the first position and before the second.
        logger: The step's logger.

    Raises:
        EcrError: As :meth:`lib.ecr.Client.call` does.
        RepeatedTokenError: As :func:`lib.component.operation.paging.pages` does.
    """
    after, before = between
    for repository, uri in registry.uris.items():
        members = {"repositoryName": repository, "maxResults": _PAGE_SIZE}
        try:
            for page in pages(call, members):
                for image in page.members.get("imageDetails") or []:
                    cursor = Cursor(image["imagePushedAt"], repository, image["imageDigest"])
                    tags = image.get("imageTags") or []
                    if after < cursor < before and selection.has_tags(tags):
                        yield Push(cursor, _body(image, repository, uri, tags), page.request_id)
        except ServiceError as error:
            if error.code != _NOT_FOUND:
                raise
            logger.warning(
                "Repository %s was deleted meanwhile; its images are skipped: %s", repository, error
            )


def _describe_repositories(call: CallOperation, selection: Selection) -> Iterator[Answer]:
    names = selection.repositories
    if not names:
        yield from pages(call, {"maxResults": _PAGE_SIZE})
    try:
        for begin in range(0, len(names), _MOST_NAMES):
            yield call(orjson.dumps({"repositoryNames": names[begin : begin + _MOST_NAMES]}))
    except ServiceError as error:
        if error.code != _NOT_FOUND:
            raise
        expected = f"names of existing repositories: {error}"
        raise InvalidFieldError("repositories", excerpt(names), expected) from error


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
        **{name: image[name] for name in _COPIED_MEMBERS if name in image},
    }
