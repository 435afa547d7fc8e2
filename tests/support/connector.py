"""This repository as the component of a flow's step."""

from typing import Any, Protocol

from lib.platform import Flow, FlowStep, Runtime


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


def message(**body: Any) -> dict[str, Any]:
    """Return a message with a body, as the step before ours emits it."""
    return {"id": "in-1", "body": body, "headers": {}, "attachments": {}, "metadata": {}}


def is_empty(flow: Flow) -> bool:
    """Tell whether nothing is left in any queue of a flow."""
    with flow.broker.channel() as channel:
        looks = [channel.queue_declare(queue, passive=True).method for queue in flow.queues]
    return not any(look.message_count for look in looks)
