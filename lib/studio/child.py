"""Child processes of the studio: they do what would hold up the page, and end with the studio.

The two talk in frames over the child's standard input and output: a length of four bytes, then
JSON. A child ends at the end of its input, whatever has ended the studio.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from threading import Thread
from typing import Any, BinaryIO

from lib.sailor import json_text

_LENGTH = 4  # bytes


class ChildProcess:
    """A child, seen from the studio; it belongs to the event loop."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, module: str) -> "ChildProcess":
        """Start a child.

        Args:
            module: The module that it runs, such as ``lib.studio.sandbox_child``.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            stdin=PIPE,
            stdout=PIPE,
            start_new_session=True,  # Ctrl-C in a shell is for the studio, which stops its children
        )
        return cls(process)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    async def send(self, content: Any) -> None:
        """Send the child a value; it is lost if the child has ended."""
        assert self._process.stdin  # noqa: S101 - it is a pipe
        with suppress(ConnectionError):
            self._process.stdin.write(_frame(json_text.dump(content)))
            await self._process.stdin.drain()

    async def receive(self) -> Any:
        """Wait for the child's next value.

        Raises:
            EOFError: The child has ended.
        """
        assert self._process.stdout  # noqa: S101 - it is a pipe
        try:
            length = int.from_bytes(await self._process.stdout.readexactly(_LENGTH))
            return json_text.parse(await self._process.stdout.readexactly(length))
        except asyncio.IncompleteReadError:
            raise EOFError from None

    def kill(self) -> None:
        """End the child at once, if it is running."""
        with suppress(ProcessLookupError):
            self._process.kill()

    def terminate(self) -> None:
        """Ask the child to end, if it is running."""
        with suppress(ProcessLookupError):
            self._process.terminate()

    async def wait(self) -> int:
        """Wait until the child has ended, and return its exit status."""
        return await self._process.wait()


class Parent:
    """The studio, seen from a child; once it is made, prints go to standard error."""

    def __init__(self) -> None:
        self._input: BinaryIO = sys.stdin.buffer
        self._output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def receive(self) -> Any:
        """Wait for the studio's next value; end this process if the studio has ended."""
        length = int.from_bytes(self._read(_LENGTH))
        return json_text.parse(self._read(length))

    def send(self, content: bytes) -> None:
        """Send the studio a value.

        Args:
            content: The value, as JSON text.
        """
        try:
            self._output.write(_frame(content))
            self._output.flush()
        except BrokenPipeError:
            _end()

    def end_with_it(self) -> None:
        """End this process as soon as the studio ends; nothing more is received."""
        Thread(target=self._wait_for_its_end, daemon=True).start()

    def _wait_for_its_end(self) -> None:
        os.read(self._input.fileno(), 1)  # a buffered read would keep this process from ending
        _end()

    def _read(self, length: int) -> bytes:
        content = self._input.read(length)
        if len(content) < length:
            _end()
        return content


def _frame(content: bytes) -> bytes:
    return len(content).to_bytes(_LENGTH) + content


def _end() -> None:
    os._exit(1)  # from whichever thread; there is nothing to clean up
