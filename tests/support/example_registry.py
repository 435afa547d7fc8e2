"""The registry in which the examples and the recipes of docs/designers.md play."""

import json
import logging
import time
import uuid
from collections.abc import Mapping
from typing import Any

import orjson
from moto.iam.models import iam_backends

from lib.sailor import Step, handle
from lib.sailor.step import describe_error
from lib.sandbox import REGION
from lib.sandbox.backend import registry_of
from tests.support.aws_model import process
from tests.support.likeness import Likeness

ACCOUNT = "123456789012"  # the document's

Event = tuple[str, Any]


def run(action: str, body: Any, cfg: Mapping[str, Any]) -> list[Event]:
    """Return what an action emits for a message; of an error, what the platform shows of it."""
    events: list[Event] = []
    step = Step(
        lambda event, payload: events.append((event, payload)),
        logging.getLogger("tests"),
    )
    handle(process(action), step, {"body": body, "headers": {}}, dict(cfg), {})
    return [
        (event, describe_error(payload) if event == "error" else payload)
        for event, payload in events
    ]


class ExampleRegistry:
    """A sandbox that is as the document says that its registry is at the beginning.

    Args:
        cfg: The sandbox's cfg.

    Attributes:
        cfg: Likewise.
        account: The sandbox's account.
    """

    def __init__(self, cfg: dict[str, str]) -> None:
        self.cfg = cfg
        found = self.ask("DescribeRepositories")["repositories"]
        self.account: str = found[0]["registryId"]
        self._likeness = Likeness()
        self._now = time.time()
        registry_of(self.account, REGION).clock = lambda: self._now

    def wait(self, seconds: float) -> None:
        """Let time pass in the sandbox; otherwise it stands still."""
        self._now += seconds

    def ask(self, action: str, **body: Any) -> Any:
        """Return the body that an action emits."""
        [(event, emitted)] = run(action, body, self.cfg)
        assert event == "data", emitted
        return emitted["body"]

    def grant(self, policy: Any, name: str = "") -> dict[str, str]:
        """Return the cfg of a new user who may do what a policy allows.

        Args:
            policy: The IAM policy.
            name: The user's name; by default one that begins with ``flow-``.
        """
        # moto knows no resources of policies yet: each must be any.
        statements = [{**statement, "Resource": "*"} for statement in policy["Statement"]]
        iam = iam_backends[self.account]["aws"]
        name = name or f"flow-{uuid.uuid4().hex}"
        iam.create_user(REGION, name)
        iam.put_user_policy(name, "it", json.dumps({**policy, "Statement": statements}))
        key = iam.create_access_key(name)
        return {
            **self.cfg,
            "accessKeyId": key.access_key_id,
            "secretAccessKey": key.secret_access_key,
        }

    def here(self, shown: Any) -> Any:
        """Return what a message of the document is in this registry."""
        text = self._likeness.actual(orjson.dumps(shown).decode())
        return orjson.loads(text.replace(ACCOUNT, self.account))

    def difference(self, shown: Any, came: Any) -> str:
        """Return where two bodies, headers or texts differ, the order of members aside."""
        return self._likeness.difference(
            _ordered(shown), _ordered(came).replace(self.account, ACCOUNT)
        )


def _ordered(value: Any) -> str:
    if isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2).decode()
