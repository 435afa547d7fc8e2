"""What follows from botocore's model of Amazon ECR: schemas, descriptor, action reference.

``generate`` writes them into a checkout, ``check`` tells which of them are out of date.
Hand-written parts of ``component.json`` and ``README.md`` stay as they are.
"""

import json
from pathlib import Path
from typing import Any

from lib.generator import descriptor, model, reference, schemas
from lib.generator.reference import MarkerError

__all__ = ["MarkerError", "check", "generate"]


def generate(root: Path) -> list[Path]:
    """Write every generated file that differs, and remove schemas of no action and no trigger.

    Args:
        root: The folder that holds ``component.json`` and ``README.md``.

    Returns:
        The files written or removed.

    Raises:
        MarkerError: ``README.md`` has no place for the action reference; nothing is written.
    """
    expected = _files(root)
    changed = _differing(root, expected)
    (root / "schemas").mkdir(exist_ok=True)
    for file in changed:
        if file in expected:
            file.write_text(expected[file], encoding="utf-8")
        else:
            file.unlink()
    return changed


def check(root: Path) -> list[Path]:
    """Return the files that ``generate`` would write or remove; takes and raises the same."""
    return _differing(root, _files(root))


def _differing(root: Path, expected: dict[Path, str]) -> list[Path]:
    found = set((root / "schemas").glob("*.json"))
    superfluous = found - expected.keys() - _schemas_of_triggers(root)
    stale = {
        file
        for file, text in expected.items()
        if not file.is_file() or file.read_text(encoding="utf-8") != text
    }
    return sorted(superfluous | stale)


def _schemas_of_triggers(root: Path) -> set[Path]:
    """Return the schemas that are written by hand, as there is no operation to know them from."""
    triggers = json.loads((root / "component.json").read_text(encoding="utf-8")).get("triggers", {})
    return {
        root / path
        for trigger in triggers.values()
        for path in trigger.get("metadata", {}).values()
    }


def _files(root: Path) -> dict[Path, str]:
    """Return what the generated files should hold, by file."""
    component = root / "component.json"
    readme = root / "README.md"
    files = {
        component: _json(descriptor.complete(json.loads(component.read_text(encoding="utf-8")))),
        readme: reference.insert(readme.read_text(encoding="utf-8")),
    }
    for operation in model.operations():
        files[root / schemas.in_path(operation)] = _json(schemas.in_schema(operation))
        files[root / schemas.out_path(operation)] = _json(schemas.out_schema(operation))
    return files


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
