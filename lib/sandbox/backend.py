"""moto's Amazon ECR, with what it lacks or has wrong."""

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from moto.core.base_backend import AccountSpecificBackend
from moto.ecr.models import ECRBackend, Image, Repository, ecr_backends

from lib.sandbox.errors import (
    ImageDigestDoesNotMatchError,
    InvalidManifestError,
    LayerInaccessibleError,
    LayerNotFoundError,
    MissingImagesError,
    MissingLayersError,
)
from lib.sandbox.manifest import Manifest, digest_of
from lib.sandbox.presigned import Presigner

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
        """Delete a repository with its layers."""
        deleted = super().delete_repository(repository_name, registry_id, force)
        self._layers.pop(repository_name, None)
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

        moto takes any digest, or hashes the digests of the layers; it asks for no layers, and
        answers a missing repository and an invalid manifest with HTTP 500.
        """
        repository = self._get_repository(repository_name)
        calculated = digest_of(image_manifest.encode())
        if digest not in {None, calculated}:
            raise ImageDigestDoesNotMatchError(str(digest), calculated)
        _check_references(repository, image_manifest)
        return super().put_image(
            repository_name, image_manifest, image_tag, image_manifest_mediatype, calculated
        )

    def download_path(
        self, repository_name: str, digest: str, registry_id: str | None = None
    ) -> str:
        """Return the path, with a signature, from which a layer of an image is downloaded.

        Raises:
            LayerNotFoundError: The repository does not have the layer.
            LayerInaccessibleError: No image of the repository has it.
        """
        repository = self._get_repository(repository_name, registry_id)
        where = digest, repository_name, repository.registry_id
        if self.content_of(repository_name, digest) is None:
            raise LayerNotFoundError(*where)
        if not any(
            digest in Manifest.parse(image.image_manifest).layers for image in repository.images
        ):
            raise LayerInaccessibleError(*where)
        path = f"{LAYERS}{self.region_name}/{repository_name}/{digest}"
        return self.presigner.sign(path, self.clock())

    def content_of(self, repository_name: str, digest: str) -> bytes | None:
        """Return a layer, or None if the repository does not have it."""
        return self._layers.get(repository_name, {}).get(digest)


def install(account: str) -> None:
    """Let an account of moto have this registry instead of moto's."""
    ecr_backends[account] = AccountSpecificBackend(
        "ecr", account, SandboxBackend, use_boto3_regions=True, additional_regions=None
    )


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
