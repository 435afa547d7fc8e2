"""What opens over the page: files, credentials, questions before something is done."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from nicegui import events, ui

from lib.component.operation.effects import Effect, effect
from lib.platform.errors import InvalidFlowError
from lib.platform.flows.environment import environment_file
from lib.sailor import ComponentError
from lib.sandbox import SandboxError
from lib.studio import questions
from lib.studio.credentials import CredentialsView
from lib.studio.document import Document
from lib.studio.studio import Desk, Studio

_KEYS = (
    ("Ctrl+Z", "Undo"),
    ("Ctrl+Shift+Z", "Redo"),
    ("Ctrl+S", "Save"),
    ("Ctrl+O", "Open"),
    ("Ctrl+Enter", "Run the flow"),
    ("/", "Search the palette"),
    ("↑, ↓", "Go from step to step"),
    ("Enter", "Select a step; in the palette's search, insert the first match"),
    ("Alt+↑, Alt+↓", "Move the step"),
    ("Ctrl+D", "Duplicate the step"),
    ("Delete", "Remove the step"),
    ("Esc", "Close"),
)


class Dialogs:
    """What opens over the page of one browser tab.

    Args:
        studio: What all pages share.
        desk: What this page is about.
    """

    def __init__(self, studio: Studio, desk: Desk) -> None:
        self._studio = studio
        self._workspace = desk.workspace
        self._player = desk.player
        self._client = ui.context.client

    async def begin_anew(self) -> None:
        """Show the choice of flows to begin with."""
        if await self._may_discard():
            self._player.reset()
            self._workspace.open(Document())
            self._workspace.has_begun = False
            self._workspace.publish("document")

    async def run(self) -> bool:
        """Run the flow, if nothing speaks against it; return whether it ran."""
        steps = [node["id"] for node in self._workspace.document.nodes]
        destroying = [] if self._workspace.is_sandbox else self._destroying(steps)
        if not await self._may_run(destroying, "Run the flow"):
            return False
        await self._player.run_flow()
        return True

    async def may_run(self, step: str) -> bool:
        """Return whether a step may run alone; ask first if that destroys something."""
        return await self._may_run(self._destroying([step]), "Retrieve a sample")

    def credentials(self) -> None:
        """Show the form of the credentials."""
        with self._dialog("Credentials") as dialog:
            dialog.on("hide", lambda: self._workspace.publish("account"))
            CredentialsView(
                self._studio.credential_fields,
                self._workspace.credentials,
                verify=partial(questions.verify, self._studio.connector),
                on_change=self._take_credentials,
                on_sandbox=self._studio.sandbox,
                on_example_image=self._studio.add_example_image,
            )

    def keys(self) -> None:
        """Show what the keys do."""
        with self._dialog("Keys"), ui.element("dl").classes("keys-list"):
            for keys, text in _KEYS:
                with ui.element("dt"):
                    ui.label(keys).classes("keys")
                with ui.element("dd"):
                    ui.label(text)

    async def open_file(self) -> None:
        """Let a flow be chosen that is in a file."""
        if not await self._may_discard():
            return

        async def take(event: events.UploadEventArguments) -> None:
            content = await event.file.read()
            self._open(Path(event.file.name), content, dialog)

        with self._dialog("Open a flow") as dialog:
            upload = ui.upload(
                label="Drop a flow's file here", on_upload=take, auto_upload=True, max_files=1
            )
            upload.props("flat accept=.json,application/json").classes("full upload")
            choose = ui.button("Choose a file", icon="folder_open", color=None)
            choose.props("unelevated no-caps").classes("primary")
            # In the browser alone, which lets only a click open the choice.
            choose.on("click", js_handler=f"() => getElement({upload.id}).pickFiles()")
            here = sorted(Path.cwd().glob("*.json"))
            flows = [file for file in here if _is_flow(file)]
            if flows:
                ui.label(f"In {Path.cwd()}").classes("eyebrow")
            for file in flows:
                button = ui.button(
                    file.name,
                    icon="description",
                    color=None,
                    on_click=partial(self._read, file, dialog),
                )
                button.props("flat no-caps align=left").classes("full quiet")

    def save(self) -> None:
        """Ask where to save the flow."""
        path = self._workspace.document.path
        is_own = path.is_absolute() and not path.is_relative_to(self._studio.connector.folder)
        proposal = path if is_own else Path.cwd() / _file_name(self._workspace.document.name)
        with self._dialog("Save the flow") as dialog:
            field = ui.input(label="File", value=str(proposal)).props("dense outlined autofocus")
            field.classes("full mono")
            note = ui.label().classes("muted").props("role=status")

            def look() -> None:
                exists = Path(field.value or "").is_file()
                note.set_text("This file exists, and will be replaced." if exists else "")

            field.on_value_change(look)
            look()

            def write() -> None:
                file = Path(field.value or "").absolute()
                try:
                    file.write_text(_text(self._workspace.document), encoding="utf-8")
                except OSError as error:
                    note.set_text(f"It cannot be saved there: {error.strerror}")
                    return
                self._workspace.document.path = file
                self._workspace.document.mark_saved()
                dialog.close()
                self._say(f"Saved to {file}")

            field.on("keydown.enter", write)
            _buttons(dialog, "Save", write)

    def download(self) -> None:
        """Let the browser save the flow."""
        document = self._workspace.document
        ui.download.content(
            _text(document), _file_name(document.name), media_type="application/json"
        )
        document.mark_saved()

    def environment(self) -> None:
        """Offer the environment of a step, with which serve runs it."""
        steps = {
            node["id"]: self._workspace.title(node["id"]) for node in self._workspace.document.nodes
        }
        with self._dialog("Environment of a step") as dialog:
            ui.label(
                "A file for serve and for docker compose: it lets you start this step by hand in"
                " a flow that runs over a broker."
            ).classes("muted")
            chosen = ui.select(steps, label="Step", value=self._workspace.selected)
            chosen.props("dense outlined").classes("full")
            note = ui.label().classes("problem-text").props("role=status")

            def offer() -> None:
                if chosen.value is None:
                    note.set_text("Choose a step.")
                    return
                try:
                    text = environment_file(self._workspace.plan(), chosen.value, None)
                except InvalidFlowError as error:
                    note.set_text(f"The flow cannot run yet: {'; '.join(error.faults)}")
                    return
                ui.download.content(text, f"{chosen.value}.env", media_type="text/plain")
                dialog.close()

            _buttons(dialog, "Download", offer)

    def _read(self, file: Path, dialog: ui.dialog) -> None:
        self._open(file, file.read_bytes(), dialog)

    def _open(self, path: Path, content: bytes, dialog: ui.dialog) -> None:
        try:
            document = Document(json.loads(content), path)
        except InvalidFlowError as error:
            self._say(str(error), is_bad=True)
        except ValueError as error:
            self._say(f"{path.name} is not JSON: {error}", is_bad=True)
        else:
            self._player.reset()
            self._workspace.open(document)
            dialog.close()

    def _take_credentials(self, values: dict[str, object]) -> None:
        self._workspace.credentials = values
        self._workspace.publish("credentials")

    def _destroying(self, steps: Iterable[str]) -> list[str]:
        """Return those of some steps that destroy something, by what people call them."""
        found = []
        for step in steps:
            try:
                function = self._workspace.function(step)
            except ComponentError:
                continue
            fields = self._workspace.document.node(step).get("fields") or {}
            if function.takes_credentials and effect(function.name, fields) is Effect.DESTROYS:
                found.append(self._workspace.title(step))
        return found

    async def _may_run(self, destroying: Sequence[str], what: str) -> bool:
        """Return whether a run may begin.

        Args:
            destroying: The steps that destroy something, about which it asks.
            what: What is about to happen.
        """
        if self._player.is_running or not await self._has_credentials():
            return False
        if not destroying:
            return True
        names = " and ".join(destroying)
        where = "in the sandbox" if self._workspace.is_sandbox else "in your account"
        text = f"{names} will run for real, and remove what it names {where}."
        return await self._confirmed(f"{what}?", text, what)

    async def _may_discard(self) -> bool:
        """Return whether the flow may go; ask first if it was changed."""
        if not self._workspace.document.is_changed:
            return True
        text = "The changes of this flow are not in a file yet."
        return await self._confirmed("Discard the changes?", text, "Discard")

    async def _confirmed(self, question: str, text: str, answer: str) -> bool:
        """Ask before something is done that cannot be undone, and return whether to do it."""
        with self._dialog(question) as dialog:
            ui.label(text)
            with ui.element("div").classes("dialog-buttons"):
                _cancel(dialog)
                button = ui.button(answer, color=None, on_click=lambda: dialog.submit(True))
                button.props("unelevated no-caps").classes("stop")
        return bool(await dialog)

    async def _has_credentials(self) -> bool:
        """Wait for the sandbox, if nobody entered other credentials; return whether it is there."""
        if self._workspace.credentials:
            return True
        try:
            self._workspace.take_sandbox(await self._studio.sandbox())
        except SandboxError as error:
            self._say(str(error), is_bad=True)
            return False
        return True

    @contextmanager
    def _dialog(self, title: str) -> Iterator[ui.dialog]:
        """Open a dialog, and let it be filled in the context."""
        with self._client, ui.dialog(value=True) as dialog, ui.card().classes("dialog"):
            dialog.props["aria-label"] = title
            dialog.on("hide", dialog.delete)
            with ui.element("div").classes("dialog-head"):
                ui.label(title).classes("dialog-title").props("role=heading aria-level=2")
                close = ui.button(icon="close", color=None, on_click=dialog.close)
                close.props('flat round dense aria-label="Close"').classes("tool")
            yield dialog

    def _say(self, text: str, *, is_bad: bool = False) -> None:
        with self._client:
            ui.notify(
                text,
                type="negative" if is_bad else "positive",
                position="bottom",
                multi_line=True,
                close_button="Close" if is_bad else False,
                timeout=0 if is_bad else 3000,
            )


def _buttons(dialog: ui.dialog, text: str, on_click: Callable[[], object]) -> None:
    with ui.element("div").classes("dialog-buttons"):
        _cancel(dialog)
        ui.button(text, color=None, on_click=on_click).props("unelevated no-caps").classes(
            "primary"
        )


def _cancel(dialog: ui.dialog) -> None:
    button = ui.button("Cancel", color=None, on_click=dialog.close)
    button.props("flat no-caps").classes("quiet")


def _is_flow(file: Path) -> bool:
    try:
        Document.read(file)
    except InvalidFlowError:
        return False
    return True


def _file_name(name: str) -> str:
    """Return the name of a file for a flow of a name."""
    return (re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "flow") + ".json"


def _text(document: Document) -> str:
    return json.dumps(document.dump(), indent=2, ensure_ascii=False) + "\n"
