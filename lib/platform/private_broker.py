"""A RabbitMQ node of our own, to be stopped, killed and starved at will."""

import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from lib.platform.broker import Broker
from lib.platform.waiting import until

# Debian's /usr/sbin/rabbitmq-server is a wrapper that changes to the user rabbitmq;
# the scripts behind it run as whoever calls them.
SCRIPTS = Path("/usr/lib/rabbitmq/bin")

_CONNECTION_NAME = re.compile(r'"connection_name","([^"]*)"')


def installed() -> bool:
    """Whether this machine has RabbitMQ."""
    return _script("rabbitmq-server") is not None


class PrivateBroker:
    """A node with its own name, ports, cookie, data, log and pid file under one folder.

    It shares nothing with another RabbitMQ on this machine, not even the port mapper.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = f"sailor-tests-{os.getpid()}@localhost"
        node_port, distribution_port, mapper_port = _free_ports(3)
        self.broker = Broker(port=node_port)
        self._environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("RABBITMQ_", "ERL_"))
            },
            "HOME": str(folder),  # the Erlang cookie is there
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
        """Start the node, and return once it lets clients in."""
        self._node = self._spawn(str(_script("rabbitmq-server")))
        until(lambda: self.broker.answers, f"{self._name} starts", within=60, every=0.1)

    def stop(self) -> None:
        """Stop the node in good order; what is durable is there after the next start."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the node with what it is doing."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop the node and start it again."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """End all that was started."""
        if self._node is not None:
            self._end(signal.SIGTERM)
        self._mapper.terminate()
        self._mapper.wait(10)

    def control(self, *arguments: str) -> str:
        """Run rabbitmqctl on the node, and return what it prints."""
        return subprocess.run(
            [str(_script("rabbitmqctl")), "--quiet", "--node", self._name, *arguments],
            env=self._environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=30,
        ).stdout

    def close_connections(self, ending: str) -> int:
        """Close the connections whose ``connection_name`` has an ending, and return how many."""
        pids = [pid for pid, name in self._named_connections() if name.endswith(ending)]
        for pid in pids:
            self.control("close_connection", pid, "closed by a test")
        return len(pids)

    def connection_names(self) -> list[str]:
        """Return the names that clients gave their connections, sorted."""
        return sorted(name for _, name in self._named_connections())

    def unacknowledged(self, queue: str) -> int:
        """Return how many messages of a queue are delivered and not settled."""
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
        """Let the node believe that its memory is full: it blocks all who publish."""
        self.control("set_vm_memory_high_watermark", "0.000001")

    def clear_memory_alarm(self) -> None:
        """Let the node be well again."""
        self.control("set_vm_memory_high_watermark", "0.4")

    def _spawn(self, *command: str) -> subprocess.Popen[bytes]:
        with (self._folder / "out").open("ab") as out:
            return subprocess.Popen(
                command,
                env=self._environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # a group of its own, to be signalled as one
            )

    def _end(self, signal_number: signal.Signals) -> None:
        assert self._node is not None, "the node is not started"
        if signal_number is signal.SIGKILL:
            os.killpg(self._node.pid, signal_number)
        else:
            self._node.send_signal(signal_number)
        self._node.wait(60)
        self._node = None


def _script(name: str) -> Path | None:
    if (SCRIPTS / name).exists():
        return SCRIPTS / name
    found = shutil.which(name)
    return None if found is None else Path(found)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports
