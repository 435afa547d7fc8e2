"""The trigger New Images: a message for each image that was pushed since the last run."""

from heapq import nsmallest
from typing import Any

from lib.component import cfg as fields
from lib.component.connection import client_of
from lib.component.message import Message
from lib.component.operation.call import Call
from lib.component.step import Step
from lib.component.triggers.new_images.cursor import Place
from lib.component.triggers.new_images.pushes import Push, Registry, pushes
from lib.component.triggers.new_images.selection import FROM_BEGINNING, Selection
from lib.ecr import UnavailableError

# A push is told of when it is that old, in seconds by Amazon ECR's clock: what a listing does not
# show yet would come to stand before what was told, and never be told.
SETTLING_TIME = 10
# So many messages at most come again after a crash. The platform's limits allow two snapshots for
# ten messages, so that one costs no time.
MESSAGES_PER_SNAPSHOT = 10
# What is held in memory, some 25 MB; for more, the images are listed again.
MOST_PUSHES = 20_000


def new_images(
    step: Step,
    msg: Message,  # noqa: ARG001 - the platform's timer has nothing to say
    cfg: dict[str, Any],
    snapshot: dict[str, Any],
) -> None:
    """Emit the pushes since the last run, the oldest first; the ``process`` of a polling trigger.

    The snapshot is the place of the last push that was emitted. It is emitted after that, so a
    crash loses nothing: at most ``MESSAGES_PER_SNAPSHOT`` messages come again, with the same ids.
    A fault that may pass is a rebound, which goes on from the snapshot.

    Raises:
        InvalidFieldError, SnapshotError: The step can't be run as it is; nothing was sent.
        EcrError, NoTimeError, RepeatedTokenError: The images can't be listed.
    """
    selection = Selection.from_cfg(cfg)
    verbose = fields.is_ticked(cfg, "verbose")
    done = Place.from_snapshot(snapshot)
    client = client_of(cfg)

    def call(operation: str) -> Call:
        return Call(
            operation,
            client,
            signature=None,
            convert_times=None,
            logger=step.logger,
            verbose=verbose,
            waits=False,
        )

    try:
        registry = Registry.described(call("DescribeRepositories"), selection)
        end = Place(registry.time - SETTLING_TIME)
        if done is None:
            done = Place(0) if selection.start == FROM_BEGINNING else end
            # At once: a run that fails must not move the start to the next one.
            step.emit("snapshot", done.as_snapshot())
        while done < end:
            found = pushes(call("DescribeImages"), registry, selection, (done, end), step.logger)
            batch = nsmallest(MOST_PUSHES, found, key=lambda push: push.place)
            _emit(step, batch)
            done = batch[-1].place if len(batch) == MOST_PUSHES else end
            step.emit("snapshot", done.as_snapshot())
    except UnavailableError as error:
        step.emit("rebound", str(error))


def _emit(step: Step, batch: list[Push]) -> None:
    # While pages are read the registry changes, and one of them may repeat an image.
    ordered = list({push.place: push for push in batch}.values())
    for number, push in enumerate(ordered):
        if number and number % MESSAGES_PER_SNAPSHOT == 0:
            step.emit("snapshot", ordered[number - 1].place.as_snapshot())
        step.emit("data", push.message())
