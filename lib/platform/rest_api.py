"""The part of the platform's REST API that steps and design-time services use.

See docs/platform.md, sections "REST API" and "Design-time services".
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lib.platform.http_server import Answer, HttpServer

_STEP = re.compile(r"^/v1/tasks/([^/]+)/steps/([^/]+)$")
_STARTUP = re.compile(r"^/sailor-support/hooks/task/([^/]+)/startup/data$")
_ACCOUNT = re.compile(r"^/v1/accounts/([^/]+)$")


@dataclass
class RestApi(HttpServer):
    """Step data, startup data, account keys and the results of design-time services.

    Requests need HTTP basic authentication.

    Args:
        username: ELASTICIO_API_USERNAME.
        key: ELASTICIO_API_KEY.
        steps: The data of each step, by flow id and step id.
        startup_data: The startup data of each flow, by flow id.
        accounts: The latest update of each account, by account id.
        results: The results that design-time services posted: see ``result_url``.
    """

    username: str = "api-user@example.com"
    key: str = "api-key-7d1f"
    steps: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    startup_data: dict[str, Any] = field(default_factory=dict)
    accounts: dict[str, Any] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)

    def answer(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> Answer:
        """Answer as the platform does."""
        wanted = base64.b64encode(f"{self.username}:{self.key}".encode()).decode()
        if headers.get("Authorization") != f"Basic {wanted}":
            return Answer(401, {"error": "Unauthorized"})
        if method == "GET" and (found := _STEP.match(path)):
            step = self.steps.get((found[1], found[2]))
            return (
                Answer(404, {"error": "Step is not found"}) if step is None else Answer(200, step)
            )
        if found := _STARTUP.match(path):
            return self._startup(method, found[1], content)
        if method == "PUT" and (found := _ACCOUNT.match(path)):
            self.accounts[found[1]] = json.loads(content)
            return Answer(200, {"id": found[1]})
        if method == "POST" and path.startswith("/results/"):
            self.results[path.removeprefix("/results/")] = json.loads(content)
            return Answer(200, {})
        return Answer(404, {"error": f"no {method} {path}"})

    def _startup(self, method: str, flow: str, content: bytes) -> Answer:
        if method == "POST":
            if flow in self.startup_data:
                return Answer(409, {"error": "Startup data exists"})
            self.startup_data[flow] = json.loads(content)
            return Answer(201, {})
        if flow not in self.startup_data:
            return Answer(404, {"error": "No startup data"})
        if method == "DELETE":
            del self.startup_data[flow]
            return Answer(204)
        return Answer(200, self.startup_data[flow])

    def result_url(self, name: str) -> str:
        """Return the URL, with user and password, for a design-time service to post its answer to.

        Args:
            name: The key of the answer in ``results``.
        """
        user = self.username.replace("@", "%40")
        return f"{self.url.replace('//', f'//{user}:{self.key}@')}/results/{name}"
