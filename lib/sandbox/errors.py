"""Errors of Amazon ECR that moto lacks."""

from collections.abc import Iterable

from moto.core.exceptions import JsonRESTError, ServiceException


class AccessDeniedError(JsonRESTError):
    """The user's policies do not allow the operation; moto answers in the words of other services.

    Args:
        denial: What moto says: who is not authorized to perform what.
        operation: The operation.
        resource: The ARN of what it is about.
    """

    def __init__(self, denial: str, operation: str, resource: str) -> None:
        super().__init__(
            "AccessDeniedException",
            f"{denial} on resource: {resource} because no identity-based policy allows the"
            f" ecr:{operation} action",
        )


class ImageDigestDoesNotMatchError(ServiceException):
    """PutImage got a digest that is not the manifest's."""

    code = "ImageDigestDoesNotMatchException"

    def __init__(self, digest: str, calculated: str) -> None:
        super().__init__(
            f"The specified image digest '{digest}' does not match the digest that Amazon ECR"
            f" calculated for the image: '{calculated}'"
        )


class InvalidManifestError(ServiceException):
    """PutImage got a manifest that is not a JSON object."""

    code = "InvalidParameterException"
    message = (
        "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'"
    )


class MissingLayersError(ServiceException):
    """PutImage got a manifest whose layers or configuration were not uploaded."""

    code = "LayersNotFoundException"

    def __init__(self, digests: Iterable[str], repository_name: str, registry_id: str) -> None:
        super().__init__(
            f"Layers with digests '[{', '.join(digests)}]' required for pushing image into"
            f" repository with name '{repository_name}' in the registry with id"
            f" '{registry_id}' do not exist"
        )


class MissingImagesError(ServiceException):
    """PutImage got the manifest of a multi-platform image some of whose images are missing."""

    code = "ReferencedImagesNotFoundException"

    def __init__(self, digests: Iterable[str], repository_name: str, registry_id: str) -> None:
        super().__init__(
            f"Images with digests '[{', '.join(digests)}]' required for pushing image into"
            f" repository with name '{repository_name}' in the registry with id"
            f" '{registry_id}' do not exist"
        )


class LayerNotFoundError(ServiceException):
    """A download URL was asked for a layer that the repository does not have."""

    code = "LayersNotFoundException"

    def __init__(self, digest: str, repository_name: str, registry_id: str) -> None:
        super().__init__(
            f"The layer with digest '{digest}' does not exist within the repository with name"
            f" '{repository_name}' in the registry with id '{registry_id}'"
        )


class LayerInaccessibleError(ServiceException):
    """A download URL was asked for a layer that no image has."""

    code = "LayerInaccessibleException"
    message = (
        "The specified layer is not available because it is not associated with an image."
        " Unassociated image layers may be cleaned up at any time."
    )


class PreviewInProgressError(ServiceException):
    """A preview was started before the one before it was complete."""

    code = "LifecyclePolicyPreviewInProgressException"

    def __init__(self, repository_name: str, registry_id: str) -> None:
        super().__init__(
            f"The lifecycle policy preview for the repository with name '{repository_name}' in the"
            f" registry with id '{registry_id}' is in progress"
        )


class PreviewNotFoundError(ServiceException):
    """A preview was asked for that was never started."""

    code = "LifecyclePolicyPreviewNotFoundException"

    def __init__(self, repository_name: str, registry_id: str) -> None:
        super().__init__(
            "Lifecycle policy preview does not exist for the repository with name"
            f" '{repository_name}' in the registry with id '{registry_id}'"
        )


class InvalidTokenError(ServiceException):
    """A page was asked for with a token that no page before it had."""

    code = "InvalidParameterException"
    message = "Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'"
