"""Files generated from botocore's model of Amazon ECR: schemas, descriptor and reference.

``generate`` writes them into a checkout, ``check`` names those that are out of date.
Hand-written parts of ``component.json`` and ``README.md`` stay as they are.
"""

import json
from pathlib import Path
from typing import Any

from lib.component.shapes.schema import in_schema, out_schema
from lib.generator import descriptor, model, readme, reference
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
    superfluous = found - expected.keys() - _written_schemas(root)
    stale = {
        file
        for file, text in expected.items()
        if not file.is_file() or file.read_text(encoding="utf-8") != text
    }
    return sorted(superfluous | stale)


def _written_schemas(root: Path) -> set[Path]:
    """Return the schemas that are written by hand: of triggers, and of actions of many calls."""
    written = json.loads((root / "component.json").read_text(encoding="utf-8"))
    of_triggers = {
        root / path
        for trigger in written.get("triggers", {}).values()
        for path in trigger.get("metadata", {}).values()
    }
    of_actions = {
        root / f"schemas/{name}.{direction}.json"
        for name in descriptor.of_many_calls(written)
        for direction in ("in", "out")
    }
    return of_triggers | of_actions


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
        path = root / "schemas" / operation.name
        files[path.with_suffix(".in.json")] = _json(in_schema(operation))
        files[path.with_suffix(".out.json")] = _json(out_schema(operation))
    return files


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
