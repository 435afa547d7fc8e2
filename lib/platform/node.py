"""The npm packages of the platform's own runtime."""

import shutil
import subprocess
from pathlib import Path

from lib.platform.errors import MissingSoftwareError

_INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")


def is_installed() -> bool:
    """Return whether Node.js and npm are installed on this machine."""
    return all(shutil.which(program) for program in ("node", "npm"))


def packages(folder: Path) -> Path:
    """Install the locked packages of a folder, unless they are up to date.

    Args:
        folder: The folder of ``package.json`` and ``package-lock.json``.

    Returns:
        The folder of the packages.

    Raises:
        MissingSoftwareError: Node.js or npm is not installed, or npm fails.
    """
    if not is_installed():
        raise MissingSoftwareError(
            "Node.js and npm are not installed", "Debian, Ubuntu: sudo apt install nodejs npm"
        )
    installed = folder / "node_modules"
    stamp = installed / ".package-lock.json"
    lock = folder / "package-lock.json"
    if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        _install(folder)
        stamp.touch()
    return installed


def _install(folder: Path) -> None:
    ended = subprocess.run(_INSTALL, cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise MissingSoftwareError(
            f"`{' '.join(_INSTALL)}` fails in {folder.name}: {ended.stderr[-2000:].strip()}",
            "check the network and npm's registry",
        )
