"""The platform's runtime for components written in Python.

It runs any component folder: a ``component.json`` and the modules that it names.
"""

from lib.sailor.component import Component
from lib.sailor.errors import ComponentError
from lib.sailor.step import EVENTS, Step, handle

__all__ = ["EVENTS", "Component", "ComponentError", "Step", "handle"]
