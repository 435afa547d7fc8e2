"""Downloads of layers from pre-signed URLs, which moto lacks.

On AWS such a URL leads to an S3 bucket, here to the sandbox's own server. It refuses as S3 does.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from moto.ecr.models import ecr_backends
from werkzeug import Request, Response

from lib.sandbox.backend import LAYERS, SandboxBackend
from lib.sandbox.presigned import ExpiredError, InvalidSignatureError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def serving_layers(app: "WSGIApplication", account: str) -> "WSGIApplication":
    """Answer requests for the layers of an account, and pass all others on."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        if not request.path.startswith(LAYERS):
            return app(environ, start_response)
        return _download(request, account)(environ, start_response)

    return answer


def _download(request: Request, account: str) -> Response:
    region, _, layer = request.path.removeprefix(LAYERS).partition("/")
    repository_name, _, digest = layer.rpartition("/")
    backend = dict(ecr_backends[account]).get(region)
    if not isinstance(backend, SandboxBackend) or request.method not in {"GET", "HEAD"}:
        return _refusal(403, "SignatureDoesNotMatch", "The request was not signed here.")
    try:
        backend.presigner.check(request.path, request.args, backend.clock())
    except InvalidSignatureError:
        return _refusal(403, "SignatureDoesNotMatch", "The signature is not that of the request.")
    except ExpiredError:
        return _refusal(403, "AccessDenied", "Request has expired")
    content = backend.content_of(repository_name, digest)
    if content is None:
        return _refusal(404, "NoSuchKey", "The repository no longer has this layer.")
    whole = Response(content, content_type="application/octet-stream")
    return whole.make_conditional(request, accept_ranges=True, complete_length=len(content))


def _refusal(status: int, code: str, message: str) -> Response:
    return Response(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{message}</Message></Error>",
        status=status,
        content_type="application/xml",
    )
