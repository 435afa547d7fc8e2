"""Effects of actions and triggers: which of them a designer should not run for a sample."""

import pytest

from lib.component.operation.effects import Effect, effect
from lib.component.shapes import service
from tests.support.repository import DESCRIPTOR

DESTROYING = {
    "BatchDeleteImage",
    "DeleteLifecyclePolicy",
    "DeleteRepository",
    "DeleteRepositoryPolicy",
    "PutLifecyclePolicy",
    "UntagResource",
}
CHANGING = {
    "CompleteLayerUpload",
    "CopyImage",
    "CreateRepository",
    "InitiateLayerUpload",
    "PutImage",
    "ScanImage",
    "SetRepositoryPolicy",
    "StartLifecyclePolicyPreview",
    "TagResource",
    "UploadLayerPart",
}
# Of operations without an action.
DESTROYING_VERBS = ("BatchDelete", "Delete", "Deregister", "Untag")
READING_VERBS = ("BatchCheck", "BatchGet", "Describe", "Get", "List", "Validate")


@pytest.mark.parametrize("function", [*DESCRIPTOR["actions"], *DESCRIPTOR["triggers"]])
def test_what_a_sample_of_an_action_or_trigger_does(function: str) -> None:
    if function in DESTROYING or function == "CallOperation":  # whose operation is not chosen yet
        expected = Effect.DESTROYS
    else:
        expected = Effect.CHANGES if function in CHANGING else Effect.READS

    assert effect(function) is expected


@pytest.mark.parametrize("operation", sorted(service.names() - DESTROYING - CHANGING))
def test_what_any_other_operation_does(operation: str) -> None:
    if operation.startswith(DESTROYING_VERBS):
        expected = Effect.DESTROYS
    else:
        expected = Effect.READS if operation.startswith(READING_VERBS) else Effect.CHANGES

    assert effect(operation) is expected
    assert effect("CallOperation", {"operation": operation}) is expected


def test_a_verb_that_is_not_known_counts_as_destroying() -> None:
    assert effect("PurgeRepository") is Effect.DESTROYS
