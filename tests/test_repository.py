"""What people and the platform find when they open the project's folder."""

import ast
import json
import re
import struct
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lib
from tests.support.aws_model import CALL_OPERATION, OPERATIONS
from tests.support.repository import DESCRIPTOR, ROOT

TRIGGERS: dict[str, Any] = DESCRIPTOR.get("triggers", {})
PACKAGES = ("actions", "lib", "triggers")
LOCKS = ("requirements.txt", "requirements-dev.txt")
PROGRAMS = sorted([*(ROOT / "benchmarks").rglob("*.py"), *(ROOT / "tests").rglob("*.py")])


@pytest.mark.parametrize(
    "name",
    [
        ".ci/run",
        ".editorconfig",
        ".gitignore",
        ".pre-commit-config.yaml",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "Makefile",
        "README.md",
        "actions",
        "benchmarks",
        "component.json",
        "lib/component",
        "lib/ecr",
        "lib/sailor",
        "logo.png",
        "pyproject.toml",
        "requirements-dev.txt",
        "requirements.txt",
        "schemas",
        "tests",
        "triggers",
        "verify_credentials.py",
    ],
)
def test_the_top_level_is_as_people_expect_it(name: str) -> None:
    assert (ROOT / name).exists()


def test_the_checks_of_a_change_can_be_run() -> None:
    script = ROOT / ".ci" / "run"

    assert script.stat().st_mode & 0o111
    assert re.findall("^make .*", script.read_text(), re.MULTILINE) == [
        "make lint",
        "make demo",
        "make test",
        "make thorough",
    ]


@pytest.mark.parametrize(
    "target", ["setup", "demo", "check", "test", "lint", "generate", "bench", "image", "clean"]
)
def test_the_makefile_has_each_target(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_logo_is_square_and_large_enough() -> None:
    head = (ROOT / "logo.png").read_bytes()[:24]

    # https://www.w3.org/TR/png-3/#5PNG-file-signature, and the IHDR chunk that follows it
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert head[12:16] == b"IHDR"
    width, height = struct.unpack(">II", head[16:])
    assert width == height >= 256


def test_the_license_is_apache_2_whole() -> None:
    text = (ROOT / "LICENSE").read_text()

    title, version, address, *_ = (line.strip() for line in text.split("\n") if line.strip())
    assert title == "Apache License"
    assert version == "Version 2.0, January 2004"
    assert address == "http://www.apache.org/licenses/"
    assert re.findall(r"^   (\d)\. (\w+)", text, re.MULTILINE) == [
        ("1", "Definitions"),
        ("2", "Grant"),
        ("3", "Grant"),
        ("4", "Redistribution"),
        ("5", "Submission"),
        ("6", "Trademarks"),
        ("7", "Disclaimer"),
        ("8", "Limitation"),
        ("9", "Accepting"),
    ]
    assert "END OF TERMS AND CONDITIONS" in text
    assert text.rstrip().endswith("limitations under the License.")
    assert 11_200 < len(text) < 11_500


# component.json


def test_the_descriptor_has_25_operations_the_actions_of_many_calls_and_call_operation() -> None:
    assert [*DESCRIPTOR["actions"]][25:] == ["CopyImage", "ScanImage", "CallOperation"]


@pytest.mark.parametrize("name", DESCRIPTOR["actions"])
def test_an_action_s_files_are_there(name: str) -> None:
    action = DESCRIPTOR["actions"][name]

    assert (ROOT / action["main"]).is_file()
    for way in () if name == CALL_OPERATION else ("in", "out"):
        assert isinstance(json.loads((ROOT / f"schemas/{name}.{way}.json").read_bytes()), dict)


@pytest.mark.parametrize("name", TRIGGERS)
def test_a_trigger_s_files_are_there(name: str) -> None:
    trigger = TRIGGERS[name]

    assert (ROOT / trigger["main"]).is_file()
    for path in trigger["metadata"].values():
        assert isinstance(json.loads((ROOT / path).read_bytes()), dict)
    assert "out" in trigger["metadata"]


def test_each_module_and_each_schema_belongs_to_an_action_or_a_trigger() -> None:
    entries = [*DESCRIPTOR["actions"].values(), *TRIGGERS.values()]
    modules = {ROOT / entry["main"] for entry in entries}
    schemas = {ROOT / path for entry in TRIGGERS.values() for path in entry["metadata"].values()}
    schemas |= {
        ROOT / f"schemas/{name}.{way}.json"
        for name in DESCRIPTOR["actions"].keys() - {CALL_OPERATION}
        for way in ("in", "out")
    }

    found = {file for folder in ("actions", "triggers") for file in (ROOT / folder).glob("*.py")}
    assert {file for file in found if file.name != "__init__.py"} == modules
    assert set((ROOT / "schemas").iterdir()) == schemas
    assert len(modules) == len(DESCRIPTOR["actions"]) + len(TRIGGERS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_module_holds_only_what_differs(name: str) -> None:
    # Given
    file = ROOT / DESCRIPTOR["actions"][name]["main"]
    source = file.read_text()
    tree = ast.parse(source)

    # Then
    assert len(source.splitlines()) <= 15
    assert ast.get_docstring(tree)
    assert f"API_{name}.html" in source
    assert f'ecr_action("{name}"' in source
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]


# The locked dependencies


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_exact_pins_with_hashes_and_no_host_or_path(name: str) -> None:
    remark = r"# The following packages are considered to be unsafe in a requirements file:\n"
    pin = r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[a-z,-]+\])?==[0-9][A-Za-z0-9.]*"
    hashes = r"( \\\n    --hash=sha256:[0-9a-f]{64})+\n"

    assert re.fullmatch(rf"({pin}{hashes}|\n|{remark})+", (ROOT / name).read_text())


def test_every_dependency_is_locked() -> None:
    file = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = file["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    needed = {
        canonical(name) for name in [*project["dependencies"], *file["build-system"]["requires"]]
    }

    assert needed <= set(locked("requirements.txt"))
    assert {canonical(name) for group in groups for name in group} <= set(
        locked("requirements-dev.txt")
    )


def test_what_the_image_installs_is_what_is_tested() -> None:
    assert locked("requirements.txt").items() <= locked("requirements-dev.txt").items()


def locked(name: str) -> dict[str, str]:
    """Return the versions in a lock, by the packages' names in their normal form."""
    pins = re.findall(r"^([\w.-]+)(?:\[\w+\])?==(\S+)", (ROOT / name).read_text(), re.MULTILINE)
    return {canonical(package): version for package, version in pins}


def canonical(name: str) -> str:
    """Return a package's name in its normal form, without a version."""
    return re.sub(r"[-_.]+", "-", re.split("[<>=!~]", name)[0]).lower()


def test_the_version_is_the_same_everywhere() -> None:
    released = re.findall(r"^## (\d\S*) - ", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert released[:1] == [DESCRIPTOR["version"]] == [lib.__version__]


def test_setuptools_finds_every_package() -> None:
    modules = [file for name in PACKAGES for file in (ROOT / name).rglob("*.py")]

    assert {file.parent for file in modules if not (file.parent / "__init__.py").exists()} == set()


# Imports in tests and benchmarks: import-linter does not look at names


@pytest.mark.parametrize("file", PROGRAMS, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_tests_and_benchmarks_import_is_public(file: Path) -> None:
    for line, module, name in imports(file):
        first, *rest = module.split(".")
        if first == "tests":
            assert file.is_relative_to(ROOT / "tests"), f"line {line}: import of {module}"
            assert rest[:1] == ["support"], f"line {line}: import of {module}, not tests.support"
        if first in (*PACKAGES, "benchmarks", "tests"):
            parts = [*rest, name]
            private = [part for part in parts if re.match("_(?!_)", part)]
            assert not private, f"line {line}: import of {private[0]} from {module}"


def imports(file: Path) -> Iterator[tuple[int, str, str]]:
    """Yield the imports of a module: line, module, and the name that is imported from it."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{file}:{node.lineno}: a relative import"
            for alias in node.names:
                # ``from tests import support`` names a module, not a member of one
                member = f".{alias.name}" if node.module == "tests" else ""
                yield node.lineno, node.module + member, alias.name
