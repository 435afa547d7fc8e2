"""Rounds in which all contestants take turns, so that disturbances affect them equally."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import TypeVar

Name = TypeVar("Name")
Cost = TypeVar("Cost")


def interleaved(
    contestants: Mapping[Name, Callable[[], Cost]], rounds: int
) -> dict[Name, list[Cost]]:
    """Return the cost of each contestant's turns, round by round, after a round of warm-up."""
    for turn in contestants.values():
        turn()
    costs: dict[Name, list[Cost]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, turn in contestants.items():
            costs[name].append(turn())
    return costs


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios of our cost to theirs in the same round."""
    return median(our / their for our, their in zip(ours, theirs, strict=True))
