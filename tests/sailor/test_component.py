"""A component folder, and what is wrong with one that can't be used."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from lib.sailor import Component, ComponentError


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A new folder for a component; what it adds to the import path is removed again."""
    before = list(sys.path)
    yield tmp_path
    sys.path[:] = before


def component(folder: Path, descriptor: Any, **modules: str) -> Component:
    """Write a component and load it."""
    (folder / "component.json").write_bytes(orjson.dumps(descriptor))
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source)
    return Component.load(folder)


def action(**entry: Any) -> dict[str, Any]:
    return {"actions": {"echo": entry}}


def test_an_action_is_the_process_of_its_module(folder: Path) -> None:
    # Given
    source = "def process(step, msg, cfg, snapshot):\n    return {'body': cfg}\n"
    loaded = component(folder, action(main="./echo.py", title="Echo"), echo=source)

    # When
    process: Any = loaded.process("echo")

    # Then
    assert process(None, {}, {"a": 1}, {}) == {"body": {"a": 1}}
    assert loaded.entry("echo") == {"main": "./echo.py", "title": "Echo"}


def test_a_trigger_is_found_like_an_action(folder: Path) -> None:
    descriptor = {"triggers": {"poll": {"main": "./poll", "type": "polling"}}}

    loaded = component(folder, descriptor, poll="def process(step, msg, cfg, snapshot): ...\n")

    assert loaded.process("poll")({}, {}, {}, {}) is None  # type: ignore[arg-type]


def test_main_may_leave_the_suffix_out(folder: Path) -> None:
    loaded = component(folder, action(main="echo"), echo="ANSWER = 42\n")

    assert loaded.module("echo").ANSWER == 42


def test_a_module_finds_its_neighbours(folder: Path) -> None:
    loaded = component(
        folder,
        action(main="./echo.py"),
        echo="from a_neighbour_of_echo import ANSWER\n",
        a_neighbour_of_echo="ANSWER = 42\n",
    )

    assert loaded.module("echo").ANSWER == 42


def test_a_component_may_be_named_relative_to_the_working_directory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    component(folder, action(main="./echo.py"), echo="ANSWER = 42\n")
    monkeypatch.chdir(folder.parent)

    loaded = Component.load(Path(folder.name))

    monkeypatch.chdir("/")
    assert loaded.module("echo").ANSWER == 42


# What is wrong


def test_a_folder_without_a_descriptor_is_no_component(folder: Path) -> None:
    with pytest.raises(ComponentError) as raised:
        Component.load(folder)

    assert (
        str(raised.value)
        == f"{folder / 'component.json'} cannot be read: No such file or directory"
    )


def test_a_descriptor_that_is_no_json_is_told_with_its_place(folder: Path) -> None:
    (folder / "component.json").write_text('{"actions": }')

    with pytest.raises(ComponentError, match=r"component\.json is not JSON: .* line 1 column 13"):
        Component.load(folder)


def test_a_descriptor_that_is_no_object_is_refused(folder: Path) -> None:
    with pytest.raises(ComponentError, match=r"component\.json is not a JSON object$"):
        component(folder, [])


@pytest.mark.parametrize("descriptor", [{}, {"actions": {}, "triggers": {}}, action(main="e")])
def test_an_unknown_name_is_told(folder: Path, descriptor: dict[str, Any]) -> None:
    with pytest.raises(ComponentError) as raised:
        component(folder, descriptor).process("ech")

    assert str(raised.value) == "component.json has no action or trigger named 'ech'"


@pytest.mark.parametrize("entry", [{}, {"main": None}, {"main": 7}])
def test_an_action_without_a_module_is_told(folder: Path, entry: dict[str, Any]) -> None:
    with pytest.raises(ComponentError) as raised:
        component(folder, action(**entry)).process("echo")

    assert str(raised.value) == "component.json names no main module for 'echo'"


def test_a_module_that_is_not_there_is_told_with_its_path(folder: Path) -> None:
    with pytest.raises(ComponentError) as raised:
        component(folder, action(main="./missing.py")).process("echo")

    assert str(raised.value) == f"there is no module {folder / 'missing.py'}"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_library\n", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("raise ValueError('no luck')\n", "ValueError: no luck"),
        ("def process(:\n", "SyntaxError: "),
    ],
)
def test_a_module_that_fails_to_import_is_told_with_the_reason(
    folder: Path, source: str, reason: str
) -> None:
    # Given
    loaded = component(folder, action(main="./echo.py"), echo=source)

    # When
    with pytest.raises(ComponentError) as raised:
        loaded.process("echo")

    # Then
    assert str(raised.value).startswith(f"{folder / 'echo.py'} fails to import: {reason}")
    assert raised.value.__cause__ is not None


@pytest.mark.parametrize("source", ["", "process = 'not a function'\n"])
def test_a_module_without_process_is_told(folder: Path, source: str) -> None:
    with pytest.raises(ComponentError) as raised:
        component(folder, action(main="./echo.py"), echo=source).process("echo")

    assert str(raised.value) == "the module of 'echo' has no function process"


@pytest.mark.parametrize("descriptor", [{"actions": []}, {"actions": {"echo": "./echo.py"}}])
def test_a_descriptor_of_another_form_is_told(folder: Path, descriptor: dict[str, Any]) -> None:
    with pytest.raises(ComponentError):
        component(folder, descriptor).process("echo")
