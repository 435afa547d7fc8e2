"""Connections break in every way; no message is lost for it, and no handler runs twice.

A ``journal`` has a line for each time that a handler started; a ``gate`` is a file that the
handler waits for, so that faults come in the middle of its work.
"""

import signal
import socket
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lib.platform import Flow, PrivateBroker, Runtime, until
from tests.support.amqp_proxy import AmqpProxy
from tests.support.steps import Starter, script


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    return tmp_path / "gate"


def runs(journal: Path) -> list[str]:
    """Return the labels of the messages whose handlers were started, in that order."""
    return journal.read_text().splitlines() if journal.exists() else []


def begin(flow: Flow, start: Starter, journal: Path, gate: Path, **settings: Any) -> Runtime:
    """Start a step, and return when its handler has a message and waits at the gate."""
    flow.configure("step_1", config={"journal": str(journal)})
    runtime = start(flow, **settings)
    flow.publish(script(["wait", str(gate)], ["return", {"body": "done"}], label="held"))
    until(lambda: runs(journal), "the handler is at work")
    return runtime


def end_well(flow: Flow, runtime: Runtime, journal: Path) -> None:
    """Check that the held message, and one after it, came out once and are settled."""
    assert flow.take_one(flow.output).body == "done"
    flow.publish(script(["return", {"body": "next"}], label="next"))
    assert flow.take_one(flow.output).body == "next"
    assert runtime.stop() == 0
    assert runs(journal) == ["held", "next"]
    assert [flow.depth(queue) for queue in flow.queues] == [0] * len(flow.queues)


@pytest.mark.parametrize("ending", ["-read", "-write", ""])
def test_connections_that_the_broker_closes_cost_nothing(
    private_flow: Flow,
    private_broker: PrivateBroker,
    start: Starter,
    journal: Path,
    gate: Path,
    ending: str,
) -> None:
    # Given a message in process, and a connection for each direction
    runtime = begin(private_flow, start, journal, gate)
    names = [f"{socket.gethostname()}-read", f"{socket.gethostname()}-write"]
    assert private_broker.connection_names() == names

    # When the broker closes the consumer's connection, the publisher's, or both
    assert private_broker.close_connections(ending) == (1 if ending else 2)
    until(lambda: private_broker.connection_names() == names, "the runtime is back")
    private_flow.until_consumed()

    # Then the handler ran once, its output is there once, and the queue is empty
    gate.touch()
    end_well(private_flow, runtime, journal)


@pytest.mark.parametrize("ending", ["-read", "-write", ""])
def test_connections_that_break_cost_nothing(
    proxied_flow: Flow, proxy: AmqpProxy, start: Starter, journal: Path, gate: Path, ending: str
) -> None:
    runtime = begin(proxied_flow, start, journal, gate)
    before = proxy.accepted
    cut = proxy.cut(ending)
    assert cut == (1 if ending else 2)
    until(lambda: proxy.accepted == before + cut, "the runtime is back")
    proxied_flow.until_consumed()
    gate.touch()
    end_well(proxied_flow, runtime, journal)


@pytest.mark.parametrize("output", [True, False], ids=["with output", "without output"])
def test_a_handler_that_ends_while_the_broker_is_away_is_settled_when_it_is_back(
    proxied_flow: Flow, proxy: AmqpProxy, start: Starter, journal: Path, gate: Path, output: bool
) -> None:
    # Given a message in process
    flow = proxied_flow
    flow.configure("step_1", config={"journal": str(journal)})
    runtime = start(flow)
    emission = [["return", {"body": "done"}]] if output else []
    held = script(["wait", str(gate)], ["log", "the handler ends"], *emission, label="held")
    flow.publish(held)
    until(lambda: runs(journal), "the handler is at work")

    # When the broker goes away, and the handler ends meanwhile
    proxy.down()
    flow.until_consumed(by=0)  # the broker has noticed
    gate.touch()
    runtime.until_logged("the handler ends")
    proxy.up()

    # Then its message is settled without a second run
    flow.until_consumed()
    flow.publish(script(["return", {"body": "next"}], label="next"))
    expected = ["done", "next"] if output else ["next"]
    assert [received.body for received in flow.take(flow.output, len(expected))] == expected
    assert runtime.stop() == 0
    assert runs(journal) == ["held", "next"]
    assert [flow.depth(queue) for queue in flow.queues] == [0] * len(flow.queues)


def test_an_error_while_the_consumer_is_away_is_rejected_when_it_is_back(
    proxied_flow: Flow, proxy: AmqpProxy, start: Starter, journal: Path, gate: Path
) -> None:
    flow = proxied_flow
    flow.configure("step_1", config={"journal": str(journal)})
    runtime = start(flow)
    flow.publish(script(["wait", str(gate)], ["fail", "OopsError", "late"], label="held"))
    until(lambda: runs(journal), "the handler is at work")
    proxy.cut("-read")
    flow.until_consumed(by=0)
    gate.touch()
    assert flow.take_one(flow.step.errors).error["message"] == "late"
    assert flow.take_one(flow.step.rejected).redelivered is False
    assert runtime.stop() == 0
    assert runs(journal) == ["held"]
    assert [flow.depth(queue) for queue in flow.queues] == [0] * len(flow.queues)


def test_a_step_that_is_told_to_stop_while_the_broker_is_away_ends(
    proxied_flow: Flow, proxy: AmqpProxy, start: Starter
) -> None:
    runtime = start(proxied_flow)
    proxy.down()
    runtime.until_logged("next attempt")
    assert runtime.stop() == 0


def test_a_step_that_stops_while_the_broker_is_away_comes_back_for_what_it_had_alone(
    proxied_flow: Flow, proxy: AmqpProxy, start: Starter, journal: Path, gate: Path
) -> None:
    # Given a message in process, one that waits, and a broker that is away
    flow = proxied_flow
    runtime = begin(flow, start, journal, gate, RABBITMQ_PREFETCH_SAILOR=2)
    proxy.down()
    flow.until_consumed(by=0)  # the broker has noticed
    flow.publish(script(["return", {"body": "another's"}], label="another's"))

    # When the step is told to stop, and the broker comes back
    runtime.signal(signal.SIGTERM)
    runtime.until_logged("Shutting down")
    proxy.up()
    runtime.until_logged("was redelivered")
    gate.touch()

    # Then the step ends with its message, and leaves the other one
    assert runtime.wait() == 0
    assert flow.take_one(flow.output).body == "done"
    assert runs(journal) == ["held"]
    assert flow.depth(flow.step.input) == 1


def test_a_publish_that_never_reaches_the_broker_is_published_again(
    proxied_flow: Flow, proxy: AmqpProxy, start: Starter, journal: Path, gate: Path
) -> None:
    runtime = begin(proxied_flow, start, journal, gate, AMQP_PUBLISH_CONFIRM_TIMEOUT=500)
    proxy.lose_publishes(1)
    gate.touch()
    end_well(proxied_flow, runtime, journal)
    assert proxy.lost_publishes == 1


def test_a_confirm_that_never_comes_is_a_fault_after_its_time(
    proxied_flow: Flow, proxy: AmqpProxy, start: Starter, journal: Path, gate: Path
) -> None:
    # Given a message in process
    flow = proxied_flow
    runtime = begin(flow, start, journal, gate, AMQP_PUBLISH_CONFIRM_TIMEOUT=500)

    # When the broker gets its output, and the confirm is lost
    proxy.lose_confirms(1)
    gate.touch()

    # Then it is published once more: it may have been lost as well
    assert [received.body for received in flow.take(flow.output, 2)] == ["done", "done"]
    assert proxy.lost_confirms == 1
    flow.publish(script(["return", {"body": "next"}], label="next"))
    assert flow.take_one(flow.output).body == "next"
    assert runtime.stop() == 0
    assert runs(journal) == ["held", "next"]
    assert [flow.depth(queue) for queue in flow.queues] == [0] * len(flow.queues)


def test_an_ack_that_is_lost_is_given_again_without_a_second_run(
    proxied_flow: Flow, proxy: AmqpProxy, start: Starter, journal: Path, gate: Path
) -> None:
    # Given a message whose output is published, and whose ack never reached the broker
    flow = proxied_flow
    runtime = begin(flow, start, journal, gate)
    proxy.lose_acks(1)
    gate.touch()
    until(lambda: proxy.lost_acks, "the ack is lost")

    # When the connection breaks, and the message comes again
    proxy.cut("-read")

    # Then it is acked, and that is all
    end_well(flow, runtime, journal)


@pytest.mark.parametrize("dies", [True, False], ids=["and dies", "and ends"])
def test_a_rebounded_message_is_another_than_the_one_that_was_acked_before(
    proxied_flow: Flow, proxy: AmqpProxy, start: Starter, journal: Path, gate: Path, dies: bool
) -> None:
    # Given a message that was rebounded once, and is in process again
    flow = proxied_flow
    flow.configure("step_1", config={"journal": str(journal), "gate": str(gate)})
    settings: dict[str, Any] = {
        "COMPONENT_PATH": "tests/sailor/components/own",
        "REBOUND_INITIAL_EXPIRATION": 50,
    }
    runtime = start(flow, "hesitates", **settings)
    flow.publish({"body": {}})
    until(lambda: runs(journal) == ["first", "again"], "the message is in process again")

    # When its connection breaks, so that it is delivered once more
    proxy.cut("-read")
    flow.until_consumed(by=0)
    flow.until_consumed()
    runtime.until_logged("was redelivered")

    # Then it is not settled before its handler has ended, even if the process dies over it
    if dies:
        runtime.kill()
        until(lambda: flow.depth(flow.step.input) == 1, "the message is back", within=5)
        return
    gate.touch()
    assert flow.take_one(flow.output).body == "done"
    assert runtime.stop() == 0
    assert "did not come again" not in runtime.output
    assert runs(journal) == ["first", "again"]
    assert [flow.depth(queue) for queue in flow.queues] == [0] * len(flow.queues)


def test_heartbeats_stay_alive_while_a_handler_computes(
    proxied_flow: Flow, proxy: AmqpProxy, start: Starter, journal: Path
) -> None:
    # Given a connection that the broker closes after two seconds without a sign of life
    flow = proxied_flow
    flow.configure("step_1", config={"journal": str(journal)})
    runtime = start(
        flow,
        "busy",
        COMPONENT_PATH="tests/sailor/components/own",
        AMQP_URI=f"{flow.entry.uri}?heartbeat=1",
    )

    # When a handler works for longer, and never waits
    flow.publish({"body": {"seconds": 4}})
    assert flow.take_one(flow.output).body == "done"

    # Then the connections are the same as before
    assert runtime.stop() == 0
    assert proxy.accepted == 2
    assert runs(journal) == ["busy"]
    assert flow.depth(flow.step.input) == 0


def test_a_queue_that_is_made_anew_is_consumed_again(flow: Flow, start: Starter) -> None:
    # Given a step whose queue is deleted, which cancels its consumer
    runtime = start(flow)
    with flow.broker.channel() as channel:
        channel.queue_delete(flow.step.input)
    runtime.until_logged("cancel")

    # When the queue is there again
    flow.declare()

    # Then the step works on
    flow.until_consumed()
    flow.publish(script(["return", {"body": "on"}]))
    assert flow.take_one(flow.output).body == "on"
    assert runtime.stop() == 0


def test_an_exchange_that_is_missing_for_a_while_loses_nothing(
    flow: Flow, start: Starter, journal: Path, gate: Path
) -> None:
    # Given a message in process, and an exchange that is gone: publishing closes the channel
    runtime = begin(flow, start, journal, gate)
    with flow.broker.channel() as channel:
        channel.exchange_delete(flow.exchange)
    gate.touch()
    runtime.until_logged("NOT_FOUND")

    # When it is there again
    flow.declare()

    # Then the output arrives
    end_well(flow, runtime, journal)


def test_an_output_without_a_queue_waits_for_one(flow: Flow, start: Starter, journal: Path) -> None:
    # Given a step whose output has nowhere to go
    flow.configure("step_1", config={"journal": str(journal)})
    place = (flow.elsewhere, flow.exchange, flow.elsewhere)
    with flow.broker.channel() as channel:
        channel.queue_unbind(*place)
    runtime = start(flow, DATA_ROUTING_KEY=flow.elsewhere, AMQP_PUBLISH_MAX_RETRY_DELAY=200)
    flow.publish(script(["return", {"body": "patient"}], label="held"))
    runtime.until_logged("NO_ROUTE")

    # When a queue is bound
    with flow.broker.channel() as channel:
        channel.queue_bind(*place)

    # Then it is there, once, and its input is settled
    assert flow.take_one(flow.elsewhere).body == "patient"
    assert runtime.stop() == 0
    assert runs(journal) == ["held"]
    assert [flow.depth(queue) for queue in flow.queues] == [0] * len(flow.queues)


def test_what_has_no_queue_never_costs_its_input(flow: Flow, start: Starter) -> None:
    # Given a step whose bindings are all missing, and that has a message for each of them
    runtime = start(
        flow,
        DATA_ROUTING_KEY="nowhere-1",
        ERROR_ROUTING_KEY="nowhere-2",
        REBOUND_ROUTING_KEY="nowhere-3",
        SNAPSHOT_ROUTING_KEY="nowhere-4",
        AMQP_PUBLISH_MAX_RETRY_DELAY=200,
        RABBITMQ_PREFETCH_SAILOR=4,
    )
    flow.publish(script(["return", {"body": "data"}]))
    flow.publish(script(["fail", "OopsError", "error"]))
    flow.publish(script(["emit", "rebound", "rebound"]))
    flow.publish(script(["emit", "snapshot", {"a": 1}]))
    for key in ("nowhere-1", "nowhere-2", "nowhere-3", "nowhere-4"):
        runtime.until_logged(f"'{key}' failed: 312 NO_ROUTE")

    # When the step is told to stop
    runtime.stop(within=60)

    # Then all of them are there for the next
    assert flow.depth(flow.step.input) == 4


def test_attempts_to_publish_end_where_the_settings_say(flow: Flow, start: Starter) -> None:
    runtime = start(
        flow,
        DATA_ROUTING_KEY="nowhere",
        AMQP_PUBLISH_RETRY_ATTEMPTS=3,
        AMQP_PUBLISH_RETRY_DELAY=10,
    )
    flow.publish(script(["return", {"body": "lost?"}]))
    assert "nowhere" in flow.take_one(flow.step.errors).error["message"]
    assert flow.take_one(flow.step.rejected).body["script"] == [["return", {"body": "lost?"}]]
    assert runtime.stop() == 0


def test_a_memory_alarm_holds_what_is_published_and_nothing_else(
    private_flow: Flow,
    private_broker: PrivateBroker,
    start: Starter,
    tmp_path: Path,
    journal: Path,
    gate: Path,
) -> None:
    # Given a message in process that will have an output, and one that will have none
    flow = private_flow
    runtime = begin(
        flow, start, journal, gate, AMQP_PUBLISH_CONFIRM_TIMEOUT=1000, RABBITMQ_PREFETCH_SAILOR=2
    )
    silent_gate = tmp_path / "silent-gate"
    flow.publish(script(["wait", str(silent_gate)], label="silent"))
    until(lambda: len(runs(journal)) == 2, "both are in process")

    # When the broker has no memory left, and both handlers end
    private_broker.raise_memory_alarm()
    try:
        gate.touch()
        runtime.until_logged("memory")
        silent_gate.touch()

        # Then the silent one is settled, and the output waits, for longer than a confirm may take
        until(lambda: private_broker.unacknowledged(flow.step.input) == 1, "one is settled")
        time.sleep(1.5)
        assert flow.depth(flow.output) == 0
    finally:
        private_broker.clear_memory_alarm()

    # And all goes on when the broker is well again
    assert flow.take_one(flow.output).body == "done"
    assert runtime.stop() == 0
    assert runs(journal) == ["held", "silent"]
    assert [flow.depth(queue) for queue in flow.queues] == [0] * len(flow.queues)


# ---- the broker itself


def load(flow: Flow, count: int) -> list[str]:
    """Put durable messages into the flow, and return their labels."""
    labels = [f"m{n}" for n in range(count)]
    flow.publish_all(
        (script(["return", {"body": label}], label=label) for label in labels), delivery_mode=2
    )
    return labels


def until_output(flow: Flow, count: int) -> None:
    until(lambda: flow.depth(flow.output) >= count, f"{count} outputs", within=60, every=0.05)


def settled(flow: Flow, runtime: Runtime, every: Callable[[], bool]) -> Counter[str]:
    """Wait for the last output, stop the step, and count each output."""
    until(every, "all outputs", within=60, every=0.2)
    assert runtime.stop() == 0
    assert flow.depth(flow.step.input) == 0
    return Counter(received.body for received in flow.drain(flow.output))


LOAD: dict[str, Any] = {
    "RABBITMQ_PREFETCH_SAILOR": 10,
    "AMQP_PERSISTENT_MESSAGES": "true",
    "DATA_RATE_LIMIT": 20,
}


def test_a_restart_of_the_broker_under_load_loses_nothing(
    private_flow: Flow, private_broker: PrivateBroker, start: Starter, journal: Path
) -> None:
    # Given 1,000 durable messages, of which a part is through
    flow = private_flow
    flow.configure("step_1", config={"journal": str(journal)})
    labels = load(flow, 1000)
    runtime = start(flow, **LOAD)
    until_output(flow, 200)

    # When the broker is restarted
    private_broker.restart()

    # Then all come through; twice at most what was in flight, and what a broker that ends forgets:
    # acks that it had received and not yet written down
    count = settled(flow, runtime, lambda: set(labels) <= set(runs(journal)))
    assert set(count) == set(labels)
    assert set(runs(journal)) == set(labels)
    assert max(count.values()) <= 2
    assert count.total() <= 1000 + 100


def test_a_broker_that_is_away_for_eight_seconds_is_waited_for(
    private_flow: Flow, private_broker: PrivateBroker, start: Starter, journal: Path, gate: Path
) -> None:
    # Given a message in process, and one that waits
    flow = private_flow
    flow.configure("step_1", config={"journal": str(journal)})
    runtime = start(flow, AMQP_PERSISTENT_MESSAGES="true")
    held = script(["wait", str(gate)], ["return", {"body": "held"}], label="held")
    flow.publish(held, delivery_mode=2)
    until(lambda: runs(journal), "the handler is at work")
    flow.publish(script(["return", {"body": "waiting"}], label="waiting"), delivery_mode=2)

    # When the broker is killed and comes back after 8 seconds; the handler ends meanwhile
    private_broker.kill()
    gate.touch()
    busy = runtime.cpu_seconds
    time.sleep(8)
    busy = runtime.cpu_seconds - busy
    private_broker.start()

    # Then all come through, once
    count = settled(flow, runtime, lambda: flow.depth(flow.output) == 2)
    assert count == Counter(["held", "waiting"])
    assert runs(journal) == ["held", "waiting"]
    assert busy < 2  # seconds: it waited, it did not spin
