"""A component folder: its descriptor, and the modules behind its actions and triggers."""

import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson

from lib.sailor.errors import ComponentError
from lib.sailor.settings import Settings
from lib.sailor.step import Process


@dataclass(frozen=True)
class Component:
    """A component as the platform sees it.

    Args:
        path: The folder that holds ``component.json``.
        descriptor: The content of ``component.json``.
    """

    path: Path
    descriptor: Mapping[str, Any]

    @classmethod
    def of(cls, settings: Settings) -> "Component":
        """Read the component that a step's settings name: by default the working directory's.

        Raises:
            ComponentError: As :meth:`load`.
        """
        return cls.load(Path.cwd() / settings.component_path)

    @classmethod
    def load(cls, path: Path) -> "Component":
        """Read the component in a folder.

        Raises:
            ComponentError: There is no ``component.json``, or it is not a JSON object.
        """
        file = path.resolve() / "component.json"
        try:
            descriptor = orjson.loads(file.read_bytes())
        except OSError as error:
            raise ComponentError(f"{file} cannot be read: {error.strerror}") from error
        except orjson.JSONDecodeError as error:
            raise ComponentError(f"{file} is not JSON: {error}") from error
        if not isinstance(descriptor, dict):
            raise ComponentError(f"{file} is not a JSON object")
        return cls(file.parent, descriptor)

    def entry(self, function: str) -> Mapping[str, Any]:
        """Return the descriptor's entry for an action or a trigger.

        Raises:
            ComponentError: The descriptor has no such action or trigger.
        """
        for kind in ("triggers", "actions"):
            entries = self.descriptor.get(kind)
            entry = entries.get(function) if isinstance(entries, dict) else None
            if isinstance(entry, dict):
                return entry
        raise ComponentError(f"component.json has no action or trigger named {function!r}")

    def module(self, function: str) -> ModuleType:
        """Import the module behind an action or a trigger.

        Raises:
            ComponentError: There is no such entry, or its module fails to import.
        """
        main = self.entry(function).get("main")
        if not isinstance(main, str):
            raise ComponentError(f"component.json names no main module for {function!r}")
        return self.import_file(main)

    def process(self, function: str) -> Process:
        """Return the ``process`` of an action or a trigger.

        Raises:
            ComponentError: There is no such entry, or its module is unusable.
        """
        return process_of(self.module(function), function)

    def import_file(self, name: str) -> ModuleType:
        """Import a module of the component by its path, relative to the component's folder.

        The folder itself is on the import path then, so that modules find their neighbors.

        Raises:
            ComponentError: There is no such file, or it fails to import.
        """
        if str(self.path) not in sys.path:
            sys.path.insert(0, str(self.path))
        file = (self.path / name).resolve().with_suffix(".py")
        if not file.is_relative_to(self.path):
            raise ComponentError(f"the module {name!r} is outside the component's folder")
        return _import(file)


def process_of(module: ModuleType, function: str) -> Process:
    """Return the ``process`` of an action's or a trigger's module.

    Raises:
        ComponentError: It has none.
    """
    process: Process | None = getattr(module, "process", None)
    if not callable(process):
        raise ComponentError(f"the module of {function!r} has no function process")
    return process


def _import(file: Path) -> ModuleType:
    if not file.is_file():
        raise ComponentError(f"there is no module {file}")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise ComponentError(f"{file} is not a Python module")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise ComponentError(f"{file} fails to import: {type(error).__name__}: {error}") from error
    return module
