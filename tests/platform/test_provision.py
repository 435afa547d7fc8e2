"""Where the tests get their broker and the Node sailor from."""

import shutil
import socket
from pathlib import Path

import pytest

from lib.platform import Broker, PrivateBroker, private_broker, provision


def nobody() -> Broker:
    """Return an address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        return Broker(port=closed_soon.getsockname()[1])


@pytest.fixture
def poor_machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Pretend that nothing answers, nothing is installed, and we may not install it."""
    monkeypatch.setattr(provision, "WELL_KNOWN", nobody())
    monkeypatch.setattr(private_broker, "installed", lambda: False)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.delenv("CI", raising=False)
    return monkeypatch


@pytest.mark.usefixtures("poor_machine")
def test_a_machine_without_a_broker_stops_the_run_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(pytest.exit.Exception, match="sudo apt install rabbitmq-server") as stopped:
        provision.broker(tmp_path)
    assert stopped.value.returncode == 1


@pytest.mark.usefixtures("poor_machine")
def test_a_machine_without_node_stops_the_run_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(pytest.exit.Exception, match="sudo apt install nodejs npm") as stopped:
        provision.need_node(tmp_path)
    assert stopped.value.returncode == 1


def test_a_ci_machine_without_node_stops_the_run(
    poor_machine: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    poor_machine.setenv("CI", "true")
    with pytest.raises(pytest.exit.Exception, match="Node"):
        provision.need_node(tmp_path)


def test_a_broker_is_started_when_none_answers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Given RabbitMQ's package, and no broker that answers
    started: list[PrivateBroker] = []

    def start(node: PrivateBroker) -> None:  # in no time
        started.append(node)

    monkeypatch.setattr(PrivateBroker, "start", start)
    monkeypatch.setattr(private_broker, "installed", lambda: True)
    monkeypatch.setattr(provision, "WELL_KNOWN", nobody())

    # When a broker is asked for
    broker, node = provision.broker(tmp_path)

    # Then one is started, under a port of its own
    assert node is not None
    node.remove()
    assert started == [node]
    assert broker == node.broker
    assert broker.port not in (5672, provision.WELL_KNOWN.port)
