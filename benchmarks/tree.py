"""CPU time and memory of a process and its descendants, from Linux's ``/proc``."""

import os
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")  # per second
_PAGE = os.sysconf("SC_PAGE_SIZE")  # bytes
_LISTEN = "0A"  # a socket's state in /proc/net/tcp


def is_available() -> bool:
    """Return whether this system has ``/proc``."""
    return (_PROC / "self/stat").exists()


def cpu(root: int) -> float:
    """Return the CPU time of a process and its descendants, user and system, in seconds."""
    return sum(_ticks(pid) for pid in _tree(root)) / _TICKS


def memory(root: int) -> float:
    """Return the resident memory of a process and its descendants, in MiB."""
    pages = sum(int((_PROC / f"{pid}/statm").read_text().split()[1]) for pid in _tree(root))
    return pages * _PAGE / (1 << 20)


def peak(root: int) -> float:
    """Return the sum of the peak memory of a process and of each of its descendants, in MiB."""
    return sum(_peak_kib(pid) for pid in _tree(root)) / 1024


def listener(port: int) -> int | None:
    """Return the process that listens on a port; None if there is none, or it is another user's."""
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    for folder in _PROC.glob("[0-9]*/fd"):
        try:
            if any(str(file.readlink()) in sockets for file in folder.iterdir()):
                return int(folder.parent.name)
        except OSError:  # it has ended, or belongs to another user
            continue
    return None


def _listening(port: int) -> Iterator[str]:
    """Yield the inodes of the sockets that listen on a port."""
    for table in (_PROC / "net/tcp", _PROC / "net/tcp6"):
        for line in table.read_text().splitlines()[1:]:
            _, local, _, state, *fields = line.split()
            if state == _LISTEN and int(local.rpartition(":")[2], 16) == port:
                yield fields[5]


def _tree(root: int) -> Iterator[int]:
    yield root
    for thread in (_PROC / f"{root}/task").iterdir():
        for child in (thread / "children").read_text().split():
            yield from _tree(int(child))


def _peak_kib(pid: int) -> int:
    lines = (_PROC / f"{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _ticks(pid: int) -> int:
    """Return the ticks of a process, and of its children that have ended."""
    # The name in parentheses may contain spaces; the fields from the third on follow it.
    fields = (_PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15]))
