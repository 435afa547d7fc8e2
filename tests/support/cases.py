"""Every event and header of docs/platform.md as cases for two runtimes, side by side."""

import json
from typing import Any

from lib.platform import Flow, FlowCipher, ObjectStorage
from tests.support.neighbours import Case, Setting
from tests.support.steps import script

OBJECT_ID = "x-ipaas-object-storage-id"
DATA = {
    "body": {"text": "Grüße, 世界", "numbers": [1, 1.5, -3], "none": None, "yes": True},
    "headers": {"x-custom": "kept"},
    "attachments": {"a.txt": {"url": "http://files.example.com/a.txt"}},
    "metadata": {"page": 1},
}
RETURN_DATA = ["return", DATA]
OOPS = {"name": "OopsError", "message": "it went wrong"}
META = {"X-EIO-Meta-Trace-Id": "trace-1", "x-eio-meta-parent": "p", "x-eio-META-count": 3}
REFERENCE = {OBJECT_ID: "{stored}"}


def emit(event: str, payload: Any) -> list[Any]:
    """Return the instruction to emit an event."""
    return ["emit", event, payload]


EVENTS = Setting(
    "events",
    [
        Case("data returned", script(RETURN_DATA)),
        Case("data emitted and returned", script(emit("data", DATA), RETURN_DATA)),
        Case("data in order", script(*[emit("data", {"body": n}) for n in range(5)])),
        Case("data with an id", script(["return", {**DATA, "id": "my-id"}])),
        Case("data with a body only", script(["return", {"body": {}}])),
        Case("data with unknown members", script(["return", {"body": 1, "query": {"a": "b"}}])),
        Case("data without a body", script(emit("data", {"headers": {"a": "b"}}))),
        Case("data of no members", script(emit("data", {}))),
        Case("data with headers of null", script(emit("data", {"body": 1, "headers": None}))),
        Case("data with an empty id", script(emit("data", {"body": 1, "id": ""}))),
        Case("data with an id of a number", script(emit("data", {"body": 1, "id": 17}))),
        Case("nothing emitted", script()),
        Case(
            "data to another routing key",
            script(
                emit("data", {"body": 1, "headers": {"x-eio-routing-key": "{elsewhere}"}}),
                emit(
                    "data", {"body": 2, "headers": {"X-Eio-Routing-KEY": "{elsewhere}", "a": "b"}}
                ),
            ),
        ),
        Case("message of version 2", script(["see"]), version=2),
        Case("version as text", script(["see"]), headers={"protocolVersion": "1"}),
        Case("message of a few members", {"body": {"script": [["see"]]}}),
        Case("message with all members", script(["see"], passthrough={"s": {"body": {"a": 1}}})),
        Case("error emitted", script(emit("error", OOPS))),
        Case("error thrown", script(["fail", "OopsError", "thrown"])),
        Case("error as text", script(emit("error", "just text"))),
        Case("error as empty text", script(emit("error", ""))),
        Case("error as null", script(emit("error", None))),
        Case("error of version 2", script(emit("error", OOPS)), version=2),
        Case("error, then data", script(emit("error", OOPS), RETURN_DATA)),
        Case("data, then error", script(emit("data", DATA), ["fail", "OopsError", "late"])),
        Case("two errors", script(emit("error", OOPS), emit("error", "again"))),
        Case(
            "error with reply_to",
            script(emit("error", OOPS)),
            headers={"reply_to": "{replies}"},
        ),
        Case("rebound", script(emit("rebound", "not now"))),
        Case("rebound for an error", script(emit("rebound", OOPS))),
        Case("rebound for no reason", script(emit("rebound", None))),
        Case("rebound of version 2", script(emit("rebound", "not now")), version=2),
        Case(
            "rebound keeps properties and headers",
            script(emit("rebound", "not now")),
            headers={"x-mine": "kept", "number": 7, "flag": True, "nested": {"a": [1, "b"]}},
            properties={
                "priority": 3,
                "correlation_id": "c",
                "message_id": "m",
                "type": "t",
                "app_id": "a",
                "delivery_mode": 2,
            },
        ),
        Case("rebound again", script(emit("rebound", "x")), headers={"reboundIteration": 3}),
        Case("rebound text count", script(emit("rebound", "x")), headers={"reboundIteration": "3"}),
        Case(
            "rebound at the limit", script(emit("rebound", "x")), headers={"reboundIteration": 19}
        ),
        Case("rebound past it", script(emit("rebound", "x")), headers={"reboundIteration": 20}),
        Case("rebound, then data", script(emit("rebound", "not now"), RETURN_DATA)),
        Case("snapshot", script(emit("snapshot", {"a": 1, "b": {"c": 2}}))),
        Case("snapshot is seen", script(["see"])),
        Case("updateSnapshot", script(emit("updateSnapshot", {"b": {"d": 3}, "e": "ü"}))),
        Case("updateSnapshot is seen", script(["see"])),
        Case(
            "updateSnapshot with $set", script(emit("updateSnapshot", {"$set": {"a": 9}}), ["see"])
        ),
        Case("updateSnapshot with text", script(emit("updateSnapshot", "text"), ["see"])),
        Case("updateKeys", script(emit("updateKeys", {"token": "new"}), RETURN_DATA)),
        Case("httpReply", script(emit("httpReply", DATA)), headers={"reply_to": "{replies}"}),
        Case(
            "httpReply of version 2",
            script(emit("httpReply", {"body": {"a": 1}, "id": "reply-id"})),
            headers={"reply_to": "{replies}"},
            version=2,
        ),
        Case("httpReply to nobody", script(emit("httpReply", DATA))),
        Case("reply_to is seen", script(["see"]), headers={"reply_to": "{replies}"}),
        Case("message with headers of null", script(["see"], headers=None)),
        Case("message with a body of null", {"body": None}),
        Case("meta headers", script(RETURN_DATA), headers=META),
        Case("thread from trace", script(RETURN_DATA), headers={**META, "threadId": None}),
        Case("thread made up", script(RETURN_DATA), headers={"threadId": None}),
        Case(
            "other headers",
            script(RETURN_DATA),
            headers={
                "parentMessageId": "grandparent",
                "stepId": "step_0",
                "execId": "other",
                "x-mine": "dropped",
                "reboundIteration": 2,
                "x-eio-error-response": True,
            },
        ),
        Case("garbage", b"this is no ciphertext"),
        Case("garbage of version 2", b"this is no ciphertext", version=2),
        Case("ciphertext of no JSON object", FlowCipher().encode("text"), version=1),
        Case("nothing", b""),
    ],
    step={"config": {"_account": "acc"}, "snapshot": {"z": 0}, "variables": {"v": "1"}},
)

ODD_SNAPSHOTS = Setting(
    "odd snapshots",
    [
        Case("none at first", script(["see"])),
        Case("updated out of nothing", script(emit("updateSnapshot", {"a": {"b": 1}}))),
        Case("replaced within the merge", script(emit("updateSnapshot", {"a": {"c": 2}}), ["see"])),
        Case("seen by the next", script(["see"])),
        Case("replaced by nothing", script(emit("snapshot", {}))),
        Case("seen as nothing", script(["see"])),
    ],
)

SECOND_VERSION = Setting(
    "version 2, persistent, more headers, no error replies",
    [
        Case("data", script(RETURN_DATA)),
        Case("data of version 2", script(RETURN_DATA), version=2),
        Case("error", script(emit("error", OOPS)), headers={"reply_to": "{replies}"}, version=2),
        Case("rebound", script(emit("rebound", "not now")), version=2),
        Case("snapshot", script(emit("snapshot", {"a": 1}))),
        Case("httpReply", script(emit("httpReply", DATA)), headers={"reply_to": "{replies}"}),
        Case("meta headers", script(RETURN_DATA), headers={**META, "tenantId": "theirs"}),
    ],
    function="tick",
    environment={
        "PROTOCOL_VERSION": 2,
        "AMQP_PERSISTENT_MESSAGES": "true",
        "NO_ERROR_REPLIES": "true",
        "REBOUND_INITIAL_EXPIRATION": 30000,
        "ADDITIONAL_VARS_FOR_HEADERS": "ELASTICIO_FLOW_VERSION, ELASTICIO_TENANT_ID,ELASTICIO_NONE",
        "FLOW_VERSION": "7",
        "TENANT_ID": "tenant-3",
    },
)

BEFORE = {
    "step_0": {"body": {"a": 1}, "headers": {"h": "1"}, "id": "id-0"},
    "step_1": {"body": "an older run of this very step"},
}
PASSTHROUGH_CASES = [
    Case("the first step", script(RETURN_DATA)),
    Case("a later step", script(RETURN_DATA, passthrough=BEFORE), headers={"stepId": "step_5"}),
    Case("two emits", script(emit("data", {"body": 1}), emit("data", {"body": 2}))),
    Case("its own passthrough", script(["return", {"body": 1, "passthrough": {"x": {"body": 2}}}])),
    Case("the handler sees it", script(["see"], passthrough=BEFORE)),
    Case("no part in errors", script(emit("error", OOPS), passthrough=BEFORE)),
    Case(
        "no part in replies",
        script(emit("httpReply", {"body": 1}), passthrough=BEFORE),
        headers={"reply_to": "{replies}"},
    ),
]
PASSTHROUGH = Setting("passthrough", PASSTHROUGH_CASES, step={"passthrough": True})
NO_SELF_PASSTHROUGH = Setting(
    "passthrough without self",
    PASSTHROUGH_CASES,
    step={"passthrough": True},
    environment={"NO_SELF_PASSTRHOUGH": "true"},
)


def error_message(**parts: Any) -> bytes:
    """Return what an error handler's queue holds: JSON, each part encrypted in version 1."""
    return json.dumps(
        {name: FlowCipher().encode(part).decode() for name, part in parts.items()}
    ).encode()


ERROR_INPUT = Setting(
    "errors as input",
    [
        Case("error and input", error_message(error=OOPS, errorInput={"body": {"a": 1}})),
        Case("error alone", error_message(error=OOPS), headers={"x-mine": "seen"}),
        Case("error with reply_to", error_message(error=OOPS), headers={"reply_to": "{replies}"}),
        Case("no JSON", b"neither JSON nor ciphertext"),
        Case("no ciphertext", b'{"error": "none"}'),
    ],
    environment={"INPUT_FORMAT": "error"},
    step={"config": {"script": [["see"]]}},
    end=error_message(error=OOPS),
)

SIZE_LIMIT = Setting(
    "size limit",
    [
        Case("too large", script(emit("data", {"body": "x" * 4000}))),
        Case("too large, then small", script(emit("data", {"body": "x" * 4000}), RETURN_DATA)),
        Case("just small enough", script(emit("data", {"body": "x" * 680}))),
        Case("just too large", script(emit("data", {"body": "x" * 760}))),
    ],
    environment={"OUTGOING_MESSAGE_SIZE_LIMIT": 1000},
)


def _storage_fails(_flow: Flow, storage: ObjectStorage) -> None:
    storage.fail(500, method="GET")


REFERENCES = Setting(
    "large messages come in",
    [
        Case("after a fault of storage", script(headers=REFERENCE) | {"body": {}}),
        Case("body", script(headers=REFERENCE) | {"body": {}}),
        Case(
            "body and passthrough",
            script(headers=REFERENCE, passthrough={"s": {"body": {}, "headers": REFERENCE}})
            | {"body": {}},
        ),
        Case("none there", script(headers={OBJECT_ID: "no-such-object"}) | {"body": {}}),
        Case("no reference", script(["see"])),
    ],
    objects={"stored": {"script": [["see"]], "large": True}},
    faults=_storage_fails,
)

KEPT_REFERENCES = Setting(
    "references are kept, passthrough is fetched before it is sent",
    [
        Case(
            "body and passthrough",
            script(
                ["see"], headers=REFERENCE, passthrough={"s": {"body": {}, "headers": REFERENCE}}
            ),
        ),
        Case(
            "passthrough that is not there",
            script(["see"], passthrough={"s": {"body": {}, "headers": {OBJECT_ID: "none"}}}),
        ),
    ],
    function="keepReferences",
    objects={"stored": {"large": True}},
    step={"passthrough": True},
)


def _uploads_fail(_flow: Flow, storage: ObjectStorage) -> None:
    storage.fail(400, method="POST")


LARGE = {"body": {"text": "y" * 300}}
LARGE_OUTPUT = Setting(
    "large messages go out",
    [
        Case("a failing upload, then small", script(emit("data", LARGE), ["return", {"body": 1}])),
        Case("small", script(["return", {"body": {"text": "y"}}])),
        Case("large", script(["return", {**LARGE, "headers": {"a": "b"}}])),
        Case("large with passthrough", script(["return", LARGE], passthrough=BEFORE)),
        Case(
            "passthrough with a reference",
            script(["return", LARGE], passthrough={"s": {"body": {}, "headers": REFERENCE}}),
        ),
        Case(
            "large by its passthrough alone",
            script(["return", {"body": 1}], passthrough={"s": LARGE}),
        ),
    ],
    environment={"EMIT_LIGHTWEIGHT_MESSAGE": "true", "OBJECT_STORAGE_SIZE_THRESHOLD": 200},
    step={"passthrough": True},
    objects={"stored": {"large": True}},
    faults=_uploads_fail,
)

REBOUND_ROUNDS = Setting(
    "rebounds come back until the limit",
    [Case("rounds", script(emit("rebound", "not now"), ["see"]))],
    environment={"REBOUND_INITIAL_EXPIRATION": 50, "REBOUND_LIMIT": 3},
    errors=1,
    left_alone=["rebounds"],
)


def _account_fails(flow: Flow, _storage: ObjectStorage) -> None:
    flow.api.fail(404, method="PUT")


UPDATE_KEYS_FAILS = Setting(
    "updateKeys fails",
    [Case("updateKeys", script(emit("updateKeys", {"token": "new"}), RETURN_DATA))],
    step={"config": {"_account": "acc"}},
    faults=_account_fails,
)

SETTINGS = [
    EVENTS,
    ODD_SNAPSHOTS,
    SECOND_VERSION,
    PASSTHROUGH,
    NO_SELF_PASSTHROUGH,
    ERROR_INPUT,
    SIZE_LIMIT,
    REFERENCES,
    KEPT_REFERENCES,
    LARGE_OUTPUT,
    REBOUND_ROUNDS,
    UPDATE_KEYS_FAILS,
]
