"""The repository that an image is copied to: what it has, and what is added."""

import hashlib
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

import orjson

from lib.component.cfg import matches
from lib.component.errors import ImageNotFoundError, ImmutableTagError, WrongContentError
from lib.component.images.download import LARGEST_RANGE
from lib.component.images.manifest import Layer, Manifest
from lib.component.images.repository import Repository
from lib.ecr import Answer, ServiceError

# Returns a range of a layer, by the layer, the first byte and the number of bytes.
ReadRange = Callable[[Layer, int, int], bytes]

_MOST_LAYERS = 100  # the maximum of BatchCheckLayerAvailability
_LARGEST_PART = 20_971_520  # bytes; the maximum of UploadLayerPart
_ATTEMPTS = 2
_ALREADY_THERE = "LayerAlreadyExistsException"
# A part was counted twice, since an answer was lost, or the upload was abandoned: begin again.
_UPLOAD_IS_LOST = frozenset({"InvalidLayerPartException", "UploadNotFoundException"})


class Target:
    """A repository that images are copied to.

    Args:
        repository: The repository.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._name = repository.name
        self._description: dict[str, Any] = {}

    @property
    def registry_id(self) -> str:
        """The account of the registry, once it is open."""
        return str(self._description.get("registryId"))

    def open(self, *, create: bool) -> None:
        """Look at the repository before anything is copied.

        Args:
            create: Whether to create it if it is missing.

        Raises:
            EcrError: It does not exist, or can't be created.
        """
        try:
            self._describe()
        except ServiceError as error:
            if not create or error.code != "RepositoryNotFoundException":
                raise
            self._create()
            self._describe()

    def tagged(self, tag: str) -> str | None:
        """Return the digest of the image that has a tag, or None."""
        return self._digest_of(imageTag=tag)

    def has_image(self, digest: str) -> bool:
        """Return whether it has an image, and thereby all that the image refers to."""
        return self._digest_of(imageDigest=digest) is not None

    def check_tag(self, tag: str, present: str | None, wanted: str) -> None:
        """Refuse to move a tag that is immutable.

        Args:
            tag: The tag.
            present: The digest of the image that has it, or None.
            wanted: The digest of the image that should have it.

        Raises:
            ImmutableTagError: It belongs to another image.
        """
        if present not in {None, wanted} and self._is_immutable(tag):
            raise ImmutableTagError(self._name, tag, str(present), wanted)

    def missing(self, layers: Sequence[Layer]) -> list[Layer]:
        """Return the layers that it does not have."""
        available: set[str] = set()
        for first in range(0, len(layers), _MOST_LAYERS):
            digests = [layer.digest for layer in layers[first : first + _MOST_LAYERS]]
            answer = self._call("BatchCheckLayerAvailability", layerDigests=digests)
            available |= {
                found["layerDigest"]
                for found in answer.members.get("layers") or []
                if found.get("layerAvailability") == "AVAILABLE"
            }
        return [layer for layer in layers if layer.digest not in available]

    def add_layer(self, layer: Layer, read: ReadRange) -> bool:
        """Upload a layer that it does not have; return whether that was needed.

        Args:
            layer: The layer.
            read: Returns ranges of it.

        Raises:
            WrongContentError: The layer is not what its digest says.
            EcrError: Amazon ECR does not take it.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._upload(layer, read)
            except ServiceError as error:
                if error.code not in _UPLOAD_IS_LOST or attempt == _ATTEMPTS:
                    raise
            if not self.missing([layer]):  # completed after all
                return True

    def put(self, manifest: Manifest, tag: str) -> str:
        """Add an image whose layers and images are there; return the AWS request ID.

        Args:
            manifest: The image.
            tag: The tag that it gets, or the empty text.
        """
        typed = {"imageManifestMediaType": manifest.media_type} if manifest.media_type else {}
        tagged = {"imageTag": tag} if tag else {}
        try:
            answer = self._call(
                "PutImage",
                imageManifest=manifest.text,
                imageDigest=manifest.digest,
                **typed,
                **tagged,
            )
        except ServiceError as error:
            if error.code != "ImageAlreadyExistsException":  # by another message, just now
                raise
            return ""
        return answer.request_id

    def _call(self, operation: str, **members: Any) -> Answer:
        return self._repository.call(operation, repositoryName=self._name, **members)

    def _describe(self) -> None:
        answer = self._repository.call("DescribeRepositories", repositoryNames=[self._name])
        [self._description] = answer.members["repositories"]

    def _create(self) -> None:
        try:
            self._call("CreateRepository")
        except ServiceError as error:
            if error.code != "RepositoryAlreadyExistsException":  # by another message, just now
                raise

    def _digest_of(self, **image_id: str) -> str | None:
        try:
            return str(self._repository.image(**image_id)["imageId"]["imageDigest"])
        except ImageNotFoundError:
            return None

    def _is_immutable(self, tag: str) -> bool:
        """https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html."""
        mutability: str = self._description.get("imageTagMutability", "")
        setting, _, exclusion = mutability.partition("_")
        filters = self._description.get("imageTagMutabilityExclusionFilters") or []
        is_excluded = bool(exclusion) and any(matches([tag], each["filter"]) for each in filters)
        return (setting == "IMMUTABLE") != is_excluded

    def _upload(self, layer: Layer, read: ReadRange) -> bool:
        started = self._call("InitiateLayerUpload").members
        upload_id: str = started["uploadId"]
        part_size = min(started.get("partSize") or _LARGEST_PART, _LARGEST_PART)
        checksum = hashlib.sha256()

        def checked(first: int, size: int) -> bytes:
            content = read(layer, first, size)
            checksum.update(content)
            return content

        for first in range(0, layer.size, part_size):
            last = min(first + part_size, layer.size) - 1
            # No name keeps a part while the next one is made.
            self._repository.client.call(
                "UploadLayerPart", self._part(upload_id, first, last, checked)
            )
        digest = f"sha256:{checksum.hexdigest()}"
        if digest != layer.digest:
            raise WrongContentError(layer.digest, digest)
        try:
            self._call("CompleteLayerUpload", uploadId=upload_id, layerDigests=[layer.digest])
        except ServiceError as error:
            if error.code != _ALREADY_THERE:  # by another message, just now
                raise
            return False
        return True

    def _part(
        self, upload_id: str, first: int, last: int, read: Callable[[int, int], bytes]
    ) -> bytes:
        """Return the parameters of UploadLayerPart, which memory holds once and in one form."""
        members = {
            **self._repository.registry,
            "repositoryName": self._name,
            "uploadId": upload_id,
            "partFirstByte": first,
            "partLastByte": last,
            "layerPartBlob": "",
        }
        before, after = orjson.dumps(members).removesuffix(b'"}'), b'"}'
        size = len(before) + _size_in_base64(last + 1 - first) + len(after)
        # Allocated once and in full: growing step by step leaves holes of this size in memory.
        payload = BytesIO()
        payload.seek(size - 1)
        payload.write(b"\0")
        payload.seek(0)
        payload.write(before)
        for start in range(first, last + 1, LARGEST_RANGE):
            content = read(start, min(LARGEST_RANGE, last + 1 - start))
            payload.write(b2a_base64(content, newline=False))
        payload.write(after)
        return payload.getvalue()  # not a copy, as BytesIO shares it


def _size_in_base64(size: int) -> int:
    return (size + 2) // 3 * 4
