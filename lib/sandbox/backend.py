"""moto's Amazon ECR, with what it lacks or has wrong."""

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from moto.core.base_backend import AccountSpecificBackend
from moto.ecr.exceptions import LifecyclePolicyNotFoundException
from moto.ecr.models import ECRBackend, Image, Repository, ecr_backends
from moto.ecr.policy_validation import EcrLifecyclePolicyValidator

from lib.sandbox.errors import (
    ImageDigestDoesNotMatchError,
    InvalidManifestError,
    LayerInaccessibleError,
    LayerNotFoundError,
    MissingImagesError,
    MissingLayersError,
    PreviewInProgressError,
    PreviewNotFoundError,
)
from lib.sandbox.lifecycle import PushedImage, expiring
from lib.sandbox.manifest import Manifest, digest_of
from lib.sandbox.presigned import Presigner
from lib.sandbox.preview import COMPLETE, DURATION, IN_PROGRESS, Preview, Selection

LAYERS = "/layers/"  # what the paths of download URLs begin with


class SandboxBackend(ECRBackend):
    """The registry of an account in one region.

    Attributes:
        clock: Returns the time in seconds since 1970.
        presigner: Signs and checks the paths of layers.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.clock: Callable[[], float] = time.time
        self.presigner = Presigner()
        # By repository and digest; moto keeps the sizes only.
        self._layers: defaultdict[str, dict[str, bytes]] = defaultdict(dict)
        self._previews: dict[str, Preview] = {}  # by repository

    def complete_layer_upload(
        self,
        repository_name: str,
        upload_id: str,
        layer_digests: list[str],
        registry_id: str | None = None,
    ) -> dict[str, Any]:
        """Keep the bytes of a layer, which moto forgets."""
        upload = self._get_repository(repository_name, registry_id).uploads.get(upload_id)
        completed = super().complete_layer_upload(
            repository_name, upload_id, layer_digests, registry_id
        )
        if upload:  # else moto has raised an error
            self._layers[repository_name][completed["layerDigest"]] = bytes(upload.layer_parts)
        return completed

    def delete_repository(
        self, repository_name: str, registry_id: str | None = None, force: bool = False
    ) -> Repository:
        """Delete a repository with its layers and its preview."""
        deleted = super().delete_repository(repository_name, registry_id, force)
        self._layers.pop(repository_name, None)
        self._previews.pop(repository_name, None)
        return deleted

    def put_image(
        self,
        repository_name: str,
        image_manifest: str,
        image_tag: str,
        image_manifest_mediatype: str | None = None,
        digest: str | None = None,
    ) -> Image:
        """Check and keep an image.

        moto takes any digest, or hashes the digests of the layers; it asks for no layers, answers
        a missing repository and an invalid manifest with HTTP 500, and deletes an image whose last
        tag moves to another one.
        """
        repository = self._get_repository(repository_name)
        calculated = digest_of(image_manifest.encode())
        if digest not in {None, calculated}:
            raise ImageDigestDoesNotMatchError(str(digest), calculated)
        _check_references(repository, image_manifest)
        before = list(repository.images)
        image = super().put_image(
            repository_name, image_manifest, image_tag, image_manifest_mediatype, calculated
        )
        repository.images = before if image in before else [*before, image]
        for other in before:
            if other is not image and image_tag in other.image_tags:
                other.remove_tag(image_tag)
                if not other.image_tags:  # as if it had been pushed without one
                    other.image_tag = None  # type: ignore[assignment] # as moto itself does
        return image

    def batch_delete_image(
        self,
        repository_name: str,
        registry_id: str | None = None,
        image_ids: list[dict[str, str]] | None = None,
    ) -> dict[str, Any]:
        """Delete images; moto's answer leaves out those that have no tag."""
        repository = self._get_repository(repository_name, registry_id)
        untagged = {i.get_image_digest() for i in repository.images if not i.image_tags}
        answer = super().batch_delete_image(repository_name, registry_id, image_ids)
        gone = untagged - {i.get_image_digest() for i in repository.images}
        answer["imageIds"] += [{"imageDigest": digest} for digest in sorted(gone)]
        return answer

    def download_path(
        self, repository_name: str, digest: str, registry_id: str | None = None
    ) -> str:
        """Return the path, with a signature, from which a layer of an image is downloaded.

        Raises:
            LayerNotFoundError: The repository does not have the layer.
            LayerInaccessibleError: No image of the repository has it.
        """
        repository = self._get_repository(repository_name, registry_id)
        if self.content_of(repository_name, digest) is None:
            raise LayerNotFoundError(digest, repository_name, repository.registry_id)
        if not any(
            digest in Manifest.parse(image.image_manifest).layers for image in repository.images
        ):
            raise LayerInaccessibleError
        path = f"{LAYERS}{self.region_name}/{repository_name}/{digest}"
        return self.presigner.sign(path, self.clock())

    def content_of(self, repository_name: str, digest: str) -> bytes | None:
        """Return a layer, or None if the repository does not have it."""
        return self._layers.get(repository_name, {}).get(digest)

    def start_preview(
        self, repository_name: str, policy: str | None, registry_id: str | None = None
    ) -> dict[str, Any]:
        """Evaluate a policy, or else the repository's own, on the images of this moment.

        Raises:
            InvalidParameterException: The text is no lifecycle policy.
            LifecyclePolicyNotFoundException: There is neither a text nor a policy.
            PreviewInProgressError: The preview before it is in progress.
        """
        repository = self._get_repository(repository_name, registry_id)
        where = repository_name, repository.registry_id
        before, now = self._previews.get(repository_name), self.clock()
        if before and before.status(now) == IN_PROGRESS:
            raise PreviewInProgressError(*where)
        text = policy or repository.lifecycle_policy
        if not text:
            raise LifecyclePolicyNotFoundException(*where)
        EcrLifecyclePolicyValidator(text).validate()
        images = [
            PushedImage(image.get_image_digest(), tuple(image.image_tags), image.image_pushed_at)
            for image in repository.images
        ]
        preview = Preview(text, now + DURATION, expiring(text, images, now))
        self._previews[repository_name] = preview
        return _about(repository, preview, now)

    def preview(
        self, repository_name: str, selection: Selection, registry_id: str | None = None
    ) -> dict[str, Any]:
        """Return the state of a repository's preview, and a page of its results once complete.

        Raises:
            PreviewNotFoundError: No preview was started.
            InvalidTokenError: The selection's token is of no page.
        """
        repository = self._get_repository(repository_name, registry_id)
        preview = self._previews.get(repository_name)
        if not preview:
            raise PreviewNotFoundError(repository_name, repository.registry_id)
        about = _about(repository, preview, self.clock())
        return about if about["status"] != COMPLETE else {**about, **preview.results(selection)}


def install(account: str) -> None:
    """Let an account of moto have this registry instead of moto's."""
    ecr_backends[account] = AccountSpecificBackend(
        "ecr", account, SandboxBackend, use_boto3_regions=True, additional_regions=None
    )


def registry_of(account: str, region: str) -> SandboxBackend:
    """Return the registry of an account for which ``install`` was called."""
    registry = ecr_backends[account][region]
    assert isinstance(registry, SandboxBackend)  # noqa: S101 - install has seen to it
    return registry


def _check_references(repository: Repository, text: str) -> None:
    """Refuse a manifest that refers to what the repository lacks."""
    try:
        manifest = Manifest.parse(text)
    except ValueError:
        raise InvalidManifestError from None
    where = repository.name, repository.registry_id
    if layers := [digest for digest in manifest.layers if digest not in repository.layers]:
        raise MissingLayersError(layers, *where)
    present = {image.get_image_digest() for image in repository.images}
    if images := [digest for digest in manifest.images if digest not in present]:
        raise MissingImagesError(images, *where)


def _about(repository: Repository, preview: Preview, now: float) -> dict[str, str]:
    """Return the members that every answer about a preview has."""
    return {
        "registryId": repository.registry_id,
        "repositoryName": repository.name,
        "lifecyclePolicyText": preview.policy,
        "status": preview.status(now),
    }
