"""The platform on this machine, and runtimes that are started on it."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lib.platform import (
    Broker,
    Flow,
    FlowStep,
    ObjectStorage,
    PrivateBroker,
    RestApi,
    Runtime,
    provision,
    until,
)
from lib.platform.process import OURS, Sailor, node_sailor
from tests.support.amqp_proxy import AmqpProxy

NODE_FOLDER = Path(__file__).parent / "node"
TWINS = "tests/sailor/components/twins"


class Starter:
    """Starts runtimes on flows, and ends what is left of them.

    Args:
        folder: Where their logs go.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[tuple[str, Runtime]] = []

    def __call__(
        self,
        flow: Flow,
        function: str = "script",
        *,
        sailor: Sailor = OURS,
        step: FlowStep | None = None,
        consumers: int = 1,
        log_level: str = "info",
        **settings: str | int | None,
    ) -> Runtime:
        """Start a step, and return once it consumes.

        Args:
            flow: The step's flow.
            function: The component's action.
            sailor: Ours, or the Node sailor.
            step: Which; by default the flow's first.
            consumers: How many consumers the step's input has then; 0 for not to wait.
            log_level: LOG_LEVEL.
            settings: ELASTICIO_ variables without the prefix; None to leave one out.
        """
        settings = {"COMPONENT_PATH": TWINS, **settings}
        environment = flow.environment(function, step, **settings)
        runtime = self._keep(
            sailor.name,
            sailor.run_step({**environment, "LOG_LEVEL": log_level}, self._next_log(sailor)),
        )
        if consumers:
            until(
                lambda: not runtime.running or flow.consumers(step) == consumers,
                f"{consumers} consumers of the step",
                every=0.05,
            )
            assert runtime.running, "the runtime ended before it consumed"
        return runtime

    def ask(self, method: str, *, sailor: Sailor = OURS, **settings: str | int | None) -> Runtime:
        """Start a design-time service."""
        settings = {"COMPONENT_PATH": TWINS, **settings}
        environment = {f"ELASTICIO_{k}": str(v) for k, v in settings.items() if v is not None}
        return self._keep(sailor.name, sailor.ask(method, environment, self._next_log(sailor)))

    def _next_log(self, sailor: Sailor) -> Path:
        return self._folder / f"{len(self._started)}-{sailor.name}.log"

    def _keep(self, name: str, runtime: Runtime) -> Runtime:
        self._started.append((name, runtime))
        return runtime

    def end(self) -> None:
        """End what still runs, and print all logs for the report of a failure."""
        for name, runtime in self._started:
            if name == OURS.name and runtime.running:
                runtime.signal(signal.SIGTERM)  # a good end writes what it knows of coverage
        for name, runtime in self._started:
            if name == OURS.name:
                runtime.wait_or_kill(within=5)
            runtime.kill()
            print(f"--- log of {name} {runtime.pid}\n{runtime.output[-6000:]}")  # noqa: T201


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Return the broker of this machine; tests share it, each with its own flow."""
    found, node = provision.broker(tmp_path_factory.mktemp("broker"))
    yield found
    if node is not None:
        node.remove()


@pytest.fixture(scope="session")
def node_of_our_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBroker]:
    """Return one broker for all tests that do harm to brokers: it takes seconds to start."""
    provision.need_rabbitmq()
    node = PrivateBroker(tmp_path_factory.mktemp("private-broker"))
    try:
        node.start()
        yield node
    finally:
        node.remove()


@pytest.fixture
def private_broker(node_of_our_own: PrivateBroker) -> PrivateBroker:
    """Return a running broker that the test may stop, kill and starve."""
    if not node_of_our_own.broker.answers:
        node_of_our_own.start()
    return node_of_our_own


@pytest.fixture(scope="session")
def node() -> Sailor:
    """Return the platform's Node sailor."""
    return node_sailor(provision.need_node(NODE_FOLDER))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    """Return what starts runtimes."""
    starter = Starter(tmp_path)
    yield starter
    starter.end()


@pytest.fixture
def api() -> Iterator[RestApi]:
    """Return the platform's REST API."""
    with RestApi() as server:
        yield server


@pytest.fixture
def storage() -> Iterator[ObjectStorage]:
    """Return the platform's object storage."""
    with ObjectStorage() as server:
        yield server


@pytest.fixture
def flow(broker: Broker, api: RestApi) -> Iterator[Flow]:
    """Return a flow of one step."""
    with Flow(broker, api).declared() as declared:
        yield declared


@pytest.fixture
def proxy(broker: Broker) -> Iterator[AmqpProxy]:
    """Return a way to the broker that can lose connections and frames."""
    with AmqpProxy(broker) as opened:
        yield opened


@pytest.fixture
def proxied_flow(broker: Broker, api: RestApi, proxy: AmqpProxy) -> Iterator[Flow]:
    """Return a flow of one step whose runtimes reach the broker through the proxy."""
    with Flow(broker, api, entry=proxy.entry).declared() as declared:
        yield declared


@pytest.fixture
def private_flow(private_broker: PrivateBroker, api: RestApi) -> Iterator[Flow]:
    """Return a flow of one step on the private broker."""
    with Flow(private_broker.broker, api).declared() as declared:
        yield declared


def script(*instructions: list[Any], label: str = "", **parts: Any) -> dict[str, Any]:
    """Return a message that tells the twins' ``script`` what to do.

    Args:
        instructions: Each a list: its name, and what it needs.
        label: What the handler writes into ``cfg.journal``.
        parts: Other members of the message.
    """
    body = {"script": list(instructions), **({"label": label} if label else {})}
    return {"id": "in-1", "body": body, "headers": {}, "attachments": {}, "metadata": {}, **parts}
