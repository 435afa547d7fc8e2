"""The trigger New Images: a message for each image pushed since the last run."""

from heapq import nsmallest
from typing import Any

from lib.component.cfg import is_ticked
from lib.component.connection import client_of
from lib.component.field_names import FieldNames
from lib.component.message import Message
from lib.component.operation.call import Call
from lib.component.step import Step
from lib.component.timestamps import rfc3339
from lib.component.triggers.new_images.cursor import Cursor
from lib.component.triggers.new_images.pushes import Push, Registry, pushes
from lib.component.triggers.new_images.selection import FROM_BEGINNING, Selection
from lib.ecr import LARGEST_OFFSET, UnavailableError

# The age at which a push is emitted, in seconds by Amazon ECR's clock. A listing may not show the
# latest pushes yet; once it does, they would come before those emitted already, and be missed.
SETTLING_TIME = 10
# The messages that are repeated after a crash, at most. The platform's rate limits allow two
# snapshots per ten messages, so one costs no time.
MESSAGES_PER_SNAPSHOT = 10
# The pushes that are held in memory, some 25 MB; for more, the images are listed again.
MOST_PUSHES = 20_000

_field_names = FieldNames("newImages")


def process(
    step: Step,
    msg: Message,  # noqa: ARG001 - the platform's timer sends an empty one
    cfg: dict[str, Any],
    snapshot: dict[str, Any],
) -> None:
    """Emit the pushes since the last run, the oldest first.

    The snapshot is the position of the last push that was emitted. It is emitted after the push, so
    a crash loses nothing: at most ``MESSAGES_PER_SNAPSHOT`` messages are repeated, with the same
    IDs. A transient error that persists becomes a rebound, which resumes from the snapshot.

    Args:
        step: The running step.
        msg: Not used.
        cfg: The credentials, ``verbose``, and the fields of
            :class:`lib.component.triggers.new_images.selection.Selection`.
        snapshot: The position, or empty if the step has never run.

    Raises:
        InvalidFieldError, InvalidSnapshotError: The step is set up wrongly; nothing was sent.
        EcrError, NoTimeError, RepeatedTokenError: The images can't be listed.
    """
    _field_names.check(cfg, step.logger)
    selection = Selection.from_cfg(cfg)
    verbose = is_ticked(cfg, "verbose")
    done = Cursor.from_snapshot(snapshot)
    client = client_of(cfg)

    def call(operation: str) -> Call:
        return Call(operation, client, step.logger, verbose=verbose)

    try:
        registry = Registry.described(call("DescribeRepositories"), selection)
        end = Cursor(registry.time - SETTLING_TIME)
        # A clock that goes back by less is waited for, so that nothing is repeated.
        if done and done.pushed_at > registry.time + LARGEST_OFFSET.total_seconds():
            step.logger.warning(
                "The step's snapshot is of %s, which is still to come; the trigger continues from"
                " now on, and images pushed before are not emitted",
                rfc3339(done.pushed_at),
            )
            done = end
            step.emit("snapshot", done.as_snapshot())
        if done is None:
            done = Cursor(0) if selection.start == FROM_BEGINNING else end
            # At once, so that a run that fails does not move the start to the next run.
            step.emit("snapshot", done.as_snapshot())
        while done < end:
            found = pushes(call("DescribeImages"), registry, selection, (done, end), step.logger)
            batch = nsmallest(MOST_PUSHES, found, key=lambda push: push.cursor)
            _emit(step, batch)
            done = batch[-1].cursor if len(batch) == MOST_PUSHES else end
            step.emit("snapshot", done.as_snapshot())
    except UnavailableError as error:
        step.emit("rebound", str(error))


def _emit(step: Step, batch: list[Push]) -> None:
    # The registry changes while it is listed, so two pages may show the same push.
    ordered = list({push.cursor: push for push in batch}.values())
    for number, push in enumerate(ordered):
        if number and number % MESSAGES_PER_SNAPSHOT == 0:
            step.emit("snapshot", ordered[number - 1].cursor.as_snapshot())
        step.emit("data", push.message())
