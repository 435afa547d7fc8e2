"""Answers to the operations that moto lacks, and pages of those that it answers at once."""

from typing import TYPE_CHECKING, Any

from moto.core import exceptions
from moto.core.responses import ActionResult
from moto.core.utils import convert_to_flask_response
from moto.ecr.responses import ECRResponse
from moto.moto_server.werkzeug_app import create_backend_app

from lib.sandbox.backend import SandboxBackend, registry_of
from lib.sandbox.errors import AccessDeniedError
from lib.sandbox.paging import PAGE_SIZE, page
from lib.sandbox.preview import Selection

if TYPE_CHECKING:
    from flask import Flask
    from moto.backends import SERVICE_NAMES


class SandboxResponse(ECRResponse):
    """moto finds the method of an operation by its name."""

    def describe_images(self) -> ActionResult:
        """Answer with a page."""
        return self._page_of(super().describe_images(), "imageDetails")

    def describe_repositories(self) -> ActionResult:
        """Answer with a page."""
        return self._page_of(super().describe_repositories(), "repositories")

    def list_images(self) -> ActionResult:
        """Answer with a page."""
        return self._page_of(super().list_images(), "imageIds")

    def get_download_url_for_layer(self) -> ActionResult:  # type: ignore[override] # moto's raises
        """Answer with a URL on the server that was asked."""
        digest = self._get_param("layerDigest")
        path = self._backend.download_path(
            self._get_param("repositoryName"), digest, self._get_param("registryId")
        )
        url = f"{self.parsed_url.scheme}://{self.parsed_url.netloc}{path}"
        return ActionResult({"downloadUrl": url, "layerDigest": digest})

    def start_lifecycle_policy_preview(self) -> ActionResult:
        """Start a preview."""
        return ActionResult(
            self._backend.start_preview(
                self._get_param("repositoryName"),
                self._get_param("lifecyclePolicyText"),
                self._get_param("registryId"),
            )
        )

    def get_lifecycle_policy_preview(self) -> ActionResult:
        """Answer with a page of a preview."""
        selection = Selection(
            tag_status=self._get_param("filter", {}).get("tagStatus", "ANY"),
            image_ids=self._get_param("imageIds", []),
            size=self._get_param("maxResults", PAGE_SIZE),
            token=self._get_param("nextToken", ""),
        )
        return ActionResult(
            self._backend.preview(
                self._get_param("repositoryName"), selection, self._get_param("registryId")
            )
        )

    def _authenticate_and_authorize_normal_action(self, resource: str = "*") -> None:
        """Let moto check the signature and the user's policies, and refuse as Amazon ECR does."""
        try:
            super()._authenticate_and_authorize_normal_action(resource)
        except exceptions.AccessDeniedError as error:
            raise AccessDeniedError(error.message, self._get_action(), self._arn()) from None

    def _arn(self) -> str:
        """Return the ARN of what the request is about."""
        name = self._get_param("repositoryName", "*")
        repository = f"arn:aws:ecr:{self.region}:{self.current_account}:repository/{name}"
        return str(self._get_param("resourceArn", repository))

    def _page_of(self, answer: ActionResult, member: str) -> ActionResult:
        whole: Any = answer.result
        size, token = self._get_param("maxResults", PAGE_SIZE), self._get_param("nextToken", "")
        items, next_token = page(whole[member], size, token)
        return ActionResult({**whole, member: items, **next_token})

    @property
    def _backend(self) -> SandboxBackend:
        return registry_of(self.current_account, self.region)


def create_app(service: "SERVICE_NAMES") -> "Flask":
    """Return moto's application for an AWS service, with our answers if that is Amazon ECR."""
    app = create_backend_app(service)
    if service == "ecr":
        answer = convert_to_flask_response(SandboxResponse.dispatch)
        app.view_functions = dict.fromkeys(app.view_functions, answer)
    return app
