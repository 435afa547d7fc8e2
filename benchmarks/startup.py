"""Start-up: one action, from command to exit, next to the start of boto3 alone."""

import sys
from collections.abc import Sequence
from functools import partial
from statistics import median

import orjson

from benchmarks import child
from benchmarks.figure import Figure
from benchmarks.rounds import interleaved, ratio
from benchmarks.server import canned

_PEER = "import boto3; boto3.client('ecr', region_name='eu-central-1')"
_ROUNDS = 11
_BAR = 1.2


def measure() -> list[Figure]:
    """Measure ``ecr-connector run DescribeImages``, the call to a canned endpoint included."""
    with canned(b'{"imageDetails":[]}') as cfg:
        ours = [child.CONNECTOR, "run", "DescribeImages", "--cfg", orjson.dumps(cfg).decode()]
        ours += ["--body", '{"repositoryName": "shop/web"}']
        commands = {"run": ours, "boto3": [sys.executable, "-c", _PEER]}
        costs = interleaved({n: partial(child.run, line) for n, line in commands.items()}, _ROUNDS)
    run, boto3 = costs["run"], costs["boto3"]
    return [
        *_figures("wall", [cost.wall for cost in run], [cost.wall for cost in boto3]),
        *_figures("CPU", [cost.cpu for cost in run], [cost.cpu for cost in boto3]),
    ]


def _figures(kind: str, run: Sequence[float], boto3: Sequence[float]) -> list[Figure]:
    figure = partial(Figure, "Start-up")
    return [
        figure(f"ecr-connector run, {kind}", median(run), "ms"),
        figure(f"a client of boto3, {kind}", median(boto3), "ms"),
        figure(f"run to boto3, {kind}", ratio(run, boto3), bar=_BAR),
    ]
