"""The action Copy Image: an image with all that it refers to, into another repository.

Layers are copied before the image that has them, and images before the one that refers to them, as
Amazon ECR demands. Each is asked for first and skipped if the target has it, so a copy that was
interrupted continues with the first layer that is missing.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lib.component.cfg import is_ticked
from lib.component.connection import configuration_of
from lib.component.errors import LayerDownloadError, WrongContentError
from lib.component.field_names import FieldNames
from lib.component.images.download import LayerDownloads
from lib.component.images.manifest import Layer, Manifest, all_layers, with_all_images
from lib.component.images.progress import Progress
from lib.component.images.repository import Repository
from lib.component.images.request import FUNCTION, CopyRequest, target_configuration
from lib.component.images.target import Target
from lib.component.message import Message, message
from lib.component.step import Step
from lib.ecr import Configuration, UnavailableError, connect

_field_names = FieldNames(FUNCTION)


def process(
    step: Step,
    msg: Message,
    cfg: dict[str, Any],
    snapshot: dict[str, Any],  # noqa: ARG001 - an action keeps no state
    clock: Callable[[], float] = time.monotonic,
) -> Message | None:
    """Copy the image that a message names, and return what was copied.

    The message may be delivered again at any time. A transient error that persists becomes a
    rebound.

    Args:
        step: The running step.
        msg: Its body has the members of :class:`lib.component.images.request.CopyRequest`.
        cfg: The credentials, ``verbose``, and fields of the same names as the members.
        snapshot: Not used.
        clock: The time in seconds, from any moment on; for the progress in the log.

    Raises:
        InvalidMessageError, InvalidFieldError: The message or the step is wrong; nothing was sent.
        ImmutableTagError: The target's tag belongs to another image; nothing was uploaded.
        ImageNotFoundError, InvalidManifestError, PlatformNotFoundError: There is no such image, or
            none that can be copied.
        LayerDownloadError, WrongContentError: A layer can't be copied.
        EcrError: Amazon ECR refuses.
    """
    _field_names.check(cfg, step.logger)
    verbose = is_ticked(cfg, "verbose")
    request = CopyRequest.read(msg.get("body"), cfg)

    def repository(configuration: Configuration, name: str, registry_id: str) -> Repository:
        client, region = connect(configuration), configuration.region
        return Repository(client, region, name, registry_id, step.logger, verbose)

    source = repository(configuration_of(cfg), request.repository, request.registry_id)
    target = repository(
        target_configuration(request), request.target_repository, request.target_registry_id
    )
    try:
        return _copy(request, source, target, clock)
    except UnavailableError as error:
        step.emit("rebound", str(error))
    except LayerDownloadError as error:
        if not error.retryable:
            raise
        step.emit("rebound", str(error))
    return None


@dataclass
class _Copied:
    """What was copied, and what the target had already."""

    images: list[dict[str, Any]] = field(default_factory=list)
    layers: int = 0
    size: int = 0
    layers_there: int = 0
    size_there: int = 0

    def add_layer(self, layer: Layer, *, copied: bool) -> None:
        if copied:
            self.layers += 1
            self.size += layer.size
        else:
            self.layers_there += 1
            self.size_there += layer.size


class _Copy:
    """One copy of an image.

    Args:
        source: Where the image is.
        target: Where it goes.
        images: The image, after all the images that it refers to.
        tag: The tag that the copy gets, or the empty text.
        progress: Counts the bytes.
    """

    def __init__(
        self,
        source: Repository,
        target: Target,
        images: Sequence[Manifest],
        tag: str,
        progress: Progress,
    ) -> None:
        self._downloads = LayerDownloads(source)
        self._target = target
        self._images = images
        self._tag = tag
        self._progress = progress
        self.copied = _Copied()
        self.request_id = ""

    def run(self, tagged: str | None) -> None:
        """Copy all that the target lacks.

        Args:
            tagged: The digest of the target's image that has the tag, or None.
        """
        platforms = {digest: name for image in self._images for digest, name in image.images}
        seen: set[Layer] = set()
        for image in self._images:
            there = self._target.has_image(image.digest)
            layers = [layer for layer in image.layers if layer not in seen]
            self._copy_layers(layers, [] if there else self._target.missing(layers))
            seen.update(layers)
            is_top = image is self._images[-1]
            if not there or (is_top and self._tag and tagged != image.digest):
                self.request_id = self._target.put(image, self._tag if is_top else "")
            self.copied.images.append(
                {
                    "imageDigest": image.digest,
                    "imageManifestMediaType": image.media_type,
                    "platform": platforms.get(image.digest, ""),
                    "copied": not there,
                }
            )

    def _copy_layers(self, layers: Sequence[Layer], missing: Sequence[Layer]) -> None:
        for layer in layers:
            copied = layer in missing and self._target.add_layer(layer, self._read)
            if not copied:
                self._progress.add(layer.size)
            self.copied.add_layer(layer, copied=copied)

    def _read(self, layer: Layer, first: int, size: int) -> bytes:
        content = self._downloads.read(layer, first, size)
        self._progress.add(size)
        return content


def _copy(
    request: CopyRequest, source: Repository, target: Repository, clock: Callable[[], float]
) -> Message:
    found = source.image(**request.image_id)
    top = _manifest(found)
    if request.platform and top.images:
        top = _manifest(source.image(imageDigest=top.image_for(request.platform)))
    images = with_all_images(top, lambda digest: _manifest(source.image(imageDigest=digest)))
    destination = Target(target)
    destination.open(create=request.creates_target)
    tagged = destination.tagged(request.target_tag) if request.target_tag else None
    destination.check_tag(request.target_tag, tagged, top.digest)
    total = sum(layer.size for layer in all_layers(images))
    progress = Progress(source.logger, f"{source.name}@{top.digest}", total, clock)
    copy = _Copy(source, destination, images, request.target_tag, progress)
    copy.run(tagged)
    copied = copy.copied
    body = {
        "imageDigest": top.digest,
        "imageManifestMediaType": top.media_type,
        "sourceUri": source.uri(found["registryId"], top.digest),
        "targetUri": target.uri(destination.registry_id, top.digest),
        "targetRepositoryName": target.name,
        "targetImageTag": request.target_tag,
        "targetRegion": target.region,
        "images": copied.images,
        "layersCopied": copied.layers,
        "layersAlreadyThere": copied.layers_there,
        "bytesCopied": copied.size,
        "bytesAlreadyThere": copied.size_there,
    }
    return message(body, copy.request_id)


def _manifest(image: Mapping[str, Any]) -> Manifest:
    """Read the manifest of an image, as BatchGetImage answers.

    Raises:
        WrongContentError: Its digest is not the image's.
        InvalidManifestError: It can't be read.
    """
    manifest = Manifest.parse(image["imageManifest"], image.get("imageManifestMediaType", ""))
    expected = image["imageId"]["imageDigest"]
    if manifest.digest != expected:
        raise WrongContentError(expected, manifest.digest)
    return manifest
