"""The trigger New Images over histories of pushes, runs and crashes that hypothesis makes up."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from unittest import mock

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.component.triggers.new_images import trigger
from lib.component.triggers.new_images.trigger import SETTLING_TIME
from lib.ecr import Answer
from lib.sailor import Step
from tests.support.random_examples import tries
from tests.support.registry import NOON

pytestmark = pytest.mark.long

# As long as Amazon ECR allows
REPOSITORIES = tuple(f"{letter * 250}/{letter}" for letter in "abc")
MESSAGES_PER_SNAPSHOT = 3
MOST_PUSHES = 5
PAGE_SIZE = 2


class CrashError(Exception):
    """The process is gone."""


@dataclass(frozen=True)
class Push:
    """An image is pushed now, and shows in listings some seconds later."""

    repository: str
    number: int
    lag: int


@dataclass(frozen=True)
class Wait:
    """Seconds pass."""

    seconds: int


@dataclass(frozen=True)
class Run:
    """The trigger runs.

    Args:
        crash: After how many emits it crashes, if so many there are.
        meanwhile: What happens then, one thing at each call and emit.
    """

    crash: int
    meanwhile: list[Push | Wait]


NEVER = 1_000_000
pushes = st.builds(
    Push, st.sampled_from(REPOSITORIES), st.integers(0, 30), st.integers(0, SETTLING_TIME)
)
waits = st.builds(Wait, st.integers(1, SETTLING_TIME + 5))
meanwhile = st.lists(pushes | waits, max_size=20)
runs = st.builds(Run, st.just(NEVER), meanwhile)
crashing_runs = st.builds(Run, st.integers(0, 12), meanwhile)
starts = st.sampled_from(["now", "beginning"])
END: list[Push | Wait | Run] = [Wait(2 * SETTLING_TIME), Run(NEVER, [])]

# Repository, digest, time
Pushed = tuple[str, str, int]


def histories(runs: st.SearchStrategy[Run]) -> st.SearchStrategy[list[Push | Wait | Run]]:
    """Return a strategy of pushes with runs between them."""
    rounds = st.tuples(st.lists(pushes, max_size=15), waits, runs | waits)
    return st.lists(rounds, min_size=1, max_size=8).map(
        lambda rounds: [event for some, *others in rounds for event in (*some, *others)]
    )


@dataclass
class World:
    """A registry and the step that watches it; stands in for the client of Amazon ECR.

    Args:
        start: What the field startFrom holds.

    Attributes:
        now: The time there, in seconds since 1970.
        asked: When the last run asked for the repositories.
        images: When each image was pushed last, by repository and digest, and when it shows.
        pushed: All pushes.
        told: Each message, in order: its ID and its push.
        snapshot: What the platform keeps.
        since: The time from which on pushes are emitted.
    """

    start: str
    url: str = "memory"
    now: int = NOON
    asked: int = 0
    images: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    pushed: set[Pushed] = field(default_factory=set)
    told: list[tuple[str, Pushed]] = field(default_factory=list)
    snapshot: dict[str, Any] = field(default_factory=dict)
    since: float = 0

    def happen(self, event: Push | Wait) -> None:
        if isinstance(event, Wait):
            self.now += event.seconds
            return
        digest = f"sha256:{event.number:064x}"
        self.images[event.repository, digest] = (self.now, self.now + event.lag)
        self.pushed.add((event.repository, digest, self.now))

    def run(self, run: Run) -> list[tuple[str, Pushed]]:
        """Let the trigger run, and return what it emitted."""
        before = len(self.told)
        self._meanwhile: Iterator[Push | Wait] = iter(run.meanwhile)
        self._left = run.crash
        step = Step(self._emit, logging.getLogger("tests.step"))
        parts: dict[str, Any] = {
            "client_of": lambda _: self,
            "MESSAGES_PER_SNAPSHOT": MESSAGES_PER_SNAPSHOT,
            "MOST_PUSHES": MOST_PUSHES,
        }
        with mock.patch.multiple(trigger, **parts):
            try:
                trigger.process(step, {}, {"startFrom": self.start}, self.snapshot)
            except CrashError:
                assert run.crash < NEVER
            else:
                self._check_that_all_is_told()
        return self.told[before:]

    def call(self, operation: str, payload: bytes, _signature: None) -> Answer:
        """Answer as Amazon ECR does."""
        date = format_datetime(datetime.fromtimestamp(self.now, UTC), usegmt=True)
        if operation == "DescribeRepositories":
            self.asked = self.now
            found = [{"repositoryName": n, "repositoryUri": f"host/{n}"} for n in REPOSITORIES]
            self._something_happens()
            return Answer({"repositories": found}, "1b2c", date)
        asked = orjson.loads(payload)
        images = [
            {"registryId": "1", "imageDigest": digest, "imagePushedAt": at}
            for (repository, digest), (at, shows) in sorted(self.images.items())
            if repository == asked["repositoryName"] and shows <= self.now
            # A page begins with the image that ended the one before.
            if digest >= asked.get("nextToken", "")
        ]
        page = images[:PAGE_SIZE]
        more = {"nextToken": page[-1]["imageDigest"]} if images[PAGE_SIZE:] else {}
        self._something_happens()
        return Answer({"imageDetails": page, **more}, "1b2c", date)

    def _something_happens(self) -> None:
        if event := next(self._meanwhile, None):
            self.happen(event)

    def _emit(self, event: str, payload: Any) -> None:
        if self._left == 0:
            raise CrashError
        self._left -= 1
        self._something_happens()
        if event == "snapshot":
            assert len(orjson.dumps(payload)) < 5000
            if not self.snapshot:
                self.since = payload["pushedAt"]
                from_now = self.asked - SETTLING_TIME
                assert self.since == (0 if self.start == "beginning" else from_now)
            self.snapshot = orjson.loads(orjson.dumps(payload))
        else:
            body = payload["body"]
            at = int(datetime.fromisoformat(body["imagePushedAt"]).timestamp())
            assert self.since <= at < self.asked - SETTLING_TIME
            self.told.append((payload["id"], (body["repositoryName"], body["imageDigest"], at)))

    def _check_that_all_is_told(self) -> None:
        told = {push for _, push in self.told}
        settled = {
            (repository, digest, at)
            for (repository, digest), (at, _) in self.images.items()
            if self.since <= at < self.asked - SETTLING_TIME
        }
        assert settled <= told <= self.pushed


def order(told: list[tuple[str, Pushed]]) -> list[int]:
    return [at for _, (_, _, at) in told]


@given(starts, histories(runs))
@tries(400)
def test_without_crashes_each_push_is_told_once_and_in_order(
    start: str, history: list[Push | Wait | Run]
) -> None:
    world = World(start)

    for event in [*history, *END]:
        if isinstance(event, Run):
            world.run(event)
        else:
            world.happen(event)

    assert len({push for _, push in world.told}) == len(world.told)
    assert len(dict(world.told)) == len(world.told)
    assert order(world.told) == sorted(order(world.told))


@given(starts, histories(runs | crashing_runs))
@tries(400)
def test_a_crash_loses_nothing_and_repeats_few_with_the_same_ids(
    start: str, history: list[Push | Wait | Run]
) -> None:
    world = World(start)
    known: dict[str, Pushed] = {}

    for event in [*history, *END]:
        if not isinstance(event, Run):
            world.happen(event)
            continue
        told = world.run(event)
        assert order(told) == sorted(order(told))
        assert len(dict(told)) == len(told)
        assert len(dict(told).keys() & known.keys()) <= MESSAGES_PER_SNAPSHOT
        assert all(known.get(name, push) == push for name, push in told)
        known |= dict(told)
    assert len(set(known.values())) == len(known)
