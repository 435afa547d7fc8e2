"""Errors of actions and triggers, apart from those of Amazon ECR (``lib.ecr.errors``).

ConnectorError
├── InvalidMessageError    a message is not what the action or trigger takes; nothing was sent
├── InvalidFieldError      a field of the step holds an invalid value; nothing was sent
├── WrongKeyError          a request does not carry the key that the trigger asks for
├── InvalidSnapshotError   the step's snapshot was not made by this trigger; nothing was sent
├── NoTimeError            an answer lacks the time by AWS's clock
├── WrongTimeError         an answer's time is more than a day in the future
├── NotReadyError          a result is still in progress; becomes a rebound
├── UnfinishedError        a result will never be complete
├── NoFindingsError        a scan of an image has ended without a result
├── NoScanError            an image has no scan, and none can be started
├── MessageTooLargeError   a result does not fit into one message
├── RepeatedTokenError     a page's nextToken leads to an earlier page
├── IncompleteError        some items were emitted before a later page failed
├── ImageNotFoundError     a repository does not have an image
├── InvalidManifestError   an image's manifest can't be read
├── PlatformNotFoundError  a multi-platform image has no image for a platform
├── ImmutableTagError      a tag belongs to another image and can't be moved
├── LayerDownloadError     a layer can't be downloaded; becomes a rebound if it may pass
└── WrongContentError      an image or a layer is not what its digest says

Flows see the class name without "Error", such as ``InvalidMessage``; of a NoFindingsError they see
the status that AWS gave the scan, such as ``UNSUPPORTED_IMAGE``.
"""

from collections.abc import Iterable
from itertools import islice

from lib.component.field_names import label

# A message with more faults than these is of another kind altogether.
_MOST_FAULTS = 50


class ConnectorError(Exception):
    """The base of all errors in this package.

    Attributes:
        error_name: The name that flows see.
    """

    error_name: str

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.error_name = cls.__name__.removesuffix("Error")


class InvalidMessageError(ConnectorError):
    """A message is not what the action or trigger takes; nothing was sent.

    Args:
        function: The action or trigger that got the message.
        faults: A sentence for each fault.

    Attributes:
        faults: The first 50 of them, and ``and more`` if there are others.
    """

    def __init__(self, function: str, faults: Iterable[str]) -> None:
        faults = iter(faults)
        self.faults = tuple(islice(faults, _MOST_FAULTS))
        if next(faults, None) is not None:
            self.faults += ("and more",)
        lines = "".join(f"\n- {fault}" for fault in self.faults)
        super().__init__(f"{function} can't use this message:{lines}")


class InvalidFieldError(ConnectorError):
    """A field of the step holds an invalid value; nothing was sent.

    Args:
        field: The field's name.
        got: Its value, in words that may be shown.
        expected: Its valid values, in words.

    Attributes:
        fault: The field, what it holds and what it should, without where to correct it.
    """

    def __init__(self, field: str, got: str, expected: str) -> None:
        self.fault = f"{field}: got {got}, expected {expected}"
        super().__init__(f"{self.fault}; correct it in the field {label(field)}")


class WrongKeyError(ConnectorError):
    """A request does not carry the key that the trigger asks for; nothing was emitted.

    Args:
        header: The request header that carries the key.
        label: The label of the field that holds the key.
    """

    def __init__(self, header: str, label: str) -> None:
        super().__init__(
            f"The request header {header} does not match the field {label}; if the request comes "
            "from Amazon EventBridge, set this key in the connection of its API destination"
        )


class InvalidSnapshotError(ConnectorError):
    """The step's snapshot was not made by this trigger; nothing was sent.

    Args:
        got: The snapshot, in words.
        expected: A valid snapshot, in words.
    """

    def __init__(self, got: str, expected: str) -> None:
        super().__init__(
            f"The step's snapshot: got {got}, expected {expected}. Correct it, or reset it: the "
            "step then starts as if it had never run"
        )


class NoTimeError(ConnectorError):
    """An answer lacks the time by AWS's clock.

    Args:
        operation: The operation that was called.
    """

    def __init__(self, operation: str) -> None:
        super().__init__(
            f"The answer to {operation} has no Date header, which is needed to find new images; "
            "let the proxy or endpoint in between pass it on"
        )


class WrongTimeError(ConnectorError):
    """An answer's time is more than a day in the future; by it, images to come would be missed.

    Args:
        operation: The operation that was called.
        date: The answer's Date header.
    """

    def __init__(self, operation: str, date: str) -> None:
        super().__init__(
            f"The answer to {operation} has the Date {date[:40]}, more than a day ahead of this "
            "machine's clock; one of the two is wrong"
        )


class NotReadyError(ConnectorError):
    """A result is still in progress; the same request will find it later.

    Args:
        operation: The operation that was called.
        status: The result's status.
    """

    def __init__(self, operation: str, status: str) -> None:
        super().__init__(f"{operation}: the result is still {status}")


class UnfinishedError(ConnectorError):
    """A result will never be complete.

    Args:
        operation: The operation that was called.
        status: The result's status.
    """

    def __init__(self, operation: str, status: str) -> None:
        super().__init__(
            f"{operation}: the result is {status}; start the preview again with "
            "StartLifecyclePolicyPreview"
        )


class NoFindingsError(ConnectorError):
    """A scan of an image has ended without a result.

    Args:
        status: The scan's status.
        description: What AWS says about it, or the empty string.
        advice: What to do, as a sentence without a period.
    """

    def __init__(self, status: str, description: str, advice: str) -> None:
        self.error_name = status
        reason = f" ({description})" if description else ""
        super().__init__(f"The scan of the image is {status}{reason}. {advice}")


class NoScanError(ConnectorError):
    """An image has no scan, and none can be started.

    Args:
        refusal: The error with which Amazon ECR refused to start one.
        advice: What to do, as a sentence without a period.
    """

    def __init__(self, refusal: Exception, advice: str) -> None:
        super().__init__(
            f"The image has not been scanned, and no scan can be started. {advice}. "
            f"Amazon ECR's answer: {refusal}"
        )


class MessageTooLargeError(ConnectorError):
    """A result does not fit into one message.

    Args:
        operation: The operation that was called.
        size_limit: The bytes that a message may have.
        alternative: The choice in the field emitBehavior to use instead.
    """

    def __init__(self, operation: str, size_limit: int, alternative: str) -> None:
        super().__init__(
            f"The result of {operation} exceeds the message limit of {size_limit} bytes; "
            f'choose "{alternative}" instead'
        )


class RepeatedTokenError(ConnectorError):
    """A page's nextToken leads to itself, or to an earlier page."""

    def __init__(self) -> None:
        super().__init__("Amazon ECR returned the same nextToken twice; its pages would never end")


class IncompleteError(ConnectorError):
    """Some items were emitted before a later page failed.

    Args:
        emitted: The number of items that were emitted.
        token: The nextToken of the page that failed.
        cause: The page's error.
    """

    def __init__(self, emitted: int, token: object, cause: Exception) -> None:
        items = "1 item was" if emitted == 1 else f"{emitted} items were"
        super().__init__(
            f"{items} emitted before a later page failed: {cause}. "
            f"To resume there, send a message with this nextToken: {token}"
        )


class ImageNotFoundError(ConnectorError):
    """A repository does not have an image.

    Args:
        image: The repository's name, and the image's tag or digest.
        region: The region of the repository.
        reason: The reason that Amazon ECR gives, or the empty string.
    """

    def __init__(self, image: str, region: str, reason: str) -> None:
        super().__init__(f"{image} in {region}: {reason or 'there is no such image'}")


class InvalidManifestError(ConnectorError):
    """An image's manifest can't be read.

    Args:
        digest: The image's digest.
        media_type: The manifest's media type.
    """

    def __init__(self, digest: str, media_type: str) -> None:
        super().__init__(
            f"The manifest of {digest}: got the media type {media_type[:100] or 'none'}, expected "
            "an image manifest of Docker (schema 2) or OCI, or a list of them"
        )


class PlatformNotFoundError(ConnectorError):
    """A multi-platform image has no image for a platform.

    Args:
        digest: The image's digest.
        platform: The platform.
        platforms: Those that it has.
    """

    def __init__(self, digest: str, platform: str, platforms: Iterable[str]) -> None:
        known = sorted({name for name in platforms if name} - {"unknown/unknown"})
        super().__init__(
            f"{digest} has no image for {platform}; it has {', '.join(known) or 'no platforms'}"
        )


class ImmutableTagError(ConnectorError):
    """A tag belongs to another image and can't be moved; nothing was uploaded.

    Args:
        repository: The repository's name.
        tag: The tag.
        present: The digest of the image that has the tag.
        wanted: The digest of the image that should get it.
    """

    def __init__(self, repository: str, tag: str, present: str, wanted: str) -> None:
        super().__init__(
            f"{repository} already has the tag {tag}, on the image {present} instead of {wanted}, "
            "and its tags are immutable; use another tag. Nothing was uploaded"
        )


class LayerDownloadError(ConnectorError):
    """A layer can't be downloaded; the text has no part of the layer's URL but its host.

    Args:
        digest: The layer's digest.
        reason: The cause.
        retryable: Whether it may be downloaded later.
    """

    def __init__(self, digest: str, reason: str, *, retryable: bool = False) -> None:
        self.retryable = retryable
        super().__init__(f"The layer {digest} can't be downloaded: {reason}")


class WrongContentError(ConnectorError):
    """An image or a layer is not what its digest says; what was uploaded of it is discarded.

    Args:
        digest: The digest that was expected.
        got: That of what arrived.
    """

    def __init__(self, digest: str, got: str) -> None:
        super().__init__(f"{digest} arrived with the digest {got}; the source may be damaged")
