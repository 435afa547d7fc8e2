"""Files generated from botocore's model of Amazon ECR: schemas, descriptor and reference.

``generate`` writes them into a checkout, ``check`` names those that are out of date.
Hand-written parts of ``component.json`` and ``README.md`` stay as they are.
"""

import json
from pathlib import Path
from typing import Any

from lib.generator import descriptor, model, readme, reference, schemas
from lib.generator.readme import MarkerError

__all__ = ["MarkerError", "check", "generate"]


def generate(root: Path) -> list[Path]:
    """Write every generated file that differs; remove schemas of no action and no trigger.

    Args:
        root: The folder that holds ``component.json`` and ``README.md``.

    Returns:
        The files written or removed.

    Raises:
        MarkerError: ``README.md`` has no place for the table of actions; nothing is written.
    """
    expected = _files(root)
    changed = _differing(root, expected)
    for file in changed:
        if file in expected:
            file.parent.mkdir(exist_ok=True)
            file.write_text(expected[file], encoding="utf-8")
        else:
            file.unlink()
    return changed


def check(root: Path) -> list[Path]:
    """Return the files that ``generate`` would write or remove.

    Parameters and errors are those of ``generate``.
    """
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
    """Return the schemas of triggers, which are written by hand: they have no operation."""
    triggers = json.loads((root / "component.json").read_text(encoding="utf-8")).get("triggers", {})
    return {
        root / path
        for trigger in triggers.values()
        for path in trigger.get("metadata", {}).values()
    }


def _files(root: Path) -> dict[Path, str]:
    """Return the content of each generated file."""
    component, front_page = root / "component.json", root / "README.md"
    complete = descriptor.complete(json.loads(component.read_text(encoding="utf-8")))
    files = {
        component: _json(complete),
        front_page: readme.insert(front_page.read_text(encoding="utf-8")),
        root / reference.PATH: reference.page(complete),
    }
    for operation in model.operations():
        files[root / schemas.in_path(operation)] = _json(schemas.in_schema(operation))
        files[root / schemas.out_path(operation)] = _json(schemas.out_schema(operation))
    return files


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
