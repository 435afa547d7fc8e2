"""Chromium, and the pages that tests and pictures open in it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.support import command

WIDE = (1440, 900)
NARROW = (900, 900)
HTML = "<b onclick=alert(1)>&amp;</b>"  # in texts, which a page must show as it is

_SECONDS = 30  # for each step of a test: other tests share the cores
_ARGUMENTS = (
    "--no-sandbox",  # root may not start it otherwise
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
)


@contextmanager
def running_browser(program: str) -> Iterator[Browser]:
    """Run a browser without a window, with a new profile.

    Args:
        program: The path of Chromium.
    """
    expect.set_options(timeout=_SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def running_studio(*arguments: str) -> Iterator[str]:
    """Run ``ecr-connector studio`` on a free port, and yield its URL, token included.

    Raises:
        RuntimeError: It ends without a URL.
    """
    process = command.start("studio", "--no-browser", "--port", "0", *arguments)
    with _address_of(process) as address:
        yield address


@contextmanager
def running_component_page() -> Iterator[str]:
    """Run ``tests.support.component_page``, and yield its address."""
    # By this variable, NiceGUI would know a test that it runs itself.
    environ = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.component_page"],
        stdout=subprocess.PIPE,
        text=True,
        env=environ,
    )
    with _address_of(process) as address:
        yield address


@contextmanager
def _address_of(process: "subprocess.Popen[str]") -> Iterator[str]:
    """Yield the first URL that a process prints; when the block ends, end the process."""
    assert process.stdout
    try:
        searched = (re.search(r"http://\S+", line) for line in process.stdout)
        found = next(filter(None, searched), None)
        if found is None:
            why = process.stderr.read() if process.stderr else ""
            raise RuntimeError(f"it ended without a URL: {why}")
        yield found[0]
    finally:
        process.terminate()
        process.communicate()


@dataclass
class Watch:
    """Notes what a page must not do.

    Args:
        page: The page.

    Attributes:
        faults: The errors that it logged or did not catch, and its requests to other hosts.
    """

    page: Page
    faults: list[str] = field(default_factory=list, init=False)
    expected: list[re.Pattern[str]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.page.on("console", self._logged)
        self.page.on("pageerror", lambda error: self.faults.append(f"not caught: {error}"))
        self.page.on("request", self._requested)

    def expect(self, pattern: str) -> None:
        """Take no offense at errors in the log that match a pattern."""
        self.expected.append(re.compile(pattern))

    def check(self) -> None:
        """Fail if the page did something that it must not do."""
        unexpected = [
            fault for fault in self.faults if not any(each.search(fault) for each in self.expected)
        ]
        assert not unexpected, "\n".join(unexpected)

    def _logged(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            place = message.location.get("url", "")
            self.faults.append(f"logged: {message.text} ({place})")

    def _requested(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.hostname != "127.0.0.1":
            self.faults.append(f"asked another host: {request.url}")


@contextmanager
def open_page(
    browser: Browser,
    url: str,
    *,
    size: tuple[int, int] = WIDE,
    dark: bool = False,
    **options: Any,
) -> Iterator[Watch]:
    """Open a URL in a new context, without cookies of others.

    Args:
        browser: The browser.
        url: The URL.
        size: The width and height of the window, in pixels.
        dark: Whether the system prefers dark colors.
        options: More options of the browser's context.
    """
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        **options,
    )
    context.set_default_timeout(_SECONDS * 1000)
    try:
        watch = Watch(context.new_page())
        watch.page.goto(url)
        yield watch
    finally:
        context.close()


@contextmanager
def open_studio(browser: Browser, url: str, **options: Any) -> Iterator[Watch]:
    """Open the studio's page, and wait until it is there.

    Args:
        browser: The browser.
        url: The studio's URL, token included.
        options: Those of :func:`open_page`.
    """
    with open_page(browser, url, **options) as watch:
        watch.page.get_by_label("Name of the flow").wait_for()
        yield watch
