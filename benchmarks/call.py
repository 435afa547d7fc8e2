"""CPU time of one DescribeImages: through our action, through boto3, and the floor of both.

The floor is http.client sending the bytes that our action sent: it builds no parameters, signs
nothing and parses nothing.
"""

import http.client
import io
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median
from urllib.parse import urlsplit

import boto3
import orjson

from actions.describe_images import process
from benchmarks.figure import Curve, Figure, Finding
from benchmarks.images import ASKED, page
from benchmarks.rounds import interleaved, ratio
from benchmarks.server import canned
from lib.sailor import Step

# Images in the answer: a page by default, and a minimal one.
_PAGES = (100, 1)
# On a busy machine many short turns give steadier ratios than a few long ones.
_ROUNDS = 41
_CALLS = 25  # in a turn
_BAR, _GOAL = 0.45, 0.35
_FLOOR_GOAL = 3.0


def measure() -> list[Finding]:
    """Measure the CPU time of a call with a full page as its answer, and with a small one."""
    costs = {images: _measure_page(images) for images in _PAGES}
    return [
        *(figure for images in _PAGES for figure in _figures(images, costs[images])),
        *(
            Curve("call-cpu", name, [(n, median(costs[n][name])) for n in sorted(_PAGES)])
            for name in costs[_PAGES[0]]
        ),
    ]


def _measure_page(images: int) -> dict[str, list[float]]:
    with canned(page(images)) as cfg:
        calls = {"our action": _ours(cfg), "boto3": _boto3(cfg), "the floor": _floor(cfg)}
        return interleaved({n: partial(_cpu, call) for n, call in calls.items()}, _ROUNDS)


def _figures(images: int, costs: Mapping[str, Sequence[float]]) -> list[Figure]:
    figure = partial(Figure, f"One call, {images} image{'s' * (images > 1)}")
    ours = costs["our action"]
    return [
        *(figure(f"{name}, CPU", median(cost), "µs") for name, cost in costs.items()),
        figure("our action to boto3", ratio(ours, costs["boto3"]), bar=_BAR, goal=_GOAL),
        figure("our action to the floor", ratio(ours, costs["the floor"]), goal=_FLOOR_GOAL),
    ]


def _cpu(call: Callable[[], object]) -> float:
    """Return the microseconds of CPU time that a call takes in this process."""
    started = time.process_time()
    for _ in range(_CALLS):
        call()
    return (time.process_time() - started) / _CALLS * 1e6


def _ours(cfg: dict[str, str]) -> Callable[[], object]:
    step = Step(_refuse, logging.getLogger("component"))
    message = {"body": ASKED}
    return lambda: process(step, message, cfg, {})


def _refuse(event: str, payload: object) -> None:
    raise RuntimeError(f"the action emitted {event}: {payload}")


def _boto3(cfg: Mapping[str, str]) -> Callable[[], object]:
    client = boto3.client(
        "ecr",
        region_name=cfg["region"],
        endpoint_url=cfg["endpoint"],
        aws_access_key_id=cfg["accessKeyId"],
        aws_secret_access_key=cfg["secretAccessKey"],
    )
    return lambda: client.describe_images(**ASKED)


def _floor(cfg: dict[str, str]) -> Callable[[], object]:
    _ours(cfg)()
    connection = http.client.HTTPConnection(urlsplit(cfg["endpoint"]).netloc)
    connection.request("GET", "/")
    _, _, fields = connection.getresponse().read().partition(b"\r\n")
    headers = dict(http.client.parse_headers(io.BytesIO(fields)))
    payload = orjson.dumps(ASKED)

    def call() -> bytes:
        connection.request("POST", "/", payload, headers)
        return connection.getresponse().read()

    return call
