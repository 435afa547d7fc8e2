"""Growth of a step's cost with the size of message bodies and of pages.

- A body arrives from the queue and is sent on to Amazon ECR: that of an UploadLayerPart, whose
  layer part in base64 makes up most of its size. The answer is small; there is no passthrough.
- A page is emitted: the answer to a DescribeImages with a number of images.

The step takes one message at a time, so that its peak memory belongs to one message. Every message
has a fixed cost; the cost of a byte is measured against the smallest body.
"""

import base64
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from benchmarks.figure import Curve, Figure, Finding, in_bytes
from benchmarks.images import ASKED, page
from benchmarks.rounds import interleaved
from benchmarks.running import Work, at_work, broker
from benchmarks.server import canned
from lib.platform import Broker

_ROUNDS = 5
# Bytes of a body, and images of a page: the number of messages that keep a step busy for a second.
_BODIES = {1_000: 1_000, 10_000: 1_000, 100_000: 400, 1_000_000: 80, 5_000_000: 24}
_PAGES = {10: 1_000, 100: 600, 1_000: 120}
_WARM_UP = 6  # one message in six comes before the measurement

_FLAT_FROM = 100_000  # bytes of a body above which every byte should cost the same
_FLAT_BAR = 1.25
_MEMORY_BAR = 8  # times the body
_MIB = 1 << 20


@dataclass(frozen=True)
class _Turn:
    """The figures of a step.

    Args:
        cpu: Microseconds of CPU time per message.
        rate: Messages per second.
        peak: Peak memory in MiB.
    """

    cpu: float
    rate: float
    peak: float


def measure() -> list[Finding]:
    """Measure bodies of 1 KB to 5 MB, and pages of 10 to 1,000 images.

    Raises:
        NotMeasuredError: The machine lacks a broker, or is not Linux.
    """
    with broker() as running_broker:
        return [*_bodies(running_broker), *_pages(running_broker)]


def _bodies(on: Broker) -> Iterator[Finding]:
    with canned(b"{}") as cfg:
        turns = _take_turns(
            on,
            {
                size: Work("UploadLayerPart", cfg, layer_part(size), messages)
                for size, messages in _BODIES.items()
            },
        )
    byte = {size: turn.cpu / size * 1e3 for size, turn in turns.items()}
    for size, turn in turns.items():
        figure = partial(Figure, f"A step, bodies of {in_bytes(size)}")
        yield figure("CPU per message", turn.cpu, "µs")
        yield figure("CPU per byte", byte[size], "ns")
        yield figure("rate", turn.rate, "msg/s")
        yield figure("peak memory", turn.peak, "MiB")
    figure = partial(Figure, "A step, growth with bodies")
    least, most = min(turns), max(turns)
    flat = {size: turn.cpu for size, turn in turns.items() if size >= _FLAT_FROM}
    whole = [cpu / size for size, cpu in flat.items()]
    own = [(cpu - turns[least].cpu) / (size - least) for size, cpu in flat.items()]
    yield figure(
        "CPU per byte from 100 KB on, most to least", max(whole) / min(whole), bar=_FLAT_BAR
    )
    yield figure("a byte's own CPU, most to least", max(own) / min(own), bar=_FLAT_BAR)
    bodies = (turns[most].peak - turns[least].peak) * _MIB / most
    yield figure("memory for the largest body, in bodies", bodies, bar=_MEMORY_BAR)
    yield Curve("body-cpu", "UploadLayerPart", list(byte.items()))
    yield Curve("body-memory", "UploadLayerPart", [(n, turn.peak) for n, turn in turns.items()])


def layer_part(size: int) -> dict[str, Any]:
    """Return the body of an UploadLayerPart with about so many bytes of JSON."""
    part = os.urandom(size * 3 // 4 - 102)  # the rest of the body takes about 136 bytes
    return {
        "repositoryName": ASKED["repositoryName"],
        "uploadId": "8e1f9a3c-0c47-4a0c-9a43-6d3f3c0e5a11",
        "partFirstByte": 0,
        "partLastByte": len(part) - 1,
        "layerPartBlob": base64.b64encode(part).decode(),
    }


def _pages(on: Broker) -> Iterator[Finding]:
    with ExitStack() as endpoints:
        turns = _take_turns(
            on,
            {
                images: Work(
                    "DescribeImages", endpoints.enter_context(canned(page(images))), ASKED, messages
                )
                for images, messages in _PAGES.items()
            },
        )
    image = {images: turn.cpu / images for images, turn in turns.items()}
    for images, turn in turns.items():
        figure = partial(Figure, f"A step, pages of {images:,} images")
        yield figure("CPU per message", turn.cpu, "µs")
        yield figure("CPU per image", image[images], "µs")
        yield figure("rate", turn.rate, "msg/s")
        yield figure("peak memory", turn.peak, "MiB")
    yield Curve("page-cpu", "DescribeImages", list(image.items()))


def _take_turns(on: Broker, works: Mapping[int, Work]) -> dict[int, _Turn]:
    """Return the figures of a step for each size, as medians of its turns."""
    taken = interleaved({size: partial(_turn, on, work) for size, work in works.items()}, _ROUNDS)
    return {
        size: _Turn(
            cpu=median(turn.cpu for turn in turns),
            rate=median(turn.rate for turn in turns),
            peak=median(turn.peak for turn in turns),
        )
        for size, turns in taken.items()
    }


def _turn(on: Broker, work: Work) -> _Turn:
    with at_work(on, work) as step:
        warm, last = step.see(max(1, work.messages // _WARM_UP)), step.see(work.messages)
        peak = step.peak()
    pace = last.since(warm)
    return _Turn(pace.cpu, pace.rate, peak)
