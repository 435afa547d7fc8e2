"""lib.demo: the whole life of one container image, in a sandbox."""

import hashlib
import io
import json
import os
import pty
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Self
from urllib.parse import urlsplit

import pytest

from lib import demo as module
from lib.demo import demo
from lib.demo.image import Image
from lib.sailor import Component
from lib.sandbox import Sandbox, SandboxError
from tests.support.aws_model import OPERATIONS
from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[1]
ACTIONS = set(OPERATIONS)

Change = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class Shown:
    """The exit status and the output of a run, and the cfg of its sandbox."""

    code: int
    text: str
    cfg: dict[str, str]

    @property
    def words(self) -> str:
        """The text without its line breaks."""
        return " ".join(self.text.split())


def show(secret: str | None = None) -> Shown:
    """Run the demo with its stdout in a pipe, and with a secret access key of ours if given."""
    started: list[Sandbox] = []

    class Watched(Sandbox):
        def __enter__(self) -> Self:
            super().__enter__()
            self.cfg["secretAccessKey"] = secret or self.cfg["secretAccessKey"]
            started.append(self)
            return self

    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out):
        patch.delenv("FORCE_COLOR", raising=False)
        patch.setattr(module, "Sandbox", Watched)
        code = demo()
    return Shown(code, out.getvalue(), started[0].cfg)


@pytest.fixture(scope="module")
def shown() -> Shown:
    return show()


def tamper(monkeypatch: pytest.MonkeyPatch, action: str, change: Change) -> None:
    """Let an action return what ``change`` makes of its message."""
    import_module = Component.module

    def tampered(self: Component, function: str) -> ModuleType:
        found = import_module(self, function)
        if function == action:
            process = found.process
            vars(found)["process"] = lambda *arguments: change(process(*arguments))
        return found

    monkeypatch.setattr(Component, "module", tampered)


class TestWhatIsShown:
    def test_it_succeeds(self, shown: Shown) -> None:
        assert shown.code == 0
        assert "25 operations in 34 calls" in shown.text
        assert "went wrong" not in shown.text

    def test_each_operation_has_its_row(self, shown: Shown) -> None:
        table = shown.text.partition("25 operations")[0].split()

        assert ACTIONS & set(table) == ACTIONS

    def test_each_row_ends_with_a_time(self, shown: Shown) -> None:
        table = shown.text.partition("25 operations")[0].splitlines()
        rows = [line.split() for line in table if ACTIONS & set(line.split())]

        assert len(rows) == 34
        assert all(row[-1].isdecimal() for row in rows)

    def test_a_misspelled_member_is_reported_as_the_designer_reads_it(self, shown: Shown) -> None:
        assert "repositoryName is missing; give it in the message" in shown.words
        assert (
            '"repositoryNam" is not a member of DescribeImages; did you mean repositoryName?'
            in shown.words
        )

    def test_a_missing_repository_is_reported_with_awss_code(self, shown: Shown) -> None:
        assert (
            "RepositoryNotFoundException: The repository with name 'helo' does not exist"
            in shown.words
        )

    def test_it_ends_with_how_a_registry_client_pulls(self, shown: Shown) -> None:
        assert shown.text.endswith(
            "\n\nRegistry clients can pull from a sandbox too."
            " PASSWORD is in the token of GetAuthorizationToken:\n"
            "skopeo copy --src-tls-verify=false --src-creds AWS:PASSWORD \\\n"
            "  docker://127.0.0.1:PORT/REPOSITORY:TAG dir:image\n"
        )

    def test_no_secret_is_shown(self, shown: Shown) -> None:
        registry = shown.words.partition(".dkr.ecr.")[0].rpartition(" ")[2]
        token = b64encode(f"AWS:{registry}-auth-token".encode()).decode()

        assert f"a token of {len(token)} characters" in shown.text
        assert token not in shown.text
        assert shown.cfg["secretAccessKey"] not in shown.text

    def test_a_pipe_gets_no_escape_codes_and_at_most_100_columns(self, shown: Shown) -> None:
        assert "\x1b" not in shown.text
        assert max(len(line) for line in shown.text.splitlines()) <= 100


class TestTrouble:
    def test_a_wrong_secret_ends_it_at_the_first_call(self) -> None:
        shown = show(secret="w" * 40)

        assert shown.code == 1
        assert (
            "went wrong. CreateRepository: expected data, got error: SignatureDoesNotMatch"
            in shown.words
        )

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("action", "change", "said"),
        [
            (
                "BatchGetImage",
                lambda _: {"body": {"images": [{"imageManifest": "{}"}]}},
                "BatchGetImage: expected the manifest that was put",
            ),
            (
                "PutImage",
                lambda _: {"body": {}},
                "PutImage: incomplete result: KeyError('image')",
            ),
            (
                "ListImages",
                lambda _: None,
                "ListImages: expected one event, got 0",
            ),
        ],
    )
    def test_an_unexpected_result_ends_it(
        self, monkeypatch: pytest.MonkeyPatch, action: str, change: Change, said: str
    ) -> None:
        tamper(monkeypatch, action, change)

        shown = show()

        assert shown.code == 1
        assert said in shown.words
        # What went well before is shown all the same
        assert "CreateRepository" in shown.text
        assert "DeleteRepository " not in shown.text

    @pytest.mark.slow
    def test_a_result_that_is_never_final_ends_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        tamper(
            monkeypatch,
            "GetLifecyclePolicyPreview",
            lambda _: {"body": {"status": "IN_PROGRESS"}},
        )
        monkeypatch.setattr("lib.demo.caller._PATIENCE", 0)

        shown = show()

        assert shown.code == 1
        assert "GetLifecyclePolicyPreview: not final after 0 seconds" in shown.words

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("http://127.0.0.1:1/", "The download URL does not work: "),
            ("http://{endpoint}/", "GetDownloadUrlForLayer: expected a URL of the layer"),
        ],
    )
    def test_a_download_that_is_not_the_layer_ends_it(
        self, monkeypatch: pytest.MonkeyPatch, url: str, said: str
    ) -> None:
        def change(message: dict[str, Any]) -> dict[str, Any]:
            body = message["body"]
            endpoint = urlsplit(body["downloadUrl"]).netloc
            return {"body": {**body, "downloadUrl": url.format(endpoint=endpoint)}}

        tamper(monkeypatch, "GetDownloadUrlForLayer", change)

        shown = show()

        assert shown.code == 1
        assert said in shown.words

    @pytest.mark.slow
    def test_a_mistake_that_goes_unnoticed_is_trouble(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def forgive(self: object, parameters: object) -> list[str]:  # noqa: ARG001
            return []

        monkeypatch.setattr("lib.component.validation.Validator.faults", forgive)

        shown = show()

        assert shown.code == 1
        assert "DescribeImages: expected the error InvalidMessage, got error: " in shown.words

    @pytest.mark.slow
    def test_an_operation_that_is_not_shown_is_trouble(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "download", lambda *_: None)

        shown = show()

        assert shown.code == 1
        assert "The demo does not call GetDownloadUrlForLayer" in shown.words

    def test_a_sandbox_that_does_not_start_is_trouble(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def refuse(self: Sandbox) -> Sandbox:  # noqa: ARG001
            raise SandboxError("The sandbox needs moto's server")

        monkeypatch.setattr(Sandbox, "__enter__", refuse)

        assert demo() == 1
        assert "The sandbox needs moto's server" in capsys.readouterr().out


@pytest.mark.slow
def test_progress_is_on_stderr_if_that_is_a_terminal() -> None:
    # Given
    terminal, stderr = pty.openpty()
    command = [sys.executable, "-c", "from lib.demo import demo; raise SystemExit(demo())"]
    environment = os.environ | {"TERM": "xterm-256color"}

    # When
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True
    ) as run:
        os.close(stderr)
        assert run.stdout
        out = run.stdout.read()
        progress = b""
        try:
            while piece := os.read(terminal, 4096):
                progress += piece
        except OSError:  # how Linux reports the end of a terminal
            pass
        os.close(terminal)

    # Then
    assert run.returncode == 0
    assert "25 operations" in out
    assert "\x1b" not in out
    assert b"/25" in progress


@pytest.mark.slow
@pytest.mark.parametrize(
    "columns", [80, *(pytest.param(n, marks=pytest.mark.long) for n in (60, 120))]
)
def test_the_progress_bar_leaves_nothing_on_the_terminal(columns: int) -> None:
    # When
    command = [sys.executable, "-c", "from lib.demo import demo; raise SystemExit(demo())"]
    terminal = Terminal(command, columns=columns, cwd=ROOT)

    # Then
    assert terminal.wait() == 0
    assert "/25" in terminal.written
    assert "/25" not in terminal.screen
    first, *lines = terminal.screen.splitlines()
    assert first == "One container image, from its first byte to its last"
    assert "DeleteRepository              hello is gone" in terminal.screen
    assert max(map(len, lines)) <= columns
    assert terminal.written.rindex("/25") < terminal.written.index("One container image")


def test_the_image_is_what_its_manifest_says() -> None:
    # Given
    image = Image()
    manifest = json.loads(image.manifest)
    config = json.loads(image.blobs["configuration"].content)

    # When
    blobs = [
        {
            "mediaType": blob.media_type,
            "digest": f"sha256:{hashlib.sha256(blob.content).hexdigest()}",
            "size": len(blob.content),
        }
        for blob in image.blobs.values()
    ]

    # Then
    assert [*manifest["layers"], manifest["config"]] == blobs
    assert config["rootfs"]["diff_ids"] == [layer["digest"] for layer in manifest["layers"]]
    assert image.digest == f"sha256:{hashlib.sha256(image.manifest.encode()).hexdigest()}"
