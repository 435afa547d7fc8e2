"""Effects of actions and triggers on a registry: whether a run only reads, changes or destroys.

The platform runs an action for real when a designer retrieves a sample of its data, so whoever is
about to run one may want to ask first.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Effect(StrEnum):
    """What a run of an action or trigger does to a registry.

    Attributes:
        READS: It leaves everything as it is.
        CHANGES: It adds something, or replaces a setting, and removes no image and no repository.
        DESTROYS: It removes something, or lets Amazon ECR remove it later.
    """

    READS = "reads"
    CHANGES = "changes"
    DESTROYS = "destroys"


_VERB = re.compile(r"(?:Batch)?([A-Z][a-z]+)")
_READING = frozenset({"Check", "Describe", "Get", "List", "Validate"})
_CHANGING = frozenset(
    {
        "Complete",
        "Copy",
        "Create",
        "Initiate",
        "Put",
        "Register",
        "Scan",
        "Set",
        "Start",
        "Stop",
        "Tag",
        "Update",
        "Upload",
    }
)
_TRIGGERS = frozenset({"imageEvent", "newImages"})
# Amazon ECR deletes the images that match the policy, within 24 hours.
_DELETES_LATER = "PutLifecyclePolicy"
# Calls the operation that its field of this name holds.
_ANY_OPERATION, _OPERATION_FIELD = "CallOperation", "operation"


def effect(function: str, fields: Mapping[str, Any] = MappingProxyType({})) -> Effect:
    """Return what a run of an action, trigger or operation of Amazon ECR does to a registry.

    The verb in its name decides; one that is not known counts as destroying, to be on the safe
    side.

    Args:
        function: The name of the action, trigger or operation.
        fields: The fields of the step, by which CallOperation knows its operation.
    """
    if function in _TRIGGERS:
        return Effect.READS
    operation = fields.get(_OPERATION_FIELD) if function == _ANY_OPERATION else function
    verb = _VERB.match(operation or "")
    if verb and verb[1] in _READING:
        return Effect.READS
    if verb and verb[1] in _CHANGING and operation != _DELETES_LATER:
        return Effect.CHANGES
    return Effect.DESTROYS
