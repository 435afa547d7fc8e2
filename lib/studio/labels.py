"""Labels and help of inputs, as forms and the mapper show them; all of it as text."""

import re
from collections.abc import Callable, Iterable, Sequence
from html import unescape

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

_TAG = re.compile(r"<[^>]*>")


def plain(note: str) -> str:
    """Return a descriptor's note, which may have ``<em>`` and ``<a>``, without its tags."""
    return unescape(_TAG.sub("", note))


def span(text: str, classes: str = "") -> TextElement:
    """Show a text within a line.

    Args:
        text: The text.
        classes: Its CSS classes.
    """
    return TextElement(tag="span", text=text).classes(classes)


def label(text: str, *, target: str) -> TextElement:
    """Show the label of an input.

    Args:
        text: The label.
        target: The HTML id of the input.
    """
    shown = TextElement(tag="label", text=text).classes("field-label")
    shown.props["for"] = target
    return shown


def show_faults(into: Element, faults: Iterable[str]) -> None:
    """Show what is wrong, in the place of what an element holds.

    Args:
        into: The element.
        faults: A sentence without a full stop each.
    """
    into.clear()
    with into:
        for fault in faults:
            with ui.element("div").classes("fault"):
                ui.icon("warning").props("aria-hidden=true")
                ui.label(fault)


def star() -> None:
    """Show that an input is required; the input says so to screen readers itself."""
    span("*", "required-star").props('aria-hidden="true"')


def icon_button(icon: str, name: str, on_click: Callable[[], object] | None = None) -> ui.button:
    """Show a small round button.

    Args:
        icon: The name of its icon.
        name: Its name for screen readers.
        on_click: Called when it is clicked.
    """
    button = ui.button(icon=icon, color=None)
    if on_click is not None:
        button.on_click(on_click)
    button.props["aria-label"] = name
    return button.props("flat round dense").classes("icon-button")


def help_button(name: str) -> ui.button:
    """Show the button that opens the help of something; the caller adds the pop-up to it.

    Args:
        name: What the help is about.
    """
    return icon_button("help_outline", f"Help: {name}")


def help_pop_up(name: str) -> ui.menu:
    """Return the pop-up of the help button that it stands in.

    Args:
        name: What the help is about.
    """
    # It holds no items of a menu, which screen readers would expect.
    pop_up = ui.menu().props("role=dialog").classes("help-pop-up")
    pop_up.props["aria-label"] = f"Help: {name}"
    return pop_up


def small_button(text: str, icon: str | None, on_click: Callable[[], object]) -> ui.button:
    """Show a button for a small change.

    Args:
        text: Its text.
        icon: The name of its icon, if it has one.
        on_click: Called when it is clicked.
    """
    button = ui.button(text, icon=icon, color=None, on_click=on_click)
    return button.props("flat dense no-caps size=sm").classes("small-button")


def segments(
    name: str,
    options: Sequence[str],
    chosen: str,
    on_choose: Callable[[str], None],
    classes: str = "",
) -> ui.button:
    """Show a switch between a few options, of which one is pressed; return that one's button.

    Args:
        name: Its name for screen readers.
        options: The options.
        chosen: The one that is pressed.
        on_choose: Gets the option that is clicked.
        classes: More CSS classes.
    """
    group = ui.element("div").classes(f"segments {classes}").props("role=group")
    group.props["aria-label"] = name
    with group:
        buttons = {option: ui.button(option, color=None) for option in options}
    for option, button in buttons.items():
        button.props("flat dense no-caps").on_click(lambda _, option=option: on_choose(option))
        button.props["aria-pressed"] = "true" if option == chosen else "false"
    return buttons[chosen]


def focus(element: Element) -> None:
    """Put the focus on a button, once the browser has it."""
    element.client.run_javascript(
        f"setTimeout(() => document.getElementById('{element.html_id}')?.focus())"
    )
