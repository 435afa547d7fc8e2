"""What a process and all that it started use, from Linux's ``/proc``."""

import os
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")  # a second
_PAGE = os.sysconf("SC_PAGE_SIZE")  # bytes


def known() -> bool:
    """Whether this system tells."""
    return (_PROC / "self/stat").exists()


def cpu(root: int) -> float:
    """Return the seconds of processor time, user and system, of a process and its descendants."""
    return sum(_ticks(pid) for pid in _tree(root)) / _TICKS


def memory(root: int) -> float:
    """Return the resident memory of a process and its descendants, in MiB."""
    pages = sum(int((_PROC / f"{pid}/statm").read_text().split()[1]) for pid in _tree(root))
    return pages * _PAGE / (1 << 20)


def _tree(root: int) -> Iterator[int]:
    yield root
    for thread in (_PROC / f"{root}/task").iterdir():
        for child in (thread / "children").read_text().split():
            yield from _tree(int(child))


def _ticks(pid: int) -> int:
    """Return the ticks of a process, and of its children that have ended."""
    # The name in brackets may hold spaces; behind it come the fields from the third on.
    fields = (_PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15]))
