"""Commands on a terminal, and what is left on its screen."""

import os
import pty
import re
import signal
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_CODE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|(\r|\n)")


class Terminal:
    """A command whose standard streams are a terminal.

    Args:
        command: The command with its arguments.
        columns: The terminal's width.
        cwd: The folder to start in.
        env: Environment variables in addition to the test's own.
        alone: Whether the command gets ``env`` only, without the test's own variables.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        alone: bool = False,
    ) -> None:
        self._terminal, side = pty.openpty()
        termios.tcsetwinsize(side, (24, columns))
        # Test runners may say how wide their own terminal is.
        inherited = {} if alone else {**os.environ}
        inherited.pop("COLUMNS", None)
        # A test run in the background ignores Ctrl-C, and what it starts would do so too.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**inherited, "TERM": "xterm-256color", **(env or {})},
            stdin=side,
            stdout=side,
            stderr=side,
            start_new_session=True,
        )
        signal.signal(signal.SIGINT, before)
        os.close(side)
        self._written = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait(self) -> int:
        """Wait for the end of the command and of all that it wrote; return its exit status."""
        code = self._process.wait()
        self._reader.join()
        return code

    def wait_for(self, text: str, seconds: float = 30) -> None:
        """Wait until the screen shows a text."""
        end = time.monotonic() + seconds
        while text not in self.screen:
            assert time.monotonic() < end, f"{text!r} does not come: {self.screen}"
            time.sleep(0.05)

    def interrupt(self) -> None:
        """Press Ctrl-C: every process of the command gets the signal."""
        os.killpg(self._process.pid, signal.SIGINT)

    @property
    def written(self) -> str:
        """All that was written, with the codes that color text and move the cursor."""
        return self._written.decode(errors="replace")

    @property
    def screen(self) -> str:
        """What is left on the screen, without colors; long lines are not broken."""
        return rendered(self.written)

    def _read(self) -> None:
        try:
            while piece := os.read(self._terminal, 1 << 16):
                self._written += piece
        except OSError:  # how Linux reports that nobody has the other side any more
            pass
        os.close(self._terminal)


def rendered(written: str) -> str:
    """Return what a terminal shows in the end, one line a row, without blanks at their ends."""
    rows = [""]
    row = column = position = 0
    for code in [*_CODE.finditer(written), None]:
        text = written[position : code.start() if code else None]
        rows[row] = rows[row][:column].ljust(column) + text + rows[row][column + len(text) :]
        column += len(text)
        if code is None:
            break
        position = code.end()
        if code[3] == "\r":
            column = 0
        elif code[3] == "\n":
            row += 1
            rows += [""] * (row == len(rows))
        elif code[2] == "A":
            row = max(0, row - int(code[1] or 1))
        elif code[2] == "K":
            rows[row] = rows[row][:column] if code[1] in ("", "0") else ""
    return "\n".join(line.rstrip() for line in rows).rstrip("\n")
