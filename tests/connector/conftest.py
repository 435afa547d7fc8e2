"""Our actions as steps, and an Amazon ECR that answers by a script."""

from collections.abc import Iterator
from typing import Any

import pytest

from lib.platform import Flow, FlowStep, Runtime
from tests.support.connector import Serve
from tests.support.loopback import Loopback
from tests.support.steps import Starter


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
