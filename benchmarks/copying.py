"""Copy Image with a large layer: its rate next to that of a plain loop, and its peak memory."""

import sys
from functools import partial
from statistics import median

import orjson

from benchmarks import child
from benchmarks.figure import Figure
from benchmarks.image_server import SOURCE, TAG, TARGET, image_server, layer_digest
from benchmarks.rounds import interleaved, ratio

BRIEF, FULL = 256, 2048  # MiB
_ROUNDS = 3
_RATE_BAR = 0.8
_MEMORY_BAR = 64


def measure(size: int = FULL) -> list[Figure]:
    """Measure copies of an image from a canned source to a canned target.

    Args:
        size: The MiB of its layer.
    """
    base = _copies(1, 1)["our action"][0]
    costs = _copies(size, _ROUNDS)
    ours, plain = costs["our action"], costs["a plain loop"]
    figure = partial(Figure, f"A copy of {size} MiB")
    rates = {name: [size / (cost.wall / 1000) for cost in each] for name, each in costs.items()}
    return [
        *(figure(f"{name}, rate", median(rate), "MiB/s") for name, rate in rates.items()),
        figure(
            "our rate to the plain loop's",
            ratio(rates["our action"], rates["a plain loop"]),
            bar=_RATE_BAR,
            at_least=True,
        ),
        figure(
            "our CPU to the plain loop's",
            ratio([cost.cpu for cost in ours], [cost.cpu for cost in plain]),
        ),
        figure(
            "our peak memory above that of a copy of 1 MiB",
            max(cost.peak for cost in ours) - base.peak,
            "MiB",
            _MEMORY_BAR,
        ),
        figure("the plain loop's peak memory", max(cost.peak for cost in plain), "MiB"),
    ]


def _copies(size: int, rounds: int) -> dict[str, list[child.Cost]]:
    """Return the costs of copies of a layer of so many MiB, side by side."""
    layer = layer_digest(size)
    with image_server(size, layer) as cfg:
        settings = orjson.dumps(cfg).decode()
        body = {"repositoryName": SOURCE, "imageTag": TAG, "targetRepositoryName": TARGET}
        ours = [child.CONNECTOR, "run", "CopyImage", "--cfg", settings]
        ours += ["--body", orjson.dumps(body).decode()]
        plain = [sys.executable, "-m", "benchmarks.plain_copy", settings, layer, str(size << 20)]
        commands = {"our action": ours, "a plain loop": plain}
        return interleaved({n: partial(child.run, line) for n, line in commands.items()}, rounds)
