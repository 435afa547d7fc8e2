"""moto's Amazon ECR, with what it lacks or has wrong."""

from moto.core.base_backend import AccountSpecificBackend
from moto.ecr.models import ECRBackend, Image, Repository, ecr_backends

from lib.sandbox.errors import (
    ImageDigestDoesNotMatchError,
    InvalidManifestError,
    MissingImagesError,
    MissingLayersError,
)
from lib.sandbox.manifest import Manifest, digest_of


class SandboxBackend(ECRBackend):
    """The registry of an account in one region."""

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
