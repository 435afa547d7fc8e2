"""The exchange, queues and bindings of a flow, and the environment of its steps.

The platform declares these before it starts a step: see docs/platform.md, section "Topology".
"""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel

from lib.platform.broker import Broker
from lib.platform.encryption import FlowCipher
from lib.platform.errors import DeadlineExceededError, QueueDeletedError
from lib.platform.object_storage import ObjectStorage
from lib.platform.received import Received
from lib.platform.rest_api import RestApi
from lib.platform.waiting import until
from lib.sailor.settings import PREFIX

_EMPTY: Mapping[str, Any] = {}


@dataclass(frozen=True)
class FlowStep:
    """A step of a flow, with the names of its queues; each is its queue's routing key too.

    Args:
        id: The step's id.
        prefix: The prefix of the queues' names, unique on the broker.
        output: The queue of the data that the step emits.
    """

    id: str
    prefix: str
    output: str

    @property
    def input(self) -> str:
        """The queue of the step's input."""
        return f"{self.prefix}:messages"

    @property
    def rejected(self) -> str:
        """The queue of input messages that were rejected."""
        return f"{self.prefix}:rejected"

    @property
    def errors(self) -> str:
        """The queue of errors."""
        return f"{self.prefix}:errors"

    @property
    def rebounds(self) -> str:
        """The queue of rebounds, which return to the input when they expire."""
        return f"{self.prefix}:rebounds"

    @property
    def snapshots(self) -> str:
        """The queue of snapshots."""
        return f"{self.prefix}:snapshots"


class Flow:
    """The steps of a flow.

    In a chain, the data that a step emits go to the input of the next one, those of the last step
    to the queue ``output``. Otherwise each step has its own output queue.

    Args:
        broker: The broker of the queues.
        api: The REST API, which gets the data of the steps.
        storage: The object storage, if the flow has one.
        steps: The ids of the steps.
        flow_id: The flow's id; by default the prefix.
        prefix: What all names on the broker begin with; by default a new one.
        entry: The address of the broker for the steps, if it differs: that of a proxy.
        is_chain: Whether the steps are a chain.

    Attributes:
        cipher: The cipher of the flow's messages.
        exchange: The exchange.
        output: The queue of the data that the last step emits.
        replies: A queue for replies.
        elsewhere: A queue for messages with a routing key of the handler's choice.
        steps: The steps.
        step: The first step.
    """

    def __init__(
        self,
        broker: Broker,
        api: RestApi,
        *,
        storage: ObjectStorage | None = None,
        steps: Sequence[str] = ("step_1",),
        flow_id: str | None = None,
        prefix: str | None = None,
        entry: Broker | None = None,
        is_chain: bool = True,
    ) -> None:
        self.broker = broker
        self.api = api
        self.storage = storage
        self.entry = entry or broker
        self.cipher = FlowCipher()
        self.prefix = prefix or f"flow-{uuid.uuid4().hex[:12]}"
        self.id = flow_id or self.prefix
        self.exchange = f"{self.prefix}:exchange"
        self.output = f"{self.prefix}:output"
        self.replies = f"{self.prefix}:replies"
        self.elsewhere = f"{self.prefix}:elsewhere"
        outputs = [f"{self.prefix}:{step}:output" for step in steps]
        if is_chain:
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
        config: Mapping[str, Any] = _EMPTY,
        snapshot: Mapping[str, Any] | None = None,
        passthrough: bool = False,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        """Set the data of a step that the REST API returns.

        Args:
            step: The step's id.
            config: The fields of the step, and its credentials.
            snapshot: The snapshot, if there is one.
            passthrough: Whether messages carry those of the steps before.
            variables: The variables of the flow, if there are any.
        """
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
        """Return the ELASTICIO_ variables of a step.

        Args:
            function: The name of the action or trigger.
            step: The step; by default the first.
            settings: More variables, without their prefix; None leaves one out.
        """
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
        return {f"{PREFIX}{name}": str(v) for name, v in values.items() if v is not None}

    @property
    def queues(self) -> list[str]:
        """The names of all queues."""
        names = [self.output, self.replies, self.elsewhere]
        for step in self.steps:
            names += [step.input, step.output]  # the output of one may be the input of the next
            names += [step.rejected, step.errors, step.rebounds, step.snapshots]
        return list(dict.fromkeys(names))

    def declare(self) -> None:
        """Declare the exchange, the queues and the bindings."""
        dead_letters_to = {step.input: step.rejected for step in self.steps}
        dead_letters_to |= {step.rebounds: step.input for step in self.steps}
        with self.broker.channel() as channel:
            channel.exchange_declare(self.exchange, durable=True)  # a direct exchange
            for queue in self.queues:
                arguments = {}
                if queue in dead_letters_to:
                    arguments = {
                        "x-dead-letter-exchange": self.exchange,
                        "x-dead-letter-routing-key": dead_letters_to[queue],
                    }
                channel.queue_declare(queue, durable=True, arguments=arguments)
                channel.queue_bind(queue, self.exchange, queue)

    def remove(self) -> None:
        """Delete the exchange and the queues."""
        with self.broker.channel() as channel:
            for queue in self.queues:
                channel.queue_delete(queue)
            channel.exchange_delete(self.exchange)

    @contextmanager
    def declared(self) -> Iterator["Flow"]:
        """Declare the flow, and delete it when the block ends."""
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
        headers: Mapping[str, Any] | None = _EMPTY,
        version: int = 1,
        **properties: Any,
    ) -> str:
        """Publish a message to a step's input, and return its messageId.

        Args:
            message: The message; bytes are sent as they are, any other value is encrypted.
            step: The step; by default the first.
            headers: AMQP headers in addition to messageId and threadId; a value of None leaves a
                header out, and None sends no header table at all.
            version: The protocol version.
            properties: More AMQP properties.
        """
        with self.broker.channel() as channel:
            channel.confirm_delivery()
            return self.publish_on(
                channel, message, step or self.step, headers=headers, version=version, **properties
            )

    def publish_all(
        self, messages: Iterable[Any], *, step: FlowStep | None = None, **properties: Any
    ) -> list[str]:
        """Publish many messages to a step's input, and return their messageIds; see ``publish``."""
        with self.broker.channel() as channel:
            ids = [
                self.publish_on(channel, message, step or self.step, **properties)
                for message in messages
            ]
            # The broker answers once all messages are in the queue.
            channel.queue_declare((step or self.step).input, passive=True)
        return ids

    def publish_on(
        self,
        channel: BlockingChannel,
        message: Any,
        step: FlowStep,
        *,
        headers: Mapping[str, Any] | None = _EMPTY,
        version: int = 1,
        **properties: Any,
    ) -> str:
        """Publish a message on a channel of the caller's; see ``publish``."""
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
        """Take a number of messages from a queue, and acknowledge them.

        Args:
            queue: The queue.
            count: The number of messages.
            within: Seconds after which to give up.

        Raises:
            DeadlineExceededError: Fewer messages arrived; they are in the queue again.
            QueueDeletedError: The queue was deleted meanwhile.
        """
        if count == 0:
            return []
        taken: list[Received] = []
        deadline = time.monotonic() + within
        with self.broker.channel() as channel:
            channel.basic_qos(prefetch_count=count)  # any more stay in the queue
            for method, properties, content in channel.consume(queue, inactivity_timeout=0.1):
                if method is not None and properties is not None and content is not None:
                    taken.append(Received.of(method, properties, content, self.cipher))
                    if len(taken) == count:
                        channel.basic_ack(method.delivery_tag or 0, multiple=True)
                        return taken
                if time.monotonic() > deadline:
                    raise DeadlineExceededError(
                        f"{count} messages in {queue}: not within {within} s, but {len(taken)}"
                    )
        raise QueueDeletedError(f"{queue} was deleted")

    def take_one(self, queue: str, *, within: float = 20) -> Received:
        """Take one message from a queue; see ``take``."""
        [taken] = self.take(queue, within=within)
        return taken

    def drain(self, queue: str) -> list[Received]:
        """Take all messages that are in a queue at present."""
        return self.take(queue, self.depth(queue))

    def depth(self, queue: str) -> int:
        """Return the number of messages in a queue, without those that are delivered."""
        with self.broker.channel() as channel:
            return channel.queue_declare(queue, passive=True).method.message_count or 0

    def until_consumed(
        self,
        step: FlowStep | None = None,
        *,
        by: int = 1,
        unless: Callable[[], bool] = lambda: False,
    ) -> None:
        """Wait until a step's input has a number of consumers.

        Args:
            step: The step; by default the first.
            by: The number of consumers.
            unless: Says whether to stop waiting.
        """
        queue = (step or self.step).input
        with self.broker.channel() as channel:

            def is_consumed() -> bool:
                return channel.queue_declare(queue, passive=True).method.consumer_count == by

            until(lambda: unless() or is_consumed(), f"{by} consumers of the step", every=0.05)
