"""Edits as a designer makes them: with what a flow needs besides, and shown at once."""

from dataclasses import dataclass

from lib.platform.flows.components import Function
from lib.sailor import ComponentError
from lib.studio.palette import Entry
from lib.studio.workspace import Workspace


@dataclass(frozen=True)
class Place:
    """Where a step can be put into a flow.

    Args:
        after: The step before it; None for the beginning.
        branch: The step after it, if several come after ``after``.
        as_branch: Whether it becomes another branch of ``after``.
    """

    after: str | None
    branch: str | None = None
    as_branch: bool = False


class Editor:
    """Edits the flow of a workspace, and publishes what has changed.

    Args:
        workspace: The workspace.
        timer: The trigger that a flow gets if a step is put into it before any trigger.
    """

    def __init__(self, workspace: Workspace, timer: Entry) -> None:
        self._workspace = workspace
        self._timer = timer

    def add(self, entry: Entry, place: Place | None = None) -> str:
        """Put a new step into the flow, and select it.

        A trigger takes the place of the trigger that is there. A flow that has no step yet gets a
        timer before its first action.

        Args:
            entry: What the step runs.
            place: Where it is put; None for after the selected step, or else at the end.

        Returns:
            The step's id.
        """
        document = self._workspace.document
        first = document.first
        with document.together():
            if entry.is_trigger and first and self.is_trigger(first):
                document.replace(first, entry.command, {}, name=entry.title)
                step = first
            elif entry.is_trigger or first is None:
                beginning = entry if entry.is_trigger else self._timer
                step = document.insert(beginning.command, {}, after=None, name=beginning.title)
                place = Place(step)
            if not entry.is_trigger:
                selected = self._workspace.selected
                place = place or (self._after(selected) if selected else self.end())
                step = document.insert(
                    entry.command,
                    {},
                    after=place.after,
                    branch=place.branch,
                    as_branch=place.as_branch,
                    name=entry.title,
                    mapper={} if entry.takes_input else None,
                )
        self._show(step)
        return step

    def move(self, step: str, place: Place) -> None:
        """Move a step to another place, and select it."""
        self._workspace.document.move(step, place.after, place.branch, as_branch=place.as_branch)
        self._show(step)

    def move_up(self, step: str) -> None:
        """Move a step before the one before it, unless that is a trigger."""
        document = self._workspace.document
        before = (document.edge_to(step) or {}).get("source")
        if before is not None and not self.is_trigger(before):
            place = (document.edge_to(before) or {}).get("source")
            self.move(step, Place(place, before if place else None))

    def move_down(self, step: str) -> None:
        """Move a step after the one after it, unless it is a trigger or has several branches."""
        document = self._workspace.document
        after = document.edges_from(step)
        if len(after) == 1 and not self.is_trigger(step):
            target = after[0]["target"]
            behind = document.edges_from(target)
            self.move(step, Place(target, behind[0]["target"] if behind else None))

    def duplicate(self, step: str) -> None:
        """Copy a step, and select the copy; there is but one trigger."""
        if not self.is_trigger(step):
            self._show(self._workspace.document.duplicate(step))

    def remove(self, step: str) -> None:
        """Remove a step, and select the one before it, or else the one that is first now."""
        document = self._workspace.document
        before = (document.edge_to(step) or {}).get("source")
        document.remove(step)
        self._show(before or document.first)

    def undo(self) -> None:
        """Undo the last edit."""
        self._workspace.document.undo()
        self._show(self._workspace.selected)

    def redo(self) -> None:
        """Redo the edit that was undone last."""
        self._workspace.document.redo()
        self._show(self._workspace.selected)

    def is_trigger(self, step: str) -> bool:
        """Return whether a step runs a trigger."""
        function = self._function(step)
        return function is not None and "type" in function.entry

    def is_router(self, step: str) -> bool:
        """Return whether conditions decide where the messages of a step go."""
        function = self._function(step)
        return function is not None and function.is_router

    def _function(self, step: str) -> Function | None:
        try:
            return self._workspace.function(step)
        except ComponentError:
            return None

    def end(self) -> Place:
        """Return the place after the last step; after the last branch, if the flow branches."""
        document = self._workspace.document
        step = document.first
        seen: set[str] = set()
        while step and step not in seen and (after := document.edges_from(step)):
            seen.add(step)
            step = after[-1]["target"]
        return self._after(step)

    def _after(self, step: str | None) -> Place:
        """Return the place after a step; after a router, another branch."""
        return Place(step, as_branch=step is not None and self.is_router(step))

    def _show(self, step: str | None) -> None:
        """Select a step, if it is there, and publish that the flow has changed."""
        steps = {node["id"] for node in self._workspace.document.nodes}
        self._workspace.selected = step if step in steps else None
        self._workspace.publish("document")
        self._workspace.publish("selection")
