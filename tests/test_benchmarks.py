"""The parts, figures and charts of the benchmarks, without measuring."""

import os
import re
import socket
from pathlib import Path
from xml.etree import ElementTree as ET

import orjson
import pytest
import typer
from typer.testing import CliRunner

from benchmarks import __main__ as command
from benchmarks import charts, endurance, growth, results, tree
from benchmarks.figure import Curve, Figure, Finding, in_bytes
from benchmarks.running import Look, Pace

CURVES = [
    Curve("step-cpu", "our step", [(1, 979.4), (10, 913.2)]),
    Curve("step-cpu", "the Node peer", [(1, 2914.0), (10, 2250.0)]),
    Curve("body-cpu", "UploadLayerPart", [(1_000, 979.0), (100_000, 17.7), (5_000_000, 11.8)]),
    Curve("endurance-rate", "our step", [(n * 2_000, 990.0 + n % 7) for n in range(1, 51)]),
]


# The command


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a run of the command would have measured; nothing is."""
    titles: list[str] = []

    def note(wanted: dict[str, object]) -> list[Finding]:
        titles.extend(wanted)
        return [Figure("A part", "a figure", 1.0), CURVES[0]]

    monkeypatch.setattr(command, "_measure", note)
    return titles


def run(*arguments: str) -> None:
    app = typer.Typer()
    app.command()(command.main)
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("flags", "parts"),
    [
        ([], ["memory", "a copy", "start-up", "one call", "a step", "a flow", "throttling"]),
        (["--call"], ["one call"]),
        (["--startup", "--memory"], ["memory", "start-up"]),
        (["--copy"], ["a copy"]),
        (["--step"], ["a step"]),
        (["--flow"], ["a flow"]),
        (["--throttling"], ["throttling"]),
        (["--growth"], ["growth of a step", "containers on one queue"]),
        (["--endurance"], ["endurance"]),
    ],
)
def test_each_part_runs_alone_and_the_long_ones_not_by_default(
    flags: list[str], parts: list[str], measured: list[str]
) -> None:
    run(*flags)

    assert measured == parts


def test_all_parts_run_when_asked_for(measured: list[str]) -> None:
    run("--all")

    assert len(measured) == 10


@pytest.mark.usefixtures("measured")
def test_the_results_are_written_as_json_that_names_no_host_and_no_path(tmp_path: Path) -> None:
    # When
    run("--json", str(tmp_path / "results.json"))

    # Then
    content = (tmp_path / "results.json").read_bytes()
    document = orjson.loads(content)
    assert set(document["machine"]) == {"system", "processor", "cores", "python", "node"}
    assert document["figures"][0]["name"] == "a figure"
    assert results.curves(content)[0].name == "our step"
    assert socket.gethostname() not in content.decode()
    assert str(Path.cwd()) not in content.decode()


# Figures


def test_a_step_s_pace_is_what_came_between_two_looks() -> None:
    warm = Look(messages=500, time=1.0, cpu=0.5, memory=50)
    last = Look(messages=1_500, time=3.0, cpu=1.5, memory=51)

    assert last.since(warm) == Pace(cpu=1_000, rate=500)


def test_endurance_compares_early_and_late_looks() -> None:
    # Given a step that grows after 10,000 messages, and halves its rate for the last 25,000
    times = [
        n / 1_000 if n <= 75_000 else 75 + (n - 75_000) / 500 for n in range(0, 100_001, 2_000)
    ]
    looks = [
        Look(messages=n, time=at, cpu=at, memory=54 if n > 10_000 else 50)
        for n, at in zip(range(0, 100_001, 2_000), times, strict=True)
    ][1:]

    # Then
    memory = {figure.name: figure for figure in endurance.memory_figures(looks)}
    rate = {figure.name: figure for figure in endurance.rate_figures(looks)}
    assert memory["memory to that at 10,000 messages"].value == 54 / 50
    assert memory["memory to that at 10,000 messages"].met is False
    assert rate["rate in the second quarter"].value == pytest.approx(1_000)
    assert rate["rate in the last quarter to that in the second"].value == pytest.approx(
        0.5, abs=0.03
    )
    assert rate["rate in the last quarter to that in the second"].met is False


@pytest.mark.parametrize("size", [1_000, 10_000, 5_000_000])
def test_a_message_s_body_has_the_stated_size(size: int) -> None:
    assert abs(len(orjson.dumps(growth.layer_part(size))) - size) <= 20


@pytest.mark.parametrize(("size", "text"), [(1_000, "1 KB"), (100_000, "100 KB"), (5e6, "5 MB")])
def test_sizes_are_written_as_people_say_them(size: float, text: str) -> None:
    assert in_bytes(size) == text


@pytest.mark.skipif(not tree.is_available(), reason="read from /proc, which is Linux's")
def test_a_process_is_found_by_the_port_that_it_listens_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert tree.listener(port) == os.getpid()
    assert tree.listener(port) is None


# Charts


def test_charts_are_drawn_from_a_results_file_and_are_the_same_each_time(tmp_path: Path) -> None:
    # Given
    file = tmp_path / "results.json"
    file.write_bytes(results.as_json(CURVES))

    # When
    charts.main(file, tmp_path / "once")
    charts.main(file, tmp_path / "again")

    # Then
    drawn = {path.name: path.read_bytes() for path in (tmp_path / "once").iterdir()}
    assert set(drawn) == {"step-cpu.svg", "body-cpu.svg", "endurance-rate.svg"}
    assert drawn == {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}


def test_a_chart_says_what_it_shows_to_readers_in_light_and_in_the_dark() -> None:
    # When
    svg = charts.draw(CURVES)["step-cpu"].decode()

    # Then
    texts = {element.text for element in ET.fromstring(svg).iter() if element.text}  # noqa: S314
    assert {"CPU per message, µs", "prefetch", "our step", "the Node peer", "2,914"} <= texts
    assert "prefers-color-scheme: dark" in svg


def test_a_chart_holds_no_script_no_reference_and_no_date() -> None:
    for svg in charts.draw(CURVES).values():
        assert b"<script" not in svg
        assert not re.search(rb"20\d\d-\d\d", svg)
        assert set(re.findall(rb"https?://[^\"]*", svg)) == {b"http://www.w3.org/2000/svg"}
        assert len(svg) < 10_000
