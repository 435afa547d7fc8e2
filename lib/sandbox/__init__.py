"""An Amazon ECR on this machine that checks request signatures.

It is moto's server (https://docs.getmoto.org/en/latest/docs/server_mode.html), which keeps
everything in memory and implements 22 of the 25 operations. Each sandbox is an AWS account of its
own, with one access key; several can run in one process.
"""

from lib.sandbox.command import serve_sandbox
from lib.sandbox.server import REGION, Sandbox, SandboxError

__all__ = ["REGION", "Sandbox", "SandboxError", "serve_sandbox"]
