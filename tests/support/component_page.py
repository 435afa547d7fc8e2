"""A page that shows the studio's forms, mapper and credentials, each on its own.

Started as a program; prints its address. What is reported is on the page as JSON: ``Reported``.
"""

import socket
from collections.abc import Mapping
from typing import Any

import orjson
from nicegui import ui

from lib.sailor.step import Message
from lib.studio.credentials import CredentialsView
from lib.studio.form import FormView
from lib.studio.mapper import show_mapper
from tests.support.browser import HTML
from tests.support.repository import ROOT

MESSAGE: Message = {"body": {"repository": "team/app", "tags": ["1.4.2"], "html": HTML}}
OTHER: Message = {"body": {"repository": "team/web"}}
TRAIL: Mapping[str, Message] = {"step_1": {"body": {"digest": "sha256:1"}}}
SCHEMA = {
    "properties": {
        "name": {
            "title": "Repository Name",
            "type": "string",
            "required": True,
            "order": 9,
            "examples": ["team/app"],
            "help": {"description": f"The repository. {HTML}"},
        },
        "ids": {
            "title": "Image IDs",
            "type": "array",
            "order": 8,
            "items": {
                "type": "object",
                "properties": {"digest": {"title": "Digest", "type": "string"}},
            },
        },
        "mutable": {"title": "Mutable", "type": "boolean", "order": 7},
    }
}
FIELDS = {
    "repository": {
        "viewClass": "SelectView",
        "label": "Repository",
        "order": 9,
        "required": True,
        "model": "repositories",
        "prompt": "Choose a repository",
        "note": 'The <em>repository</em>; see <a href="https://example.org">there</a>.',
    },
    "tag": {
        "viewClass": "SelectView",
        "label": "Tag",
        "order": 8,
        "model": "tags",
        "require": ["repository"],
    },
    "events": {
        "viewClass": "MultiSelectView",
        "label": "Events",
        "order": 7,
        "model": {"push": "Pushed", "delete": "Deleted"},
    },
    "debug": {"viewClass": "CheckBoxView", "label": "Debug", "order": 6},
    "secret": {"viewClass": "PasswordFieldView", "label": "Secret", "order": 5},
    "about": {"viewClass": "TextAreaView", "label": "About", "order": 4},
    "expression": {"viewClass": "JSONataView", "label": "Expression", "order": 3},
    "reader": {"viewClass": "RESTAPIView", "label": "Request", "order": 2},
    "limit": {"viewClass": "TextFieldView", "label": "Limit", "order": 1, "placeholder": "100"},
}
CREDENTIALS: dict[str, dict[str, Any]] = {
    "key": {"viewClass": "TextFieldView", "label": "Key", "required": True},
    "secret": {"viewClass": "PasswordFieldView", "label": "Secret"},
}


def _reporter() -> Any:
    for sheet in (ROOT / "lib/studio/static").glob("*.css"):
        ui.add_css(sheet)
    reported = ui.label("nothing").props('aria-label="Reported" role="note"')
    return lambda value: reported.set_text(orjson.dumps(value).decode())


@ui.page("/mapper")
def _mapper(mapper: str = "{}", sample: str = "yes") -> None:
    """Show the mapper of ``SCHEMA``, with a button that shows another sample."""
    report = _reporter()
    view = show_mapper(
        SCHEMA,
        orjson.loads(mapper),
        message=MESSAGE if sample == "yes" else None,
        trail=TRAIL if sample == "yes" else {},
        on_change=report,
        source={"properties": {"repository": {"title": "Repository"}}},
    )
    ui.button("Another sample", on_click=lambda: view.show_sample(OTHER, {}))


@ui.page("/form")
def _form(values: str = "{}") -> None:
    """Show the form of ``FIELDS``, whose repositories are refused once, and a button as above."""
    report = _reporter()
    asked: list[str] = []

    async def choices(model: str, values: Mapping[str, Any]) -> Mapping[str, str]:
        asked.append(model)
        if asked.count("repositories") == 1 and model == "repositories":
            raise PermissionError(f"not allowed to list {HTML}")
        if model == "tags":
            return {"1.4.2": f"1.4.2 of {values['repository']}"}
        return {"team/app": "team/app", "team/web": f"team/web {HTML}"}

    view = FormView(
        FIELDS,
        orjson.loads(values),
        choices=choices,
        on_change=report,
        message=MESSAGE,
        trail=TRAIL,
    )
    ui.button("Another sample", on_click=lambda: view.show_sample(OTHER, {}))


@ui.page("/credentials")
def _credentials() -> None:
    """Show the form of ``CREDENTIALS``, of which only the key ``good`` is."""
    report = _reporter()

    async def verify(values: Mapping[str, Any]) -> None:
        if values.get("key") != "good":
            raise PermissionError(f"Check Key: {HTML}")

    async def sandbox() -> dict[str, Any]:
        return {"key": "good", "secret": "sandbox"}

    async def example_image() -> None:
        report("example image")

    CredentialsView(
        CREDENTIALS,
        {},
        verify=verify,
        on_change=report,
        on_sandbox=sandbox,
        on_example_image=example_image,
    )


if __name__ in {"__main__", "__mp_main__"}:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ui.run(
        host="127.0.0.1",
        port=port,
        show=False,
        reload=False,
        uvicorn_logging_level="warning",
    )
