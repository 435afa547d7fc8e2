"""The studio's sandbox: an Amazon ECR in a child process."""

import asyncio
from typing import Any

from lib.sandbox import SandboxError
from lib.studio.child import ChildProcess


class SandboxProcess:
    """A sandbox with the images and repositories that the recipes need.

    It belongs to the event loop, and ends with the studio.
    """

    def __init__(self) -> None:
        self._child: ChildProcess | None = None
        self._asking = asyncio.Lock()

    async def start(self) -> dict[str, Any]:
        """Start it unless it runs, and return the credentials for it.

        Raises:
            SandboxError: It cannot start.
        """
        async with self._asking:
            if self._child is None:
                child = await ChildProcess.start("lib.studio.sandbox_child")
                self._cfg = await _answer(child)
                self._child = child
            return dict(self._cfg)

    async def add_example_image(self) -> None:
        """Put the example images and repositories back, as they were at first.

        Raises:
            SandboxError: It does not run.
        """
        async with self._asking:
            if self._child is None:
                raise SandboxError("The sandbox is not running")
            await self._child.send({})
            await _answer(self._child)

    async def stop(self) -> None:
        """End it, if it runs."""
        async with self._asking:
            if self._child:
                self._child.terminate()
                await self._child.wait()
                self._child = None


async def _answer(child: ChildProcess) -> Any:
    """Return the child's cfg, or nothing in particular.

    Raises:
        SandboxError: It cannot start, or it has ended.
    """
    try:
        answer = await child.receive()
    except EOFError:
        raise SandboxError("The sandbox has ended unexpectedly") from None
    if "error" in answer:
        raise SandboxError(answer["error"])
    return answer.get("cfg")
