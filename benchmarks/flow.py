"""A flow without a broker: messages per second, and memory from the first to the last."""

import subprocess
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from benchmarks import child, tree
from benchmarks.figure import Figure, NotMeasuredError
from benchmarks.running import Look

_STEPS = Path(__file__).parent / "flow_steps"
_MESSAGES = 10_000
# The middle of the second thousand and of the last.
_EARLY, _LATE = 1_500, _MESSAGES - 500
_RATE_BAR = 1_000
_MEMORY_BAR = 1.1


def measure() -> list[Figure]:
    """Measure ``ecr-connector flow`` with three steps that do nothing, once, its output included.

    Raises:
        NotMeasuredError: The machine is not Linux.
    """
    if not tree.is_available():
        raise NotMeasuredError("the cost of processes is read from Linux's /proc")
    with TemporaryDirectory() as folder:
        early, late = _looks(_flow(Path(folder)))
    figure = partial(Figure, "A flow of three steps")
    pace = late.since(early)
    return [
        figure("rate", pace.rate, "msg/s", _RATE_BAR, at_least=True),
        figure("CPU per message", pace.cpu, "µs"),
        figure(f"memory at {_EARLY:,} messages", early.memory, "MiB"),
        figure(f"memory at {_LATE:,} messages", late.memory, "MiB"),
        figure(
            f"memory to that at {_EARLY:,} messages", late.memory / early.memory, bar=_MEMORY_BAR
        ),
    ]


def _flow(folder: Path) -> Path:
    """Write the flow into a folder, and return its file."""
    steps = ("step_1", "count"), ("step_2", "pass"), ("step_3", "pass")
    nodes = [
        {"id": step, "command": f"{_STEPS}:{function}", "fields": {"messages": _MESSAGES}}
        for step, function in steps
    ]
    edges = [
        {"source": "step_1", "target": "step_2"},
        {"source": "step_2", "target": "step_3"},
    ]
    file = folder / "flow.json"
    file.write_bytes(orjson.dumps({"graph": {"nodes": nodes, "edges": edges}}))
    return file


def _looks(file: Path) -> list[Look]:
    """Run a flow, and return how it is doing early and late."""
    started = time.perf_counter()
    with subprocess.Popen([child.CONNECTOR, "flow", str(file)], stdout=subprocess.PIPE) as process:
        out = (line for line in process.stdout or () if line.startswith(b'{"step":"step_3"'))
        return [
            Look(
                messages=number,
                time=time.perf_counter() - started,
                cpu=tree.cpu(process.pid),
                memory=tree.memory(process.pid),
            )
            for number, _ in enumerate(out, 1)
            if number in {_EARLY, _LATE}
        ]
