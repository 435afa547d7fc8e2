import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import command
from tests.support.browser import open_page, running_browser, running_studio
from tests.support.provision import Machine

pytestmark = pytest.mark.slow

URL = re.compile(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{43}\n")


@contextmanager
def running(*arguments: str, **variables: str) -> Iterator["subprocess.Popen[str]"]:
    """Run the studio, and end it."""
    process = command.start("studio", *arguments, **variables)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def url_of(process: "subprocess.Popen[str]") -> str:
    """Return the first line that a studio prints."""
    assert process.stdout
    return process.stdout.readline()


def children(process: "subprocess.Popen[str]") -> set[str]:
    """Return the ids of the processes that a process has started."""
    threads = Path(f"/proc/{process.pid}/task").glob("*/children")
    return {child for thread in threads for child in thread.read_text().split()}


def becomes_true(condition: Callable[[], bool]) -> bool:
    """Return whether a condition becomes true within a while."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_the_first_line_is_the_url_of_a_page_that_is_there() -> None:
    with running("--no-browser") as process:
        line = url_of(process)
        assert URL.fullmatch(line)
        with urllib.request.urlopen(line.strip(), timeout=60) as answer:  # noqa: S310 - it is http
            assert answer.status == 200


def test_each_studio_has_a_token_of_its_own() -> None:
    with running("--no-browser") as one, running("--no-browser") as other:
        assert url_of(one).partition("=")[2] != url_of(other).partition("=")[2]


def test_it_listens_on_the_port_that_is_asked_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with running("--no-browser", "--port", str(port)) as process:
        assert url_of(process).startswith(f"http://127.0.0.1:{port}/")


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running("--no-browser", "--port", str(port)) as process:
            output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (1, "")
    assert errors == "The studio cannot start: Address already in use\n"


@pytest.mark.browser
@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_its_sandbox(machine: Machine, number: signal.Signals) -> None:
    with (
        running_browser(machine.need_browser()) as browser,
        running("--no-browser") as process,
        open_page(browser, url_of(process).strip()),
    ):
        assert becomes_true(lambda: bool(children(process)))
        started = children(process)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0
        assert becomes_true(lambda: not any(Path(f"/proc/{child}").exists() for child in started))
    assert errors.endswith("The studio has ended, and its sandbox is gone.\n")
    assert "Traceback" not in errors


def test_a_browser_is_led_there_without_the_token_on_its_command_line(tmp_path: Path) -> None:
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    browser.write_text(f'#!/bin/sh\ncat "${{1#file://}}" > {seen}.page; echo "$1" > {seen}\n')
    browser.chmod(0o700)
    with running(BROWSER=f"{browser} %s", DISPLAY=":0") as process:
        url = url_of(process).strip()
        assert becomes_true(seen.exists)
        opened = seen.read_text().strip()
        assert opened.startswith("file://")
        assert url in Path(f"{seen}.page").read_text()
        file = Path(opened.removeprefix("file://"))
        assert file.parent.stat().st_mode & 0o077 == 0
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert not file.exists()


def test_no_browser_is_opened_without_a_screen(tmp_path: Path) -> None:
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    browser.write_text(f"#!/bin/sh\ntouch {seen}\n")
    browser.chmod(0o700)
    no_screen = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
    with running(BROWSER=f"{browser} %s", **no_screen) as process:
        urllib.request.urlopen(url_of(process).strip(), timeout=60).close()  # noqa: S310
    assert not seen.exists()


@pytest.mark.parametrize("module", ["lib.cli", "lib.sailor.serve", "lib.cli.flow"])
def test_nothing_else_imports_it(module: str) -> None:
    code = (
        f"import sys, {module};"
        "print([name for name in sys.modules if name.startswith(('lib.studio', 'nicegui'))])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nicegui", None)
    monkeypatch.delitem(sys.modules, "lib.studio.server", raising=False)
    ran = command.command("studio", "--no-browser")
    assert ran.code == 1
    assert "pip install --editable '.[studio,flow,sandbox]'" in ran.stderr


@pytest.mark.alone
@pytest.mark.browser
def test_the_page_is_there_soon(machine: Machine) -> None:
    with running_browser(machine.need_browser()) as browser:
        begin = time.monotonic()
        with running_studio() as url, open_page(browser, url) as watch:
            watch.page.get_by_role("button", name="Empty flow").wait_for()
            seconds = time.monotonic() - begin

    print(f"seconds from the command to the page: {seconds:.1f}")  # noqa: T201 - for pytest -rP
    assert seconds < 15  # less than 4, on a machine that does nothing else
