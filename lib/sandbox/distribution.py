"""The read side of the OCI distribution API, which moto lacks: registry clients pull from here.

See https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull
"""

import hmac
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import orjson
from moto.core.exceptions import ServiceException
from moto.ecr.exceptions import ImageNotFoundException, RepositoryNotFoundException
from werkzeug import Request, Response

from lib.sandbox.backend import SandboxBackend, registry_of
from lib.sandbox.errors import LayerInaccessibleError, LayerNotFoundError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_BASE = "/v2/"
_PATH = re.compile(
    rf"{_BASE}(?P<name>.+)/(?P<kind>manifests|blobs|tags(?=/list$))/(?P<reference>[^/]+)"
)
_VERSION = {"Docker-Distribution-Api-Version": "registry/2.0"}
# The specification's codes for errors of Amazon ECR.
_CODES: dict[type[ServiceException], str] = {
    RepositoryNotFoundException: "NAME_UNKNOWN",
    ImageNotFoundException: "MANIFEST_UNKNOWN",
    LayerNotFoundError: "BLOB_UNKNOWN",
    LayerInaccessibleError: "BLOB_UNKNOWN",
}


def serving_images(app: "WSGIApplication", account: str, region: str) -> "WSGIApplication":
    """Answer registry clients with the images of an account, and pass other requests on."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        if not request.path.startswith(_BASE):
            return app(environ, start_response)
        backend = registry_of(account, region)
        return (_refused(request, account) or _read(request, backend))(environ, start_response)

    return answer


def _refused(request: Request, account: str) -> Response | None:
    """Return the answer to a request without the right login, or one that writes."""
    if not _is_logged_in(request, account):
        refusal = _refusal(401, "UNAUTHORIZED", "Log in as AWS with an authorization token.")
        refusal.headers["WWW-Authenticate"] = 'Basic realm="Amazon ECR"'
        return refusal
    if request.method not in {"GET", "HEAD"}:
        return _refusal(405, "UNSUPPORTED", "The sandbox takes images through its API only.")
    return None


def _read(request: Request, backend: SandboxBackend) -> Response:
    if request.path == _BASE:
        return _json({})
    path = _PATH.fullmatch(request.path)
    if not path:
        return _refusal(404, "UNSUPPORTED", "The distribution API has no such path.")
    try:
        match path["kind"]:
            case "manifests":
                return _manifest(backend, path["name"], path["reference"])
            case "tags":
                return _tags(backend, path["name"])
        return _blob(request, backend, path["name"], path["reference"])
    except tuple(_CODES) as error:
        return _refusal(404, _CODES[type(error)], str(error.message))


def _is_logged_in(request: Request, account: str) -> bool:
    """Return whether a request has the user and the password of moto's authorization tokens."""
    given = request.authorization
    if not given or given.type != "basic":
        return False
    login = f"{given.username}:{given.password}"
    return hmac.compare_digest(login.encode(), f"AWS:{account}-auth-token".encode())


def _manifest(backend: SandboxBackend, name: str, reference: str) -> Response:
    kind = "imageDigest" if ":" in reference else "imageTag"
    [image] = backend.describe_images(name, image_ids=[{kind: reference}])
    return Response(
        image.image_manifest,
        content_type=image.image_manifest_media_type,
        headers={**_VERSION, "Docker-Content-Digest": image.get_image_digest()},
    )


def _blob(request: Request, backend: SandboxBackend, name: str, digest: str) -> Response:
    """Redirect to the pre-signed URL of a layer, as Amazon ECR does."""
    location = f"{request.host_url.rstrip('/')}{backend.download_path(name, digest)}"
    return Response(status=307, headers={**_VERSION, "Location": location})


def _tags(backend: SandboxBackend, name: str) -> Response:
    tags = {tag for image in backend.list_images(name) for tag in image.image_tags}
    return _json({"name": name, "tags": sorted(tags)})


def _json(content: Any, status: int = 200) -> Response:
    return Response(
        orjson.dumps(content), status, headers=_VERSION, content_type="application/json"
    )


def _refusal(status: int, code: str, message: str) -> Response:
    return _json({"errors": [{"code": code, "message": message}]}, status)
