"""A RabbitMQ node that is started, stopped, killed and starved of memory on demand."""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lib.platform.broker import DEFAULT_BROKER, Broker
from lib.platform.errors import MissingSoftwareError, ProcessEndedError
from lib.platform.waiting import until

# Debian's /usr/sbin/rabbitmq-server is a wrapper that switches to the user rabbitmq;
# these scripts run as the user who calls them.
_SCRIPTS = Path("/usr/lib/rabbitmq/bin")

_CONNECTION_NAME = re.compile(r'"connection_name","([^"]*)"')


def is_installed() -> bool:
    """Return whether RabbitMQ is installed on this machine."""
    return _script("rabbitmq-server") is not None


@contextmanager
def running_broker(
    folder: Path,
    known: Broker = DEFAULT_BROKER,
    *,
    has_rabbitmq: Callable[[], bool] = is_installed,
) -> Iterator[Broker]:
    """Yield a known broker if it answers, or else a private one for as long as the block lasts.

    Args:
        folder: The folder for the private broker's files.
        known: The broker to try first.
        has_rabbitmq: Returns whether a private broker can be started.

    Raises:
        MissingSoftwareError: The known broker does not answer, and RabbitMQ is not installed.
    """
    if known.answers:
        yield known
        return
    if not has_rabbitmq():
        raise MissingSoftwareError(
            f"no RabbitMQ answers on {known.host}:{known.port}, and none is installed",
            "Debian, Ubuntu: sudo apt install rabbitmq-server",
        )
    node = PrivateBroker(folder)
    try:
        node.start()
        yield node.broker
    finally:
        node.remove()


class PrivateBroker:
    """A node with its own name, ports, cookie, data, log and pid file.

    It shares nothing with any other RabbitMQ on this machine, not even the port mapper.

    Args:
        folder: The folder for its files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = f"private-{os.getpid()}@localhost"
        node_port, distribution_port, mapper_port = _free_ports(3)
        self.broker = Broker(port=node_port)
        self._environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("RABBITMQ_", "ERL_"))
            },
            "HOME": str(folder),  # for the Erlang cookie
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(mapper_port),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_DIST_PORT": str(distribution_port),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_NODENAME": self._name,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(node_port),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "plugins").write_text("[].\n")
        self._mapper = self._spawn("epmd", "-port", str(mapper_port), "-address", "127.0.0.1")
        self._node: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the node, and wait until it accepts connections.

        Raises:
            DeadlineExceededError: It does not within 60 seconds.
        """
        self._node = self._spawn(str(_script("rabbitmq-server")))
        until(lambda: self.broker.answers, f"{self._name} starts", within=60, every=0.1)

    def stop(self) -> None:
        """Shut the node down; durable queues and persistent messages survive."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the node and its child processes."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Shut the node down and start it again."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """Shut down the node and its port mapper."""
        if self._node is not None:
            self._end(signal.SIGTERM)
        self._mapper.terminate()
        self._mapper.wait(10)

    def control(self, *arguments: str) -> str:
        """Run ``rabbitmqctl`` on the node, and return its output."""
        return subprocess.run(
            [str(_script("rabbitmqctl")), "--quiet", "--node", self._name, *arguments],
            env=self._environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=30,
        ).stdout

    def close_connections(self, ending: str) -> int:
        """Close connections whose ``connection_name`` ends so, and return their number."""
        pids = [pid for pid, name in self._named_connections() if name.endswith(ending)]
        for pid in pids:
            self.control("close_connection", pid, "closed on request")
        return len(pids)

    def connection_names(self) -> list[str]:
        """Return the ``connection_name`` of all connections, sorted."""
        return sorted(name for _, name in self._named_connections())

    def unacknowledged(self, queue: str) -> int:
        """Return the number of messages of a queue that are delivered and not acknowledged."""
        listed = self.control(
            "list_queues", "--no-table-headers", "name", "messages_unacknowledged"
        )
        return int(dict(line.split("\t") for line in listed.splitlines())[queue])

    def _named_connections(self) -> list[tuple[str, str]]:
        listed = self.control("list_connections", "--no-table-headers", "pid", "client_properties")
        found = [
            (line.split("\t")[0], _CONNECTION_NAME.search(line)) for line in listed.splitlines()
        ]
        return [(pid, name[1]) for pid, name in found if name is not None]

    def raise_memory_alarm(self) -> None:
        """Trigger the memory alarm: the node blocks all connections that publish."""
        self.control("set_vm_memory_high_watermark", "0.000001")

    def clear_memory_alarm(self) -> None:
        """End the memory alarm."""
        self.control("set_vm_memory_high_watermark", "0.4")

    def _spawn(self, *command: str) -> subprocess.Popen[bytes]:
        with (self._folder / "out").open("ab") as out:
            return subprocess.Popen(
                command,
                env=self._environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # a process group, so that kill() reaches its children
            )

    def _end(self, signal_number: signal.Signals) -> None:
        if self._node is None:
            raise ProcessEndedError(f"{self._name} is not running")
        if signal_number is signal.SIGKILL:
            os.killpg(self._node.pid, signal_number)
        else:
            self._node.send_signal(signal_number)
        self._node.wait(60)
        self._node = None


def _script(name: str) -> Path | None:
    if (_SCRIPTS / name).exists():
        return _SCRIPTS / name
    found = shutil.which(name)
    return None if found is None else Path(found)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports
