"""A stage run: what its message must hold, where an unreadable one leads, what its log lines and its story tell."""

import time
from collections.abc import Callable
from typing import Any

import dramatiq
import pytest
import redis

from actors.check_payment import check_payment
from actors.stage_end import StageEnd, as_job
from actors.stage_run import _waited_s
from actors.validate_order import validate_order
from actors.values import OrderRequest
from clients.ledger.values import Admission, Request
from sandbox.faults import Fault
from sandbox.samples import PlacedSample
from tests.actors.conftest import LogLines
from tests.support.stack import Stack
from tests.support.waiting import eventually

RUN = "run-made-by-hand"
BOUND = ("order_id", "stage", "attempt", "event_id", "run_id")
MakeMessage = Callable[[OrderRequest], dramatiq.Message[Any]]


def _run(stack: Stack, make: MakeMessage) -> PlacedSample:
    """Run a new order that begins with a message made by hand, to its end."""
    sample = stack.place("plain_monthly")
    now = stack.assembly.clients.clock.now()
    value = OrderRequest(order_id=sample.order_id, run_id=RUN, requested_at=now, source="event", event_id="event-1")
    job = as_job(StageEnd(following=make(value)))
    assert job is not None
    assert stack.ledger.admit([Request(sample.order_id, RUN, "event", now, job)]) == [Admission.ENQUEUED]
    stack.ended(sample.order_id)
    return sample


def _outcomes(stack: Stack, sample: PlacedSample) -> list[tuple[object, object]]:
    """Return the story without its retries: on a busy machine the short windows of the tests may be missed."""
    history = stack.ledger.remember(sample.order_id).history
    return [(entry["stage"], entry["outcome"]) for entry in history if entry["outcome"] != "retry"]


FROM_THE_TOP = [
    ("validate-order", "passed"),
    ("check-payment", "passed"),
    ("map-items", "passed"),
    ("add-order", "passed"),
    ("accept-order", "passed"),
    ("write-back", "activated"),
]


def test_a_value_that_todays_models_cannot_read_starts_the_order_from_the_top(stack: Stack, logs: LogLines) -> None:
    def of_another_version(request: OrderRequest) -> dramatiq.Message[Any]:
        data = request.model_dump(mode="json") | {"client": "a field that was renamed since"}
        return check_payment.message().copy(args=(data,))

    sample = _run(stack, of_another_version)
    assert _outcomes(stack, sample) == [("request", "event"), *FROM_THE_TOP]
    assert stack.order(sample.order_id)["Activation_Status__c"] == "Activated"
    [warning] = [line for line in logs if line["event"] == "stage.value_unreadable"]
    assert (warning["order_id"], warning["run_id"], warning["stage"]) == (sample.order_id, RUN, "check-payment")


def test_the_run_keeps_its_id_its_event_and_the_time_of_its_request(stack: Stack, logs: LogLines) -> None:
    """So that its deadline does not begin anew each time a version changes."""
    _run(stack, lambda value: check_payment.message().copy(args=(value.model_dump(mode="json") | {"other": 1},)))
    told = {(line["run_id"], line["event_id"]) for line in logs if line["event"] == "stage.finished"}
    assert told == {(RUN, "event-1")}


@pytest.mark.parametrize("data", [{"nonsense": 1}, "no mapping at all", None])
def test_a_message_that_names_no_order_ends_in_the_dead_letters_and_is_told(
    stack: Stack, logs: LogLines, data: object
) -> None:
    stack.assembly.broker.enqueue(check_payment.message().copy(args=(data,)))
    with redis.Redis.from_url(stack.settings.redis_url.get_secret_value()) as store:
        eventually(lambda: store.zcard("dramatiq:check-payment.XQ"), what="it is among the dead letters")
        assert store.hlen("dramatiq:check-payment.msgs") == 0
    assert ("error", "stage.broke_down") in [(line["log_level"], line["event"]) for line in logs]


def test_a_message_that_says_no_next_stage_starts_the_order_from_the_top(stack: Stack) -> None:
    sample = _run(stack, validate_order.message)
    assert _outcomes(stack, sample) == [("request", "event"), FROM_THE_TOP[0], *FROM_THE_TOP]
    assert not stack.box.audit().findings


def test_every_line_that_a_stage_logs_tells_whose_it_is(stack: Stack, logs: LogLines) -> None:
    stack.box.faults.add(Fault("whmcs.GetPayMethods", "http_503", times=1))
    sample = stack.place("plain_monthly")
    stack.request(sample.event_order_id, event_id="event-1")
    stack.ended(sample.order_id)
    lines = [line for line in logs if str(line["event"]).startswith("stage.")]
    assert {"stage.finished", "stage.verdict"} <= {str(line["event"]) for line in lines}
    for line in lines:
        assert set(BOUND) <= set(line), line
    assert {(line["order_id"], line["event_id"]) for line in lines} == {(sample.order_id, "event-1")}
    assert {line["attempt"] for line in lines if line["stage"] == "check-payment"} == {1, 2}


def test_an_outage_is_one_warning_however_many_orders_are_in_doubt_because_of_it(stack: Stack, logs: LogLines) -> None:
    stack.box.faults.add(Fault("whmcs.AddOrder", "http_503"))
    samples = [stack.place("plain_monthly") for _ in range(6)]
    for sample in samples:
        stack.request(sample.order_id)
    eventually(lambda: stack.ledger.troubles.paused("add-order"), what="the stage was held back")
    stack.box.faults.clear()
    for sample in samples:
        stack.ended(sample.order_id)
    loud = [line["event"] for line in logs if line["log_level"] in {"warning", "error"}]
    # Only one action is away here: an answer to another one may end the outage, and the next failure begin it anew.
    assert set(loud) == {"system.went_away"}
    assert len(loud) <= len(samples) // 3


def test_a_retry_has_waited_only_since_it_was_due(stack: Stack) -> None:
    stack.box.faults.add(Fault("whmcs.GetPayMethods", "throttle", times=1, value=2))
    sample = stack.run("plain_monthly")
    first, second = [
        entry for entry in stack.ledger.remember(sample.order_id).history if entry["stage"] == "check-payment"
    ]
    assert (first["outcome"], second["attempt"]) == ("retry", 2)
    assert float(str(first["wait_s"])) >= 2
    assert float(str(second.get("waited_s", 0))) < float(str(first["wait_s"]))


def test_waiting_counts_from_the_due_time_or_else_from_the_enqueueing() -> None:
    now_ms = time.time() * 1000
    assert _waited_s({"enqueued_at": now_ms - 100_000, "due_at": now_ms - 5_000}) == pytest.approx(5, abs=1)
    assert _waited_s({"enqueued_at": now_ms - 7_000}) == pytest.approx(7, abs=1)
    assert _waited_s({"due_at": now_ms + 60_000}) == 0
    assert _waited_s({}) == 0
