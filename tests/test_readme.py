"""README.md and its neighbors: the ten-minute path, the table of commands, the links."""

import os
import pwd
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from lib.cli import app
from tests.support.markdown import anchors, without_code
from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
COMMANDS = typer.main.get_group(app).commands
MOST_WORDS = 1800

PUBLISHED = "https://github.com/flowground/amazonaws-com-ecr-connector.git"
SECOND_TERMINAL = ".venv/bin/ecr-connector sandbox > cfg.json"
OMITTED = "…"
# What the README says will differ, each with what stands for it in a comparison
VARYING = {
    r"http://127\.0\.0\.1:\d+": "http://127.0.0.1:PORT",
    r"\b\d{12}\b": "ACCOUNT",
    r"x-amzn-requestid: \w+": "x-amzn-requestid: ID",
    r"\b\d+ ms": "N ms",
    r"\bin [\d.]+ s$": "in N s",
    r" +[\d.]+$": " N",  # the milliseconds at the end of a row
}


@dataclass(frozen=True)
class Typed:
    """A block of commands, and the output that the README shows below it."""

    lines: list[str]
    output: str


def ten_minute_path() -> list[Typed]:
    section = README.partition("\n## Try it\n")[2].partition("\n## ")[0]
    fence = re.compile(r"^```(\w+)\n(.*?)\n```$", re.DOTALL | re.MULTILINE)
    blocks: list[tuple[str, str]] = fence.findall(section)
    assert [language for language, _ in blocks] == ["sh", "text"] * (len(blocks) // 2)
    texts = [text for _, text in blocks]
    return [
        Typed(commands.splitlines(), output)
        for commands, output in zip(texts[::2], texts[1::2], strict=True)
    ]


class Person:
    """Somebody who types lines into a terminal of 80 columns, and may open a second one.

    Args:
        folder: The folder to start in.
        home: The home directory.
    """

    def __init__(self, folder: Path, home: Path) -> None:
        self._folder = folder
        self._where = home / "pwd"
        reach_packages = ("PIP_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT")
        self._env = {
            **{name: text for name, text in os.environ.items() if name.startswith(reach_packages)},
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "PIP_CACHE_DIR": str(Path(pwd.getpwuid(os.getuid()).pw_dir) / ".cache" / "pip"),
        }

    def type(self, line: str) -> tuple[int, str]:
        """Type a line; return its exit status and what it leaves on the screen."""
        follow_cd = f"{line}\nstatus=$?\npwd > '{self._where}'\nexit $status"
        terminal = self._open(follow_cd)
        code = terminal.wait()
        self._folder = Path(self._where.read_text().rstrip("\n"))
        return code, terminal.screen

    @contextmanager
    def second_terminal(self, line: str, last_words: str) -> Iterator[str]:
        """Type a line and leave it running; yield what it shows up to its last words."""
        terminal = self._open(line)
        try:
            terminal.wait_for(last_words)
            yield terminal.screen
        finally:
            terminal.interrupt()
            terminal.wait()

    def _open(self, line: str) -> Terminal:
        return Terminal(["bash", "-c", line], cwd=self._folder, env=self._env, alone=True)


def pattern(output: str) -> str:
    """Return a regular expression for an output, in which lines may be omitted."""
    lines = [
        r"(?:.*\n)*?" if line == OMITTED else re.escape(line) + r"\n"
        for line in comparable(output).splitlines()
    ]
    return "".join(lines)


def comparable(output: str) -> str:
    for varying, constant in VARYING.items():
        output = re.sub(varying, constant, output, flags=re.MULTILINE)
    return output


def assert_shows(screen: str, output: str) -> None:
    shown = comparable(screen).strip("\n") + "\n"
    assert re.fullmatch(pattern(output), shown), f"{screen}\n\nREADME:\n{output}"


@pytest.mark.long  # it installs the dependencies
@pytest.mark.timeout(900)
def test_the_ten_minute_path_works_as_it_is_typed(tmp_path: Path) -> None:
    # Given an empty folder and an empty home
    folder, home = tmp_path / "folder", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    person = Person(folder, home)
    first, start, *rest = ten_minute_path()

    # When this checkout is cloned in place of the published one
    clone, *lines = first.lines
    assert clone == f"git clone {PUBLISHED}"
    name = PUBLISHED.rpartition("/")[2].removesuffix(".git")
    assert person.type(f"git clone --quiet '{ROOT}' {name}") == (0, "")
    screens = [person.type(line) for line in lines]

    # Then
    assert [code for code, _ in screens] == [0] * len(lines)
    assert_shows(screens[-1][1], first.output)

    # And each line after it shows what the README says
    assert start.lines == [SECOND_TERMINAL]
    with person.second_terminal(SECOND_TERMINAL, start.output.splitlines()[-1]) as instructions:
        assert_shows(instructions, start.output)
        for typed in rest:
            (line,) = typed.lines
            code, screen = person.type(line)
            assert_shows(screen, typed.output)
            assert code == (1 if typed.output.startswith("error") else 0)
    assert any(typed.output.startswith("error") for typed in rest)


def test_the_readme_is_short() -> None:
    assert len(README.split()) <= MOST_WORDS


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_lists_each_command(command: str) -> None:
    assert re.search(rf"^\| `{command}[ `]", README, re.MULTILINE)


def test_the_readme_names_no_command_that_is_missing() -> None:
    for command in re.findall(r"ecr-connector (\w+)", README):
        assert command in COMMANDS


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_link_leads_somewhere(document: Path) -> None:
    text = without_code(document.read_text())
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)

    for target in targets:
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file.read_text()), target
