"""The header on the page: the flow's name, its files, its run, and the credentials."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from lib.studio.dialogs import Dialogs
from lib.studio.studio import Desk, Studio

_THEMES = {
    None: ("brightness_auto", "Colors: as the system"),
    True: ("dark_mode", "Colors: dark"),
    False: ("light_mode", "Colors: light"),
}


class Header:
    """The header on the page.

    Args:
        studio: What all pages share.
        desk: What it is about.
        dialogs: Open when their buttons are clicked.
        on_palette: Called to show or hide the palette of a narrow window.
        on_run: Called to run the flow.
        on_theme: Called to switch between dark and light.
    """

    def __init__(
        self,
        studio: Studio,
        desk: Desk,
        dialogs: Dialogs,
        *,
        on_palette: Callable[[], None],
        on_run: Callable[[], Awaitable[None]],
        on_theme: Callable[[], None],
    ) -> None:
        self._studio = studio
        self._workspace = workspace = desk.workspace
        self._editor = desk.editor
        self._player = desk.player
        self._dialogs = dialogs
        with ui.element("header").classes("header"):
            _icon("menu", "Palette", on_palette).classes("only-narrow")
            ui.icon("hub").classes("brand").props("aria-hidden=true")
            self._name = ui.input(value=workspace.document.name, on_change=self._rename)
            self._name.props("dense borderless debounce=200").classes("flow-name")
            self._name.props["aria-label"] = "Name of the flow"
            with self._name.add_slot("append"):
                ui.icon("edit").props("aria-hidden=true size=16px")
            with ui.element("div").classes("tools"):
                self._undo = _icon("undo", "Undo (Ctrl+Z)", desk.editor.undo)
                self._redo = _icon("redo", "Redo (Ctrl+Shift+Z)", desk.editor.redo)
            with ui.element("div").classes("tools"):
                _icon("note_add", "New flow", dialogs.begin_anew)
                _icon("folder_open", "Open (Ctrl+O)", dialogs.open_file)
                _icon("save", "Save (Ctrl+S)", dialogs.save)
                _icon("download", "Download", dialogs.download)
                _icon("terminal", "Environment of a step", dialogs.environment)
            ui.element("div").classes("spring")
            self._progress = ui.label().classes("progress").props("role=status")
            self._run = ui.button("Run", icon="play_arrow", color=None, on_click=on_run)
            self._run.props("unelevated no-caps").classes("primary")
            self._stop = ui.button("Stop", icon="stop", color=None, on_click=desk.player.stop)
            self._stop.props("unelevated no-caps").classes("stop")
            self._credentials = ui.button(color=None, on_click=dialogs.credentials)
            self._credentials.props("outline no-caps").classes("secondary credentials-chip")
            with self._credentials:
                self._light = ui.element("div").classes("light")
                self._credentials_text = ui.label()
            self._theme = _icon("brightness_auto", "Colors", on_theme)
            _icon("keyboard", "Keys", dialogs.keys).classes("only-wide")
        self.show_theme()
        self.show_credentials()
        self.show_run()

    def show_document(self) -> None:
        """Show the flow's name, and what can be undone."""
        document = self._workspace.document
        if self._name.value != document.name:
            self._name.set_value(document.name)
        self._undo.set_enabled(document.can_undo)
        self._redo.set_enabled(document.can_redo)
        self._run.set_enabled(document.first is not None)

    def show_theme(self) -> None:
        """Show which colors the page has."""
        icon, text = _THEMES[self._workspace.is_dark]
        self._theme.set_icon(icon)
        self._theme.props["aria-label"] = text

    def show_credentials(self) -> None:
        """Show whose credentials these are."""
        workspace = self._workspace
        if workspace.is_sandbox:
            kind, text = "good", "Sandbox"
        elif workspace.credentials:
            region = workspace.credentials.get("region") or "no region"
            kind, text = "warn", f"Account · {region}"
        elif self._studio.sandbox_problem:
            kind, text = "bad", "No credentials"
        else:
            kind, text = "busy", "Sandbox starts …"
        self._light.classes(replace=f"light {kind}")
        self._credentials_text.set_text(text)
        self._credentials.props["aria-label"] = f"Credentials: {text}"

    def show_run(self) -> None:
        """Show how the run gets on."""
        player = self._player
        self._run.set_visibility(not player.is_running)
        self._stop.set_visibility(player.is_running)
        what = "The flow" if player.step is None else player.step
        handled = sum(results.count.received for results in player.results.values())
        errors = player.errors
        match player.state:
            case "idle":
                kind, text = "", ""
            case "running":
                kind, text = "busy", f"{handled:,} messages so far" if handled else "Starting …"
            case "finished" if errors:
                kind, text = "bad", f"{errors:,} error{'s' if errors > 1 else ''}"
            case "finished":
                kind, text = "good", f"Done in {player.seconds:.1f} s"
            case "stopped":
                kind, text = "warn", "Stopped"
            case _:
                kind, text = "bad", f"{what} cannot run: {'; '.join(player.faults)}"
        self._progress.classes(replace=f"progress {kind}")
        self._progress.set_text(text)
        self._progress.props["title"] = text

    def _rename(self) -> None:
        if self._name.value != self._workspace.document.name:
            self._workspace.document.set_name(self._name.value or "")
            self._workspace.publish("document")


def _icon(icon: str, text: str, on_click: Callable[[], object]) -> ui.button:
    """Show a button with an icon and a tool-tip."""
    button = ui.button(icon=icon, color=None, on_click=on_click)
    button.props("flat round dense").classes("tool")
    button.props["aria-label"] = text
    with button:
        ui.tooltip(text)
    return button
