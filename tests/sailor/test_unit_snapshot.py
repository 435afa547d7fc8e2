"""The snapshot, which the messages in progress share."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from lib.sailor.snapshot import Snapshot


class SlowUpdate(Mapping[str, Any]):
    """A change that is read only while another one may come in between."""

    def __init__(self, began: Event, another: Event) -> None:
        self._began = began
        self._another = another

    def __getitem__(self, name: str) -> Any:
        return {"slow": 1}[name]

    def __iter__(self) -> Iterator[str]:
        self._began.set()
        self._another.wait(0.05)
        return iter(["slow"])

    def __len__(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("change", "result"),
    [
        (lambda snapshot: snapshot.update({"quick": 2}), {"before": 0, "slow": 1, "quick": 2}),
        (lambda snapshot: snapshot.replace({"quick": 2}), {"quick": 2}),
    ],
    ids=["update", "replace"],
)
def test_no_change_is_lost_in_another(
    change: Callable[[Snapshot], None], result: dict[str, int]
) -> None:
    # Given a change that has begun
    snapshot = Snapshot({"before": 0})
    began, done = Event(), Event()
    with ThreadPoolExecutor(2) as threads:
        slow = threads.submit(snapshot.update, SlowUpdate(began, done))
        assert began.wait(5)

        # When another message makes one
        change(snapshot)
        done.set()
        slow.result(5)

    assert snapshot.copy() == result


def test_each_message_has_its_own_copy() -> None:
    snapshot = Snapshot({"deep": [{"a": 1}]})

    snapshot.copy()["deep"][0]["a"] = 2

    assert snapshot.copy() == {"deep": [{"a": 1}]}


def test_an_update_makes_an_object_of_whatever_the_snapshot_was() -> None:
    snapshot = Snapshot(["no", "object"])

    snapshot.update({"a": 1})

    assert snapshot.copy() == {"a": 1}
