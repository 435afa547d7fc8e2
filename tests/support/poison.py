"""Messages that stopped a step or cost it a message once, for the action ``misbehaves``."""

import struct
from dataclasses import dataclass, field
from typing import Any

import orjson
import pika

from lib.platform import Flow
from lib.sailor import amqp_table, json_text
from lib.sailor.cipher import Cipher

# What comes of poison can hold values that pika's own decoder fails at.
amqp_table.install()


@dataclass(frozen=True)
class Poison:
    """A bad message, and what has to become of it.

    Args:
        name: Its messageId.
        body: What ``misbehaves`` is to do.
        error: How the text of the error that is published begins; None if it is processed.
        headers: More AMQP headers.
        fields: More AMQP headers, encoded.
        message: Its JSON text, if it is not the body alone.
        rebounds: Whether it is rebounded.
    """

    name: str
    body: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    headers: dict[str, Any] = field(default_factory=dict)
    fields: bytes = b""
    message: bytes | None = None
    rebounds: bool = False

    def publish(self, flow: Flow, channel: Any, name: str | None = None) -> None:
        """Put it into the input of the flow's step, under another name if there is one."""
        message = self.message or json_text.dump({"body": self.body})
        headers = {"messageId": name or self.name, "protocolVersion": 2, **self.headers}
        channel.basic_publish(
            flow.exchange,
            flow.step.input,
            Cipher(flow.cipher.password, flow.cipher.iv).encrypt(message),
            _RawProperties(headers, self.fields),
            mandatory=True,
        )


class _RawProperties(pika.BasicProperties):
    """AMQP properties with headers that no library writes."""

    def __init__(self, headers: dict[str, Any], fields: bytes) -> None:
        super().__init__(headers=headers)
        self._fields = fields

    def encode(self) -> list[bytes]:
        pieces: list[bytes] = []
        amqp_table.encode_table(pieces, dict(self.headers or {}))
        content = pieces[1] + self._fields
        return [struct.pack(">HI", self.FLAG_HEADERS, len(content)), content]


def _field(name: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name + value


def _nested(depth: int) -> bytes:
    table = b""
    for _ in range(depth):
        content = b"\1t" + (table or b"V")
        table = b"F" + struct.pack(">I", len(content)) + content
    return table


def _emitting(**message: Any) -> dict[str, Any]:
    return {"emit": ["data", {"body": 0, **message}]}


def _routed(routing_key: Any) -> dict[str, Any]:
    return _emitting(headers={"x-eio-routing-key": routing_key})


_UNFIT = "UnsendableMessage: "

_HARMLESS_BODY = {"n": "harmless"}

UNROUTABLE = Poison(
    "an output that no queue takes",
    _routed("nowhere"),
    "Publish: Publishing to 'nowhere' failed: 312 NO_ROUTE (attempt 5)",
)

# The runtime sees at once that these cannot be sent.
CHEAP = [
    Poison(
        "a routing key of 300 bytes",
        _routed("k" * 300),
        f"{_UNFIT}the routing key: got 300 bytes, expected at most 255",
    ),
    Poison(
        "a routing key that is a number",
        _routed(7),
        f"{_UNFIT}the routing key: got 7, expected text",
    ),
    Poison(
        "a routing key that is a table",
        _routed({"a": 1}),
        f"{_UNFIT}the routing key: got {{'a': 1}}, expected text",
    ),
    Poison(
        "an emitted id of 2^63",
        _emitting(id=2**63),
        f"{_UNFIT}AMQP cannot carry the header 'messageId': ",
    ),
    Poison(
        "an emitted id of half a surrogate",
        _emitting(id="\ud800"),
        f"{_UNFIT}AMQP cannot carry the header 'messageId': ",
    ),
    Poison(
        "an emitted id of 200 KB",
        _emitting(id="i" * 200_000),
        f"{_UNFIT}the AMQP headers: got 200",
    ),
    Poison("KeyboardInterrupt", {"raise": "KeyboardInterrupt"}, "KeyboardInterrupt: ctrl-c"),
    Poison("CancelledError", {"raise": "CancelledError"}, "CancelledError: cancelled"),
    Poison("an exception group", {"raise": "BaseExceptionGroup"}, "BaseExceptionGroup: several"),
    Poison("GeneratorExit", {"raise": "GeneratorExit"}, "GeneratorExit: closed"),
    Poison(
        "an error whose text fails",
        {"raise": "UnspeakableError"},
        "UnspeakableError: <its text fails: RuntimeError>",
    ),
    Poison("an event that does not exist", {"emit": ["dance", {}]}, "InvalidEvent: got the event"),
    Poison("data that are text", {"emit": ["data", "text"]}, f"{_UNFIT}got str as a message"),
    Poison("no body", {}, "KeyError: 'body'", message=b"{}"),
    Poison(
        "a passthrough nested 1,010 deep",
        error="TypeError: JSON cannot express it: ",
        message=orjson.dumps({"body": {}, "passthrough": {"before": {"body": 0}}}).replace(
            b'"body":0', b'"body":' + b'{"a":' * 1005 + b"0" + b"}" * 1005
        ),
    ),
    Poison(
        "a stored body of ..",
        error="ObjectStorage: got '..' as the id of a stored body",
        message=b'{"body":{},"headers":{"x-ipaas-object-storage-id":".."}}',
    ),
    Poison(
        "a passthrough that is a list",
        error="InvalidPayload: the passthrough is not an object of messages by their step",
        message=b'{"body":{},"passthrough":[1]}',
    ),
    Poison(
        "a passthrough of texts",
        error="InvalidPayload: the passthrough is not an object of messages by their step",
        message=b'{"body":{},"passthrough":{"before":"text"}}',
    ),
]

EXPENSIVE = [
    UNROUTABLE,
    Poison("an error of 60 MB", {"fail": 60_000_000}, f"ValueError: {'x' * 16_000}… (60000000"),
]

REBOUNDS = [
    Poison(
        "a reboundIteration of -1",
        {"emit": ["rebound", "later"]},
        headers={"reboundIteration": -1},
        rebounds=True,
    ),
    Poison("a reason of 200 KB", {"emit": ["rebound", "r" * 200_000]}, rebounds=True),
    Poison("a reason of half a surrogate", {"emit": ["rebound", "\ud800"]}, rebounds=True),
]

HARMLESS = [
    Poison("an emitted id that is a float", _emitting(id=0.5)),
    Poison(
        "a time in milliseconds",
        _HARMLESS_BODY,
        fields=_field(b"x-eio-meta-when", b"T" + struct.pack(">Q", 1_700_000_000_000)),
    ),
    Poison(
        "tables nested 600 deep",
        _HARMLESS_BODY,
        fields=_field(b"x-eio-meta-deep", _nested(600)),
    ),
    Poison("a double of 2^63", _HARMLESS_BODY, headers={"x-eio-meta-double": 2.0**63}),
    Poison("a reply_to that is a number", _HARMLESS_BODY, headers={"reply_to": 7}),
    Poison("a reply_to that is a table", _HARMLESS_BODY, headers={"reply_to": {"a": 1}}),
    Poison(
        "names that are not UTF-8",
        _HARMLESS_BODY,
        fields=_field(b"x-eio-meta-" + b"\xff" * 200, b"V"),
    ),
    Poison(
        "a name that grows in lower case", _HARMLESS_BODY, headers={f"X-EIO-Meta-{'İ' * 120}": 1}
    ),
    Poison(
        "meta headers of 100 KB",
        _HARMLESS_BODY,
        headers={f"x-eio-meta-{n}": "m" * 1000 for n in range(100)},
    ),
]

POISON = [*CHEAP, *EXPENSIVE, *REBOUNDS, *HARMLESS]
