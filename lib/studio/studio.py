"""The studio: what all its pages share."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib.platform.flows.components import Connector
from lib.sandbox import SandboxError
from lib.studio.document import Document
from lib.studio.editor import Editor
from lib.studio.palette import Palette
from lib.studio.player import Player
from lib.studio.sandbox_process import SandboxProcess
from lib.studio.start import examples
from lib.studio.workspace import Workspace


@dataclass(frozen=True)
class Desk:
    """What one browser works with.

    Args:
        workspace: The flow, and all that belongs to it.
        editor: Edits the flow.
        player: Runs it.
    """

    workspace: Workspace
    editor: Editor
    player: Player


class Studio:
    """What all pages share; it belongs to the event loop.

    Args:
        connector: The connector that it shows.

    Attributes:
        palette: What can be put into a flow.
        examples: The flows to begin with.
        sandbox_problem: Why there is no sandbox; empty if there is one, or will be.
    """

    def __init__(self, connector: Connector) -> None:
        self.connector = connector
        self.palette = Palette(connector)
        self.examples = examples(connector)
        self.sandbox_problem = ""
        self._sandbox = SandboxProcess()
        self._starting: asyncio.Task[None] | None = None
        self._cfg: dict[str, Any] = {}
        self._desks: dict[str, Desk] = defaultdict(self._new_desk)

    @property
    def credential_fields(self) -> Mapping[str, Any]:
        """The fields of the credentials, as the descriptor has them."""
        fields: Mapping[str, Any] = self.palette.descriptor["credentials"]["fields"]
        return fields

    def desk(self, session: str) -> Desk:
        """Return what a browser works with, from its last visit if it has been here before."""
        return self._desks[session]

    def start(self) -> None:
        """Start the sandbox unless it was started before, without waiting for it."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._start_sandbox())

    async def stop(self) -> None:
        """End all that runs."""
        for desk in self._desks.values():
            desk.player.stop()
        if self._starting:
            self._starting.cancel()
        await self._sandbox.stop()

    async def sandbox(self) -> dict[str, Any]:
        """Return the credentials for the sandbox, once it runs.

        Raises:
            SandboxError: It cannot start.
        """
        return await self._sandbox.start()

    async def add_example_image(self) -> None:
        """Put the example images back into the sandbox.

        Raises:
            SandboxError: It does not run.
        """
        await self._sandbox.add_example_image()

    async def _start_sandbox(self) -> None:
        """Start the sandbox, and give its credentials to those who have none yet."""
        try:
            self._cfg = await self._sandbox.start()
        except SandboxError as error:
            self.sandbox_problem = str(error)
        for desk in self._desks.values():
            desk.workspace.take_sandbox(self._cfg)

    def _new_desk(self) -> Desk:
        workspace = Workspace(self.connector, Document())
        workspace.take_sandbox(self._cfg)
        return Desk(workspace, Editor(workspace, self.palette.timer), Player(workspace))
