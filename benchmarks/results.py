"""The findings of a run as a JSON file, from which the charts are drawn."""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import orjson

from benchmarks.figure import Curve, Figure, Finding


def as_json(found: Iterable[Finding]) -> bytes:
    """Return figures, curves and the kind of machine as JSON."""
    found = list(found)
    document = {
        "machine": machine(),
        "figures": [asdict(each) | {"met": each.met} for each in found if isinstance(each, Figure)],
        "curves": [asdict(each) for each in found if isinstance(each, Curve)],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def curves(content: bytes) -> list[Curve]:
    """Return the curves of a JSON file.

    Args:
        content: The file's content.
    """
    return [Curve(**each) for each in orjson.loads(content)["curves"]]


def machine() -> dict[str, str | int | None]:
    """Return the facts that figures depend on, and none that identifies the machine."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "node": _node(),
    }


def _processor() -> str:
    """Return the model of the processor, which ``platform`` does not know on Linux."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor())


def _node() -> str | None:
    """Return the version of Node.js; None if it is not installed."""
    command = shutil.which("node")
    if command is None:
        return None
    version = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    return version.stdout.strip().removeprefix("v")
