"""A flow in this process: the ways of messages, errors, rebounds and snapshots."""

import tracemalloc
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lib.platform.flows.observer import Tally
from lib.platform.flows.plan import Plan
from lib.platform.flows.runner import Runner
from lib.sailor import ComponentError
from tests.support.flows import Log, chain, edge, node, plan, says
from tests.support.repository import ROOT
from tests.support.steps import script

OWN = ROOT / "tests/sailor/components/own"
TWINS = ROOT / "tests/sailor/components/twins"
ROUTER = "elasticio/router:route@latest"

EMPTY: dict[str, Any] = {"body": {}, "headers": {}, "attachments": {}, "metadata": {}}


def run(flow: Plan, *messages: dict[str, Any], **options: Any) -> Log:
    """Let messages go through a flow, and return what is seen of it."""
    log = Log()
    runner = Runner(flow, {}, log, **{"sleep": lambda _: None, **options})
    for message in messages or [EMPTY]:
        runner.run(message)
    return log


def emits(*numbers: int) -> list[list[Any]]:
    return [["emit", "data", {"body": {"n": n}}] for n in numbers]


# Messages


def test_a_message_goes_through_all_steps_before_the_next_one(tmp_path: Path) -> None:
    flow = plan(
        tmp_path,
        [
            says("a", *emits(1, 2)),
            says("b", *emits(3, 4)),
            says("c", *emits(5)),
        ],
        chain("a", "b", "c"),
    )

    log = run(flow)

    assert [(step, payload["body"]["n"]) for step, _, payload in log.events] == [
        ("a", 1),
        ("b", 3),
        ("c", 5),
        ("b", 4),
        ("c", 5),
        ("a", 2),
        ("b", 3),
        ("c", 5),
        ("b", 4),
        ("c", 5),
    ]
    assert log.received_by == ["a", "b", "c", "c", "b", "c", "c"]


def test_a_message_goes_to_every_step_after_it(tmp_path: Path) -> None:
    flow = plan(
        tmp_path,
        [says("a", ["return", {"body": {"n": 1}}]), says("b", ["see"]), says("c", ["see"])],
        [edge("a", "b"), edge("a", "c", {"m": "n + 1"})],
    )

    log = run(flow)

    assert [each["msg"]["body"] for each in log.bodies("b")] == [{"n": 1}]
    assert [each["msg"]["body"] for each in log.bodies("c")] == [{"m": 2}]


def test_the_first_step_gets_the_input_as_it_is(tmp_path: Path) -> None:
    given = {**EMPTY, "id": "m-1", "body": {"a": 1}, "query": {"q": "1"}, "method": "POST"}

    log = run(plan(tmp_path, [says("a", ["see"])], []), given)

    (seen,) = log.bodies("a")
    assert seen["msg"] == given


def test_a_message_keeps_its_other_parts_on_its_way(tmp_path: Path) -> None:
    parts = {"id": "m-7", "headers": {"h": "1"}, "attachments": {"f": {"url": "u"}}, "metadata": {}}
    flow = plan(
        tmp_path,
        [says("a", ["return", {"body": {"n": 1}, **parts}]), says("b", ["see"])],
        [edge("a", "b", {"n": "n"})],
    )

    (seen,) = run(flow).bodies("b")

    message = seen["msg"]
    assert message.pop("passthrough") == {"a": {"body": {"n": 1}, **parts}}
    assert message == {"body": {"n": 1}, **parts}


def test_a_message_without_headers_gets_empty_ones(tmp_path: Path) -> None:
    flow = plan(
        tmp_path, [says("a", ["return", {"body": {}}]), says("b", ["see"])], chain("a", "b")
    )

    log = run(flow)

    assert log.of("a") == [{"body": {}, "headers": {}}]
    assert log.bodies("b")[0]["msg"]["headers"] == {}


def test_a_step_reaches_the_messages_of_all_steps_before_it(tmp_path: Path) -> None:
    flow = plan(
        tmp_path,
        [
            says("a", ["return", {"body": {"n": 1}}]),
            says("b", ["return", {"body": {"n": 2}}]),
            says("c", ["see"]),
        ],
        [
            edge("a", "b"),
            edge(
                "b",
                "c",
                {"own": "n", "new": "elasticio.a.body.n", "old": "$getPassthrough().b.body.n"},
            ),
        ],
    )

    log = run(flow)

    (seen,) = log.bodies("c")
    assert seen["msg"]["body"] == {"own": 2, "new": 1, "old": 2}
    assert {step: each["body"] for step, each in seen["msg"]["passthrough"].items()} == {
        "a": {"n": 1},
        "b": {"n": 2},
    }
    assert "passthrough" not in log.of("c")[0]


def test_a_handler_cannot_change_what_other_steps_get(tmp_path: Path) -> None:
    (tmp_path / "component.json").write_text('{"actions": {"vandal": {"main": "./vandal.py"}}}')
    (tmp_path / "vandal.py").write_text(
        "def process(step, msg, cfg, snapshot):\n"
        "    msg.get('passthrough', {}).clear()\n"
        "    cfg['seen'] = cfg.get('seen', 0) + 1\n"
        "    body = {'seen': cfg['seen']}\n"
        "    step.emit('data', {'body': body})\n"
        "    body['seen'] = 'changed'\n"
    )
    flow = plan(
        tmp_path,
        [says("a", ["return", {"body": {}}]), node("b", ".:vandal"), says("c", ["see"])],
        chain("a", "b", "c"),
    )

    log = run(flow, EMPTY, EMPTY)

    assert log.bodies("b") == [{"seen": 1}, {"seen": 1}]
    seen = log.bodies("c")[0]["msg"]
    assert set(seen["passthrough"]) == {"a", "b"}
    assert seen["body"] == {"seen": 1}


def test_each_step_has_a_module_of_its_component_to_itself(tmp_path: Path) -> None:
    (tmp_path / "component.json").write_text('{"actions": {"count": {"main": "./count.py"}}}')
    (tmp_path / "count.py").write_text(
        "seen = []\n"
        "def init(cfg): seen.append(cfg['name'])\n"
        "def process(step, msg, cfg, snapshot):\n"
        "    seen.append(1)\n"
        "    return {'body': seen}\n"
    )
    nodes = [node(each, ".:count", fields={"name": each}) for each in ("a", "b")]

    log = run(plan(tmp_path, nodes, chain("a", "b")), EMPTY, EMPTY)

    assert log.bodies("a") == [["a", 1], ["a", 1, 1]]
    assert log.bodies("b") == [["b", 1], ["b", 1, 1]]


def test_a_step_that_cannot_start_is_named(tmp_path: Path) -> None:
    flow = plan(tmp_path, [node("a", f"{TWINS}:initFails")], [])

    with pytest.raises(ComponentError, match=r"^a cannot start: "):
        Runner(flow, {}, Log())


def test_threads_of_a_handler_may_emit(tmp_path: Path) -> None:
    (tmp_path / "component.json").write_text('{"actions": {"threads": {"main": "./threads.py"}}}')
    (tmp_path / "threads.py").write_text(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def process(step, msg, cfg, snapshot):\n"
        "    with ThreadPoolExecutor(8) as pool:\n"
        "        list(pool.map(lambda n: step.emit('data', {'body': {'n': n}}), range(100)))\n"
    )
    nodes = [node("a", ".:threads"), says("b", ["see"]), says("c", ["see"])]
    flow = plan(tmp_path, nodes, chain("a", "b", "c"))

    log = run(flow)

    steps = [step for step, _, _ in log.events]
    assert steps == ["a", "b", "c"] * 100
    assert sorted(body["n"] for body in log.bodies("a")) == [*range(100)]


def test_a_long_chain_runs(tmp_path: Path) -> None:
    names = [f"step_{n}" for n in range(60)]
    nodes = [says(each, ["return", {"body": {"n": 1}}]) for each in names]
    edges = [edge(*pair, {"n": "n"}) for pair in pairwise(names)]

    log = run(plan(tmp_path, nodes, edges))

    assert [event for _, event, _ in log.events] == ["data"] * 60


class Memory(Tally):
    """Measures the memory in use each time that the last step has emitted a hundred messages."""

    samples: list[int]

    def __post_init__(self) -> None:
        super().__post_init__()
        self.samples = []

    def emitted(self, step: str, event: str, payload: Any) -> None:
        super().emitted(step, event, payload)
        if step == "c" and self.steps["c"].emitted % 100 == 0:
            self.samples.append(tracemalloc.get_traced_memory()[0])


@pytest.mark.alone
def test_ten_thousand_messages_take_no_more_memory_than_two_thousand(tmp_path: Path) -> None:
    steps = ROOT / "benchmarks/flow_steps"
    nodes = [
        node("a", f"{steps}:count", fields={"messages": 10_000}),
        node("b", f"{steps}:pass"),
        node("c", f"{steps}:pass"),
    ]
    flow = plan(tmp_path, nodes, chain("a", "b", "c"))
    memory = Memory(flow)
    tracemalloc.start()

    try:
        Runner(flow, {}, memory).run(EMPTY)
    finally:
        tracemalloc.stop()

    assert len(memory.samples) == 100
    second, last = memory.samples[10:20], memory.samples[-10:]
    assert max(last) <= 1.1 * max(second)


# Routers


@pytest.mark.parametrize(
    ("amount", "reached"),
    [(5, ["other"]), (15, ["more than 10"]), (25, ["more than 10", "more than 20"])],
)
def test_a_router_takes_every_branch_that_holds_or_else_the_default(
    tmp_path: Path, amount: int, reached: list[str]
) -> None:
    targets = {"more than 10": "test > 10", "more than 20": "test > 20", "other": None}
    flow = plan(
        tmp_path,
        [node("in", ROUTER), *(says(target, ["see"]) for target in targets)],
        [edge("in", target, condition=condition) for target, condition in targets.items()],
    )

    log = run(flow, {**EMPTY, "body": {"test": amount}})

    assert log.received_by == ["in", *reached]


def test_a_router_without_a_default_ends_what_fits_nowhere(tmp_path: Path) -> None:
    nodes = [node("in", ROUTER), says("b", ["see"])]

    log = run(plan(tmp_path, nodes, [edge("in", "b", condition="false")]))

    assert log.received_by == ["in"]


def test_a_condition_that_fails_is_an_error_of_the_router(tmp_path: Path) -> None:
    nodes = [node("in", ROUTER), says("b", ["see"])]

    log = run(plan(tmp_path, nodes, [edge("in", "b", condition="$number(x) > 1")]), script())

    ((step, event, error),) = run(
        plan(tmp_path, nodes, [edge("in", "b", condition="$number('x') > 1")])
    ).events
    assert (step, event) == ("in", "error")
    assert "$number('x') > 1" in str(error)
    assert log.received_by == ["in"]


# Errors


def test_an_error_is_shown_and_the_flow_continues(tmp_path: Path) -> None:
    flow = plan(
        tmp_path,
        [
            says("a", *emits(1, 2)),
            says("b", *emits(3), ["fail", "Broken", "no"]),
            says("c", ["see"]),
        ],
        chain("a", "b", "c"),
    )

    log = run(flow)

    assert [(step, event) for step, event, _ in log.events] == [
        ("a", "data"),
        ("b", "data"),
        ("c", "data"),
        ("b", "error"),
    ] * 2
    (error, _) = log.of("b", "error")
    assert (error.error_name, str(error)) == ("Broken", "no")


def test_errors_of_all_steps_go_to_the_error_handling(tmp_path: Path) -> None:
    flow = plan(
        tmp_path,
        [
            says("a", ["emit", "data", {"body": {"n": 1}}], ["fail", "Broken", "a"]),
            says("b", ["fail", "Broken", "b"]),
            says("e", ["see"], error=True),
            says("f", ["see"]),
        ],
        [
            edge("a", "b", {"m": "n"}),
            edge(
                None, "e", {"name": "error.name", "text": "error.message", "in": "errorInput.body"}
            ),
            edge("e", "f"),
        ],
    )

    log = run(flow, {**EMPTY, "body": {"o": 0}})

    assert [seen["msg"]["body"] for seen in log.bodies("e")] == [
        {"name": "Broken", "text": "b", "in": {"m": 1}},
        {"name": "Broken", "text": "a", "in": {"o": 0}},
    ]
    assert log.received_by == ["a", "b", "e", "f", "e", "f"]
    assert set(log.bodies("f")[0]["msg"]["passthrough"]) == {"e"}


def test_an_error_handler_without_a_mapper_gets_error_and_input(tmp_path: Path) -> None:
    flow = plan(
        tmp_path,
        [says("a", ["fail", "Broken", "no"]), says("e", ["see"], error=True)],
        [edge(None, "e")],
    )

    (seen,) = run(flow, {**EMPTY, "id": "m-1"}).bodies("e")

    body = seen["msg"]["body"]
    assert set(body["error"]) == {"name", "message", "stack"}
    assert (body["error"]["name"], body["error"]["message"]) == ("Broken", "no")
    assert body["errorInput"] == {**EMPTY, "id": "m-1"}


def test_an_error_in_the_error_handling_is_not_handled_again(tmp_path: Path) -> None:
    flow = plan(
        tmp_path,
        [
            says("a", ["fail", "First", "no"]),
            says("e", ["return", {"body": {}}], ["fail", "x", "y"], error=True),
            says("f", ["fail", "Second", "no"]),
        ],
        [edge(None, "e"), edge("e", "f")],
    )

    log = run(flow)

    assert log.received_by == ["a", "e", "f"]
    assert [(step, event) for step, event, _ in log.events] == [
        ("a", "error"),
        ("e", "data"),
        ("f", "error"),
    ]


def test_a_mapper_that_fails_is_an_error_of_the_step_that_it_is_for(tmp_path: Path) -> None:
    flow = plan(
        tmp_path,
        [
            says("a", ["return", {"body": {"n": "x"}}]),
            says("b", ["see"]),
            says("e", ["see"], error=True),
        ],
        [edge("a", "b", {"m": "$number(n)"}), edge(None, "e")],
    )

    log = run(flow)

    assert [(step, event) for step, event, _ in log.events] == [
        ("a", "data"),
        ("b", "error"),
        ("e", "data"),
    ]
    assert log.received_by == ["a", "b", "e"]
    assert str(log.of("b", "error")[0]).startswith("m: ")
    assert log.bodies("e")[0]["msg"]["body"]["errorInput"]["body"] == {"n": "x"}


@pytest.mark.parametrize(
    ("function", "name", "message"),
    [
        ("notJson", "UnsendableMessage", "The outgoing message is not JSON: "),
        ("returnsText", "UnsendableMessage", "got str as a message, expected an object"),
        ("unknownEvent", "InvalidEvent", "got the event 'dance', expected data or error or"),
        ("exits", "SystemExit", ""),
    ],
)
def test_what_a_handler_must_not_do_is_an_error(
    tmp_path: Path, function: str, name: str, message: str
) -> None:
    log = run(plan(tmp_path, [node("a", f"{OWN}:{function}")], []))

    errors = log.of("a", "error")
    assert getattr(errors[-1], "error_name", type(errors[-1]).__name__) == name
    assert str(errors[-1]).startswith(message)


def test_a_message_over_the_limit_is_an_error(tmp_path: Path) -> None:
    flow = plan(
        tmp_path,
        [
            says("a", *([["emit", "data", {"body": {"text": "x" * size}}] for size in (50, 500)])),
            says("b", ["return", {"body": {"text": "z" * 50}}]),
            says("c", ["see"]),
        ],
        chain("a", "b", "c"),
    )

    log = run(flow, message_size_limit=200)

    # The passthrough counts too.
    assert [(step, event) for step, event, _ in log.events] == [
        ("a", "data"),
        ("b", "error"),
        ("a", "error"),
    ]
    assert "more than the limit of 200" in str(log.of("a", "error")[0])


# Rebounds


def test_a_rebounded_message_comes_again_after_a_pause(tmp_path: Path) -> None:
    waits: list[float] = []
    fields = {"journal": str(tmp_path / "journal"), "gate": str(tmp_path)}
    nodes = [node("a", f"{OWN}:hesitates", fields=fields), says("b", ["see"])]
    edges = [edge("a", "b", {})]

    log = run(plan(tmp_path, nodes, edges), rebound_delay=0.25, sleep=waits.append)

    assert [(step, event) for step, event, _ in log.events] == [
        ("a", "rebound"),
        ("a", "data"),
        ("b", "data"),
    ]
    assert log.of("a", "rebound") == ["not yet"]
    assert waits == [0.25]
    assert log.received_by == ["a", "b"]


def test_the_rebound_limit_makes_an_error(tmp_path: Path) -> None:
    waits: list[float] = []
    flow = plan(
        tmp_path,
        [says("a", ["emit", "rebound", "busy"]), says("e", ["see"], error=True)],
        [edge(None, "e")],
    )

    log = run(flow, rebound_limit=3, rebound_delay=0.25, sleep=waits.append)

    assert log.of("a", "rebound") == ["busy"] * 3
    assert waits == [0.25] * 3
    assert log.of("a", "error") == ["Rebound limit exceeded"]
    assert log.bodies("e")[0]["msg"]["body"]["error"]["message"] == "Rebound limit exceeded"
    assert log.received_by == ["a", "e"]


# Snapshots, keys and replies


def test_a_snapshot_is_kept_for_the_next_messages(tmp_path: Path) -> None:
    flow = plan(tmp_path, [node("a"), node("b")], [edge("a", "b", {"script": "[['see']]"})])

    log = run(
        flow,
        script(["emit", "snapshot", {"n": 1, "m": 1}], ["see"]),
        script(["emit", "updateSnapshot", {"n": 2}], ["see"]),
        script(["see"]),
    )

    assert [seen["snapshot"] for seen in log.bodies("a")] == [
        {},
        {"n": 1, "m": 1},
        {"n": 2, "m": 1},
    ]
    assert [seen["snapshot"] for seen in log.bodies("b")] == [{}] * 3
    assert log.of("a", "snapshot") == [{"n": 1, "m": 1}]
    assert log.of("a", "updateSnapshot") == [{"n": 2}]


@pytest.mark.parametrize("update", [5, {"$set": {"n": 2}}])
def test_what_is_no_update_of_a_snapshot_is_ignored(tmp_path: Path, update: Any) -> None:
    flow = plan(tmp_path, [node("a")], [])

    log = run(
        flow,
        script(["emit", "snapshot", {"n": 1}], ["emit", "updateSnapshot", update]),
        script(["see"]),
    )

    assert log.of("a", "updateSnapshot") == []
    assert [seen["snapshot"] for seen in log.bodies("a")] == [{"n": 1}]


def test_new_keys_are_shown(tmp_path: Path) -> None:
    log = run(plan(tmp_path, [says("a", ["emit", "updateKeys", {"token": "t"}])], []))

    assert log.events == [("a", "updateKeys", {"token": "t"})]


REPLY = ["emit", "httpReply", {"body": "ok", "headers": {"status": 200}}]


def test_a_reply_is_shown_if_a_webhook_starts_the_flow(tmp_path: Path) -> None:
    nodes = [node("a", "elasticio/webhook:receive"), says("b", REPLY)]

    log = run(plan(tmp_path, nodes, chain("a", "b")), {**EMPTY, "method": "POST"})

    assert log.of("b", "httpReply") == [REPLY[2]]


def test_a_reply_is_an_error_if_nobody_waits_for_it(tmp_path: Path) -> None:
    log = run(plan(tmp_path, [says("a", REPLY)], []))

    ((step, event, error),) = log.events
    assert (step, event) == ("a", "error")
    assert str(error) == "httpReply: nobody waits for it, since no webhook starts this flow"


def test_a_reply_has_to_be_a_message(tmp_path: Path) -> None:
    nodes = [node("a", "elasticio/webhook:receive"), says("b", ["emit", "httpReply", "text"])]

    (error,) = run(plan(tmp_path, nodes, chain("a", "b"))).of("b", "error")

    assert str(error) == "httpReply: got str, expected an object with a body"


# Times


def test_the_time_of_a_step_does_not_include_the_steps_after_it(tmp_path: Path) -> None:
    ticks = iter(range(100))
    flow = plan(
        tmp_path,
        [says("a", *emits(1, 2)), says("b", *emits(3)), says("c")],
        chain("a", "b", "c"),
    )

    log = run(flow, clock=lambda: next(ticks))

    # The clock ticks each time somebody looks at it: at both ends of a run, and of an emit.
    assert log.times == [("c", 1000), ("b", 2000), ("c", 1000), ("b", 2000), ("a", 3000)]


# What came of it


@pytest.mark.parametrize(
    ("instructions", "handled", "status"),
    [
        ([["emit", "data", {"body": 1}]], False, 0),
        ([["emit", "rebound", "busy"]], False, 75),
        ([["emit", "rebound", "busy"]], True, 0),
        ([["emit", "error", {"name": "E", "message": "no"}]], False, 1),
        ([["emit", "error", {"name": "E", "message": "no"}]], True, 0),
        ([["emit", "rebound", "busy"], ["fail", "E", "no"]], False, 1),
        ([["fail", "E", "no"], ["emit", "rebound", "busy"]], False, 1),
    ],
)
def test_the_exit_status(
    tmp_path: Path, instructions: Sequence[Any], handled: bool, status: int
) -> None:
    nodes = [says("a", *instructions)]
    nodes += [says("e", ["see"], error=True)] if handled else []
    flow = plan(tmp_path, nodes, [edge(None, "e")] if handled else [])
    tally = Tally(flow)

    Runner(flow, {}, tally, rebound_limit=2, sleep=lambda _: None).run(EMPTY)

    assert tally.exit_status == status


def test_an_error_in_the_error_handling_counts(tmp_path: Path) -> None:
    flow = plan(
        tmp_path,
        [says("a", ["fail", "E", "no"]), says("e", ["fail", "E", "no"], error=True)],
        [edge(None, "e")],
    )
    tally = Tally(flow)

    Runner(flow, {}, tally).run(EMPTY)

    assert tally.exit_status == 1


def test_a_tally_counts_for_each_step(tmp_path: Path) -> None:
    flow = plan(
        tmp_path,
        [
            says("a", *emits(1, 2)),
            says("b", ["emit", "rebound", "busy"], ["emit", "snapshot", {}]),
        ],
        chain("a", "b"),
    )
    ticks = iter(range(10_000))
    tally = Tally(flow)

    options: dict[str, Any] = {"rebound_limit": 2, "sleep": lambda _: None}
    Runner(flow, {}, tally, clock=lambda: next(ticks), **options).run(EMPTY)

    a, b = tally.steps.values()
    assert (a.received, a.emitted, a.errors, a.rebounds) == (1, 2, 0, 0)
    assert (b.received, b.emitted, b.errors, b.rebounds) == (2, 0, 2, 4)
    assert (a.milliseconds, b.milliseconds) == (3000, 18000)
