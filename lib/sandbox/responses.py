"""Answers to the operations that moto lacks."""

from typing import TYPE_CHECKING

from moto.core.responses import ActionResult
from moto.core.utils import convert_to_flask_response
from moto.ecr.responses import ECRResponse
from moto.moto_server.werkzeug_app import create_backend_app

from lib.sandbox.backend import SandboxBackend, registry_of
from lib.sandbox.preview import PAGE_SIZE, Selection

if TYPE_CHECKING:
    from flask import Flask
    from moto.backends import SERVICE_NAMES


class SandboxResponse(ECRResponse):
    """moto finds the method of an operation by its name."""

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
