"""A platform on this machine, and the runtimes that are started on it, as fixtures."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.platform import Broker, Flow, ObjectStorage, PrivateBroker, RestApi
from lib.platform.private_broker import running_broker
from lib.platform.process import Sailor, node_sailor
from tests.support.amqp_proxy import AmqpProxy
from tests.support.provision import Machine
from tests.support.repository import ROOT
from tests.support.steps import Starter

NODE_FOLDER = ROOT / "tests/sailor/node"


@pytest.fixture(scope="session")
def machine() -> Machine:
    """Return the machine that the tests run on."""
    return Machine()


@pytest.fixture(scope="session")
def broker(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Return the broker of this machine; tests share it, each with its own flow."""
    machine.need_broker()
    with running_broker(tmp_path_factory.mktemp("broker"), machine.broker) as found:
        yield found


@pytest.fixture(scope="session")
def node_of_our_own(
    machine: Machine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PrivateBroker]:
    """Return one broker for all tests that do harm to brokers: it takes seconds to start."""
    machine.need_rabbitmq()
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
def node(machine: Machine) -> Sailor:
    """Return the platform's Node sailor."""
    return node_sailor(machine.need_node(NODE_FOLDER))


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
