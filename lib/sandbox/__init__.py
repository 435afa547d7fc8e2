"""An Amazon ECR on this machine that checks request signatures.

It is moto's server (https://docs.getmoto.org/en/latest/docs/server_mode.html), which keeps
everything in memory, with what moto lacks or has wrong: digests of images, pages of lists,
downloads of layers, previews of lifecycle policies, and pulls by registry clients. Each sandbox is
its own AWS account, with one access key; several can run in one process.
"""

from lib.sandbox.command import serve_sandbox
from lib.sandbox.server import REGION, Sandbox, SandboxError

__all__ = ["REGION", "Sandbox", "SandboxError", "serve_sandbox"]
