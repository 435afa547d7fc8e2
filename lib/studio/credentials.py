"""The form of the credentials, with their verification and the sandbox's own."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import ui

from lib.studio.choice_field import Field, Values
from lib.studio.form import FormView
from lib.studio.labels import span


class CredentialsView:
    """The form of the credentials, in the slot of the page in which the view is made.

    Args:
        fields: The descriptor's ``credentials.fields``.
        values: The credentials as they are.
        verify: Verifies credentials; an exception says why they are not good.
        on_change: Gets the credentials when they are changed here.
        on_sandbox: Called for the sandbox's credentials, which take the place of the others.
        on_example_image: Called to put the example image into the sandbox.
    """

    def __init__(
        self,
        fields: Mapping[str, Field],
        values: Values,
        *,
        verify: Callable[[dict[str, Any]], Awaitable[None]],
        on_change: Callable[[dict[str, Any]], None],
        on_sandbox: Callable[[], Awaitable[dict[str, Any]]],
        on_example_image: Callable[[], Awaitable[None]],
    ) -> None:
        self._values = dict(values)
        self._verify = verify
        self._on_change = on_change
        self._on_sandbox = on_sandbox
        self._on_example_image = on_example_image
        with ui.element("div").classes("credentials"):
            with ui.element("div").classes("credentials-sandbox"):
                span("An Amazon ECR on this machine: no account needed.", "credentials-text")
                self._sandbox = _button("Use the sandbox", self._use_sandbox)
                self._example = _button("Add the example image", self._add_example_image)
            self._form = FormView(fields, values, choices=_no_choices, on_change=self._change)
            span(
                "Credentials stay in the memory of this program, and end with it.",
                "credentials-text",
            )
            with ui.element("div").classes("credentials-verify"):
                self._button = _button("Verify", self._check).classes("main-button")
                self._answer = ui.element("div").classes("credentials-answer")
                self._answer.props('role="status"')

    def _change(self, values: dict[str, Any]) -> None:
        self._values = values
        self._answer.clear()
        self._on_change(values)

    async def _check(self) -> None:
        values = dict(self._values)
        await self._run(self._button, self._verify(values), "Verified: the credentials are good.")

    async def _use_sandbox(self) -> None:
        async def use() -> None:
            values = await self._on_sandbox()
            self._form.show_values(values)
            self._change(values)

        await self._run(self._sandbox, use(), "These are the sandbox's credentials.")

    async def _add_example_image(self) -> None:
        await self._run(
            self._example, self._on_example_image(), "The example image is in the sandbox."
        )

    async def _run(self, button: ui.button, work: Awaitable[None], success: str) -> None:
        """Do something that takes a while, and show its end."""
        button.props("loading")
        try:
            await work
        except Exception as error:  # noqa: BLE001 - a module may raise anything
            self._show(str(error) or type(error).__name__, "error_outline", "failed")
        else:
            self._show(success, "check_circle", "good")
        finally:
            button.props(remove="loading")

    def _show(self, text: str, icon: str, state: str) -> None:
        self._answer.clear()
        with self._answer, ui.element("div").classes(f"credentials-{state}"):
            ui.icon(icon).props('aria-hidden="true"')
            span(text)


def _button(text: str, on_click: Callable[[], Awaitable[None]]) -> ui.button:
    return ui.button(text, color=None, on_click=on_click).props("flat no-caps").classes("button")


async def _no_choices(name: str, values: Values) -> Mapping[str, str]:  # noqa: ARG001 - see Choices
    raise LookupError(f"The choices of credentials stand in the descriptor, not in {name}")
