"""docs/flows.md: its flows run as it says, and its tables are complete."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from lib.cli import app
from lib.platform import standard
from lib.platform.errors import InvalidFlowError
from lib.platform.flows.plan import prepare
from tests.support.flows import CONNECTOR, node, write
from tests.support.repository import ROOT
from tests.support.terminal import Terminal

COMMAND = str(Path(sys.executable).with_name("ecr-connector"))
PAGE = (ROOT / "docs/flows.md").read_text()
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def blocks(title: str, language: str) -> list[str]:
    """Return the fenced blocks of a section in a language."""
    return [text for written, text in FENCE.findall(section(title)) if written == language]


def without_times(text: str) -> str:
    text = re.sub(r"in \d+\.\d s$", "in N s", text, flags=re.MULTILINE)
    return re.sub(r" +[\d.,]+$", " N", text, flags=re.MULTILINE)


@pytest.mark.slow
def test_the_flow_shows_what_the_page_says(tmp_path: Path) -> None:
    (flow,) = blocks("Write a flow", "json")
    (output,) = blocks("Write a flow", "text")
    (tmp_path / "tags.json").write_text(flow)

    shown = Terminal([COMMAND, "flow", "tags.json"], cwd=tmp_path)

    assert shown.wait() == 0
    _, heading, table = re.split(r"(^ +in  out .*\n)", shown.screen, flags=re.MULTILINE)
    assert without_times(heading + table) == without_times(output.rstrip("\n"))


@pytest.mark.slow
def test_the_component_greets(tmp_path: Path) -> None:
    descriptor, flow = blocks("Your own component", "json")
    (module,) = blocks("Your own component", "python")
    (tmp_path / "greeter").mkdir()
    (tmp_path / "greeter/component.json").write_text(descriptor)
    (tmp_path / "greeter/greet.py").write_text(module)
    (tmp_path / "greet.json").write_text(flow)

    ended = subprocess.run(
        [COMMAND, "flow", "greet.json", "--input", '{"name": "Ada"}'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(ended.stdout)["payload"]["body"] == {"greeting": "Hello, Ada!"}
    assert json.loads(ended.stderr)["msg"] == "Greeting Ada"


def test_the_table_has_each_flow() -> None:
    named = re.findall(r"^\| `([\w-]+\.json)` \|", section("Run a flow"), re.MULTILINE)

    assert sorted(named) == sorted(file.name for file in (ROOT / "flows").glob("*.json"))


def test_the_table_has_each_option() -> None:
    named = re.findall(r"^\| `(--[\w-]+)` \|", section("Run a flow"), re.MULTILINE)
    options = typer.main.get_group(app).commands["flow"].params

    assert sorted(named) == sorted(
        name for each in options for name in each.opts if name.startswith("--")
    )


def test_the_table_has_each_of_the_platform_s_steps(tmp_path: Path) -> None:
    commands = re.findall(
        r"^\| `([\w/-]+:\w+)` \|", section("The platform's own steps"), re.MULTILINE
    )

    planned = {}
    for command in commands:
        flow = write(tmp_path, [node("step_1", command)], [])
        planned[command] = prepare(flow, CONNECTOR).first.function
    assert sorted(function.name for function in planned.values()) == sorted(
        {*standard.FUNCTIONS.values()}
    )


@pytest.mark.parametrize("command", ["elasticio/code:execute", "elasticio/splitter:split"])
def test_other_steps_of_the_platform_are_refused(tmp_path: Path, command: str) -> None:
    with pytest.raises(InvalidFlowError):
        prepare(write(tmp_path, [node("step_1", command)], []), CONNECTOR)
