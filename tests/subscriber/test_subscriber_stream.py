"""The stream: credit apart from processing, silence found out, every end followed by a new beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pipeline.stream import Stream, StreamLimits
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from tests.subscriber.conftest import Scene


def test_more_events_than_any_credit_arrive_and_never_more_than_100_are_on_their_way(scene: Scene) -> None:
    order_ids = scene.publish_new(250)
    with scene.subscribing():
        scene.all_queued(order_ids)
        scene.break_stream()
        order_ids += scene.publish_new(120)
        scene.all_queued(order_ids)
    assert scene.bus.most_credit == 100


def test_processing_that_is_blocked_ends_no_stream_and_starves_none(scene: Scene) -> None:
    scene.set_timing(no_credit_s=1.0, keepalive_s=0.05)
    with scene.subscribing():
        eventually(scene.position, what="Redis was reached")
        scene.gate.hold()
        order_ids = scene.publish_new(350)
        eventually(lambda: scene.bus.delivered == 350, what="all were delivered while Redis said nothing")
        tip = scene.bus.tip()
        eventually(lambda: scene.bus.tip() > tip + 2500, what="signs of life go on coming")
        assert scene.gate.held
        assert scene.queued() == []
        scene.gate.open()
        scene.all_queued(order_ids)
    assert len(scene.openings) == 1


def test_an_unstored_backlog_is_bounded_and_then_the_stream_goes_on(scene: Scene) -> None:
    scene.limits = {"backlog_bytes": 50_000}
    with scene.subscribing():
        eventually(lambda: scene.bus.streams, what="the stream is open")
        scene.gate.close()
        order_ids = scene.publish_new(400)
        eventually(lambda: [stream.credit for stream in scene.bus.streams] == [0], what="the credit ran out")
        # 50 kB are about 45 events; beside them there is what was asked for before the limit was reached.
        assert scene.bus.delivered <= 150
        scene.gate.open()
        scene.all_queued(order_ids)
    assert scene.bus.most_credit == 100


def test_a_stream_that_the_server_closes_for_want_of_credit_loses_nothing(scene: Scene) -> None:
    scene.limits = {"backlog_bytes": 20_000}
    scene.set_timing(no_credit_s=0.1)
    with scene.subscribing():
        eventually(lambda: scene.bus.streams, what="the stream is open")
        scene.gate.close()
        order_ids = scene.publish_new(300)
        eventually(lambda: not scene.bus.streams, what="the server ended the stream")
        scene.gate.open()
        scene.all_queued(order_ids)
    assert scene.queued() == order_ids


@pytest.mark.parametrize("when", ["from the start", "later"])
def test_a_stream_that_falls_silent_is_replaced_and_nothing_is_lost(scene: Scene, when: str) -> None:
    scene.limits = {"silence_s": 0.5}
    scene.set_timing(keepalive_s=0.05)
    if when == "from the start":
        scene.fault("pubsub.Subscribe", "silent", times=1)
    with scene.subscribing():
        eventually(lambda: scene.bus.streams, what="the stream is open")
        if when == "later":
            eventually(scene.position, what="a sign of life came")
            scene.bus.strike("silent")
            eventually(lambda: all(each.is_silent for each in scene.bus.streams), what="the stream is silent")
        order_ids = scene.publish_new(3)
        scene.all_queued(order_ids)
        [told] = scene.told("stream.ended")
        assert "not even a sign of life" in told["detail"]
        eventually(lambda: len(scene.bus.streams) == 1, what="the silent stream was let go")
    first, second = scene.openings
    assert first.peer != second.peer


def test_signs_of_life_keep_a_stream_without_events(scene: Scene) -> None:
    scene.limits = {"silence_s": 0.8}
    scene.set_timing(keepalive_s=0.08)
    with scene.subscribing():
        tip = scene.bus.tip()
        eventually(lambda: scene.bus.tip() > tip + 6000, what="about 13 signs of life came")
    assert not scene.told("stream.ended")


def test_every_stream_has_a_channel_and_a_token_of_its_own(scene: Scene) -> None:
    with scene.subscribing():
        for kind in ("cut", "unavailable", "auth_error"):
            scene.break_stream(kind)
    assert len({opening.peer for opening in scene.openings}) == 4
    assert len({opening.token for opening in scene.openings}) == 4


def test_a_server_that_ends_the_stream_politely_is_asked_again(scene: Scene) -> None:
    """A half-closed call looks to the server like one that is done: that is how this one ends without an error."""
    with scene.subscribing():
        eventually(lambda: scene.bus.streams, what="the stream is open")
        scene.box.call(lambda: _end_politely(next(iter(scene.bus.streams))))
        eventually(lambda: len(scene.openings) == 2, what="the next stream was opened")
        scene.all_queued(scene.publish_new(1))
    assert scene.told("stream.ended", reason="OK", log_level="warning")


def test_what_a_subscription_raises_is_raised_where_the_stream_is_used() -> None:
    """A fault of ours in the reading thread must not look like an end that we wanted: that would be a tight loop."""
    stream = Stream(_Anything(), _Failing(), StreamLimits())  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="a bug"):
        stream.next(timeout_s=5)
    stream.close()


def test_deliveries_are_handed_out_before_the_end_is_told(scene: Scene) -> None:
    order_ids = scene.publish_new(20)
    scene.fault("pubsub.Subscribe", "cut", times=1, value=3)
    scene.box.call(lambda: setattr(scene.bus, "largest_batch", 2))
    with scene.subscribing():
        scene.all_queued(order_ids)
    assert scene.queued() == order_ids
    assert scene.openings[1].first.replay_id


def _end_politely(stream: Any) -> None:
    stream.pending.is_closed = True
    stream.wake()


class _Anything:
    def close(self) -> None:
        """Nothing is open."""


class _Failing:
    credit = 100

    def __iter__(self) -> _Failing:
        return self

    def __next__(self) -> None:
        raise RuntimeError("a bug")

    def cancel(self) -> None:
        """Nothing runs."""
