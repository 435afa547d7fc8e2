"""A command that is run to its end, and its cost."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CONNECTOR = str(Path(sys.executable).with_name("ecr-connector"))

_MAXRSS_PER_MIB = 1 << (20 if sys.platform == "darwin" else 10)  # bytes there, KiB on Linux


@dataclass(frozen=True)
class Cost:
    """The cost of a command.

    Args:
        wall: Milliseconds from start to end.
        cpu: Milliseconds of CPU time.
        peak: Peak memory in MiB. On Linux it is at least the memory of the parent process at the
            start of the command.
    """

    wall: float
    cpu: float
    peak: float


def run(command: Sequence[str]) -> Cost:
    """Run a command, and discard its output.

    Raises:
        subprocess.CalledProcessError: Its exit status is not 0.
    """
    # boto3 would look for the credentials of an EC2 instance over the network.
    environment = os.environ | {"AWS_EC2_METADATA_DISABLED": "true"}
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(wall * 1000, cpu * 1000, usage.ru_maxrss / _MAXRSS_PER_MIB)
