"""A flow on the broker: its exchange, and the queues and bindings of its steps.

The platform makes these before it starts a step; the runtime declares nothing.
"""

import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.spec import Queue

from lib.platform.broker import Broker
from lib.platform.crypto import Cipher
from lib.platform.object_storage import ObjectStorage
from lib.platform.received import Received
from lib.platform.rest_api import RestApi
from lib.platform.waiting import until

NO_HEADERS: Mapping[str, Any] = {}


@dataclass(frozen=True)
class FlowStep:
    """A step of a flow: the names of its queues, which are their routing keys too.

    Args:
        id: STEP_ID.
        prefix: Sets the step's queues apart from all others on the broker.
        output: Where the data go that the step emits.
    """

    id: str
    prefix: str
    output: str

    @property
    def input(self) -> str:
        """LISTEN_MESSAGES_ON."""
        return f"{self.prefix}:messages"

    @property
    def rejected(self) -> str:
        """Where a message of the input goes that was rejected without requeue."""
        return f"{self.prefix}:rejected"

    @property
    def errors(self) -> str:
        """What comes under ERROR_ROUTING_KEY."""
        return f"{self.prefix}:errors"

    @property
    def rebounds(self) -> str:
        """What comes under REBOUND_ROUTING_KEY; back in the input when its time is over."""
        return f"{self.prefix}:rebounds"

    @property
    def snapshots(self) -> str:
        """What comes under SNAPSHOT_ROUTING_KEY."""
        return f"{self.prefix}:snapshots"


class Flow:
    """A chain of steps, made for one test.

    The data of each step go to the input of the next, those of the last to ``output``.

    Args:
        broker: Where the queues are.
        api: Knows the steps' data.
        storage: The flow's object storage, if it has one.
        steps: The STEP_IDs.
        flow_id: FLOW_ID.
        entry: Where runtimes find the broker, when not directly: an ``AmqpProxy``'s address.
    """

    def __init__(
        self,
        broker: Broker,
        api: RestApi,
        *,
        storage: ObjectStorage | None = None,
        steps: Sequence[str] = ("step_1",),
        flow_id: str | None = None,
        entry: Broker | None = None,
    ) -> None:
        self.broker = broker
        self.api = api
        self.storage = storage
        self.entry = entry or broker
        self.cipher = Cipher()
        self.prefix = f"test-{uuid.uuid4().hex[:12]}"
        self.id = flow_id or self.prefix
        self.exchange = f"{self.prefix}:exchange"
        self.output = f"{self.prefix}:output"
        self.replies = f"{self.prefix}:replies"
        self.elsewhere = f"{self.prefix}:elsewhere"
        outputs = [f"{self.prefix}:{step}:messages" for step in steps[1:]] + [self.output]
        self.steps = [
            FlowStep(step, f"{self.prefix}:{step}", output)
            for step, output in zip(steps, outputs, strict=True)
        ]
        self.step = self.steps[0]
        for step in steps:
            self.configure(step)

    def configure(
        self,
        step: str,
        *,
        config: Mapping[str, Any] = NO_HEADERS,
        snapshot: Mapping[str, Any] | None = None,
        passthrough: bool = False,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        """Say what the REST API knows of a step."""
        self.api.steps[self.id, step] = {
            "id": step,
            "config": dict(config),
            "is_passthrough": passthrough,
            **({} if snapshot is None else {"snapshot": dict(snapshot)}),
            **({} if variables is None else {"variables": dict(variables)}),
        }

    def environment(
        self, function: str, step: FlowStep | None = None, **settings: str | int | None
    ) -> dict[str, str]:
        """Return the ELASTICIO_ variables that start a step; a setting of None is left out."""
        step = step or self.step
        values: dict[str, str | int | None] = {
            "FLOW_ID": self.id,
            "EXEC_ID": "exec-5d",
            "STEP_ID": step.id,
            "CONTAINER_ID": "container-9a",
            "WORKSPACE_ID": "workspace-2b",
            "USER_ID": "user-7c",
            "COMP_ID": "comp-4e",
            "FUNCTION": function,
            "API_URI": self.api.url,
            "API_USERNAME": self.api.username,
            "API_KEY": self.api.key,
            "AMQP_URI": self.entry.uri,
            "LISTEN_MESSAGES_ON": step.input,
            "PUBLISH_MESSAGES_TO": self.exchange,
            "DATA_ROUTING_KEY": step.output,
            "ERROR_ROUTING_KEY": step.errors,
            "REBOUND_ROUTING_KEY": step.rebounds,
            "SNAPSHOT_ROUTING_KEY": step.snapshots,
            "MESSAGE_CRYPTO_IV": self.cipher.iv,
            "MESSAGE_CRYPTO_PASSWORD": self.cipher.password,
        }
        if self.storage is not None:
            values["OBJECT_STORAGE_URI"] = self.storage.url
            values["OBJECT_STORAGE_TOKEN"] = self.storage.token
        values.update(settings)
        return {f"ELASTICIO_{name}": str(v) for name, v in values.items() if v is not None}

    @property
    def queues(self) -> list[str]:
        """All queues of the flow."""
        names = [self.output, self.replies, self.elsewhere]
        for step in self.steps:
            names += [step.input, step.rejected, step.errors, step.rebounds, step.snapshots]
        return names

    def declare(self) -> None:
        """Make the exchange, the queues and the bindings."""
        beyond = {step.input: step.rejected for step in self.steps}
        beyond |= {step.rebounds: step.input for step in self.steps}
        with self.broker.channel() as channel:
            channel.exchange_declare(self.exchange, durable=True)  # direct
            for queue in self.queues:
                arguments = {}
                if queue in beyond:
                    arguments = {
                        "x-dead-letter-exchange": self.exchange,
                        "x-dead-letter-routing-key": beyond[queue],
                    }
                channel.queue_declare(queue, durable=True, arguments=arguments)
                channel.queue_bind(queue, self.exchange, queue)

    def remove(self) -> None:
        """Delete what ``declare`` made."""
        with self.broker.channel() as channel:
            for queue in self.queues:
                channel.queue_delete(queue)
            channel.exchange_delete(self.exchange)

    @contextmanager
    def declared(self) -> Iterator["Flow"]:
        """Have the flow on the broker for as long as the block lasts."""
        self.declare()
        try:
            yield self
        finally:
            self.remove()

    def publish(
        self,
        message: Any,
        *,
        step: FlowStep | None = None,
        headers: Mapping[str, Any] | None = NO_HEADERS,
        version: int = 1,
        **properties: Any,
    ) -> str:
        """Put a message into a step's input, and return its messageId.

        Args:
            message: To be encrypted, or bytes to be sent as they are.
            step: The step; by default the first.
            headers: AMQP headers beside messageId and threadId; a header of None is left out,
                and without any header table when None.
            version: The protocol version.
            properties: Other AMQP properties.
        """
        with self.broker.channel() as channel:
            channel.confirm_delivery()
            return self._publish(
                channel, message, step or self.step, headers=headers, version=version, **properties
            )

    def publish_all(
        self, messages: Iterable[Any], *, step: FlowStep | None = None, **properties: Any
    ) -> list[str]:
        """Put many messages into a step's input, and return their messageIds."""
        with self.broker.channel() as channel:
            ids = [
                self._publish(channel, message, step or self.step, **properties)
                for message in messages
            ]
            channel.queue_declare((step or self.step).input, passive=True)  # all are there now
        return ids

    def _publish(
        self,
        channel: BlockingChannel,
        message: Any,
        step: FlowStep,
        *,
        headers: Mapping[str, Any] | None = NO_HEADERS,
        version: int = 1,
        **properties: Any,
    ) -> str:
        message_id = str(uuid.uuid4())
        table = None
        if headers is not None:
            table = {"messageId": message_id, "threadId": f"thread-{message_id}", **headers}
            if version > 1:
                table["protocolVersion"] = version
            table = {name: value for name, value in table.items() if value is not None}
        channel.basic_publish(
            self.exchange,
            step.input,
            message if isinstance(message, bytes) else self.cipher.encode(message, version),
            pika.BasicProperties(
                **{
                    "content_type": "application/json",
                    "content_encoding": "utf8",
                    "headers": table,
                    **properties,
                }
            ),
            mandatory=True,
        )
        return str((table or {}).get("messageId", message_id))

    def take(self, queue: str, count: int = 1, *, within: float = 20) -> list[Received]:
        """Take as many messages as expected from a queue, as they come."""
        if count == 0:
            return []
        taken: list[Received] = []
        deadline = time.monotonic() + within
        with self.broker.channel() as channel:
            channel.basic_qos(prefetch_count=count)  # what is more stays in the queue
            for method, properties, content in channel.consume(queue, inactivity_timeout=0.1):
                if method is not None and properties is not None and content is not None:
                    taken.append(Received.of(method, properties, content, self.cipher))
                    if len(taken) == count:
                        channel.basic_ack(method.delivery_tag or 0, multiple=True)
                        return taken
                assert time.monotonic() < deadline, (
                    f"{count} messages in {queue}: not within {within} s, but {len(taken)}"
                )
        raise AssertionError(f"{queue} is gone")

    def take_one(self, queue: str, *, within: float = 20) -> Received:
        """Take the one message that is expected in a queue."""
        [taken] = self.take(queue, within=within)
        return taken

    def drain(self, queue: str) -> list[Received]:
        """Take all messages that are in a queue now."""
        return self.take(queue, self.depth(queue))

    def depth(self, queue: str) -> int:
        """Return how many messages wait in a queue, not counting those in process."""
        return self._look(queue).message_count or 0

    def consumers(self, step: FlowStep | None = None) -> int:
        """Return how many runtimes consume a step's input."""
        return self._look((step or self.step).input).consumer_count or 0

    def _look(self, queue: str) -> Queue.DeclareOk:
        with self.broker.channel() as channel:
            return channel.queue_declare(queue, passive=True).method

    def until_consumed(self, step: FlowStep | None = None, *, by: int = 1) -> None:
        """Wait until runtimes consume a step's input."""
        until(lambda: self.consumers(step) == by, f"{by} consumers of the step", every=0.05)
