"""This repository as the component of a flow's step, and an Amazon ECR that answers by a script."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from lib.platform import Flow, FlowStep, Runtime
from lib.platform.process import Sailor
from tests.sailor.conftest import Starter, api, broker, flow, node, start
from tests.support.loopback import Loopback

__all__ = ["api", "broker", "flow", "node", "start"]

# What the container does by default: ``ecr-connector serve`` in the repository's root.
_COMMAND = str(Path(sys.executable).with_name("ecr-connector"))
CONNECTOR = Sailor("python", (_COMMAND, "serve"), (_COMMAND, "service"))


class Serve(Protocol):
    """Starts one of our actions as a step; see ``serve``."""

    def __call__(
        self,
        action: str,
        cfg: dict[str, Any],
        *,
        flow: Flow | None = None,
        step: FlowStep | None = None,
        consumers: int = 1,
        log_level: str = "info",
        **settings: str | int,
    ) -> Runtime: ...


@pytest.fixture
def server() -> Iterator[Loopback]:
    """Return what stands for Amazon ECR and answers as a test says."""
    with Loopback() as running:
        yield running


@pytest.fixture
def serve(flow: Flow, start: Starter) -> Serve:
    """Return what starts an action as a step with a cfg: the only step of ``flow`` by default."""
    only_step = flow

    def started(
        action: str,
        cfg: dict[str, Any],
        *,
        flow: Flow | None = None,
        step: FlowStep | None = None,
        consumers: int = 1,
        log_level: str = "info",
        **settings: str | int,
    ) -> Runtime:
        flow = flow or only_step
        flow.configure((step or flow.step).id, config=cfg, passthrough=True)
        # Without a COMPONENT_PATH it is this repository.
        without: dict[str, Any] = {"COMPONENT_PATH": None, **settings}
        return start(
            flow,
            action,
            sailor=CONNECTOR,
            step=step,
            consumers=consumers,
            log_level=log_level,
            **without,
        )

    return started


@pytest.fixture
def untraced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let started processes go without coverage's tracer, which costs twice their time.

    For tests that measure, or start many: what they run is covered by others.
    """
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        monkeypatch.delenv(name, raising=False)


def message(**body: Any) -> dict[str, Any]:
    """Return a message with a body, as the step before ours emits it."""
    return {"id": "in-1", "body": body, "headers": {}, "attachments": {}, "metadata": {}}


def is_empty(flow: Flow) -> bool:
    """Tell whether nothing is left in any queue of a flow."""
    with flow.broker.channel() as channel:
        looks = [channel.queue_declare(queue, passive=True).method for queue in flow.queues]
    return not any(look.message_count for look in looks)
