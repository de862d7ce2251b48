"""Redis away for a while: nothing is lost, it is told once, and leaving does not wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.waiting import eventually

if TYPE_CHECKING:
    from tests.subscriber.conftest import Scene


def test_an_outage_of_redis_loses_nothing_and_is_told_once(scene: Scene) -> None:
    with scene.subscribing():
        order_ids = scene.publish_new(5)
        scene.all_queued(order_ids)
        scene.gate.close()
        order_ids += scene.publish_new(5)
        scene.soon_told("redis.away")
        refused = scene.gate.refused
        eventually(lambda: scene.gate.refused > refused + 2, what="it was tried several times")
        scene.gate.open()
        scene.all_queued(order_ids)
        scene.soon_told("redis.back")
    assert scene.queued() == order_ids
    assert [log["log_level"] for log in scene.told("redis.away")] == ["warning"]
    assert [log["log_level"] for log in scene.told("redis.back")] == ["info"]
    assert len(scene.openings) == 1, "the stream is no worse for it"


def test_a_redis_that_is_away_at_the_start_is_waited_for_with_one_login(scene: Scene) -> None:
    order_ids = scene.publish_new(3)
    scene.gate.close()
    with scene.subscribing():
        scene.soon_told("redis.away")
        refused = scene.gate.refused
        eventually(lambda: scene.gate.refused > refused + 2, what="it was tried several times")
        assert scene.openings == []
        scene.gate.open()
        scene.all_queued(order_ids)
    assert scene.box.org.sessions.logins == 1
    assert len(scene.told("redis.away")) == 1


def test_an_outage_that_outlasts_the_lease_loses_nothing(scene: Scene) -> None:
    with scene.subscribing():
        order_ids = scene.publish_new(5)
        scene.all_queued(order_ids)
        scene.gate.close()
        order_ids += scene.publish_new(5)
        scene.soon_told("redis.away")
        scene.store.delete(*scene.store.keys("provision:lease:*"))
        scene.gate.open()
        scene.all_queued(order_ids)
    assert scene.queued() == order_ids


def test_two_outages_are_two_warnings(scene: Scene) -> None:
    with scene.subscribing():
        order_ids = []
        for count in (1, 2):
            scene.gate.close()
            order_ids += scene.publish_new(1)
            eventually(lambda: len(scene.told("redis.away")) == count, what="it was told")  # noqa: B023
            scene.gate.open()
            scene.all_queued(order_ids)
            eventually(lambda: len(scene.told("redis.back")) == count, what="it was told")  # noqa: B023


def test_a_redis_that_refuses_to_write_is_waited_for(scene: Scene) -> None:
    """A full store answers with errors: the order is neither enqueued nor passed."""
    scene.store.config_set("maxmemory", "1")
    try:
        order_ids = scene.publish_new(2)
        with scene.subscribing():
            scene.soon_told("redis.away")
            assert scene.queued() == []
            assert scene.position() is None
            scene.store.config_set("maxmemory", "0")
            scene.all_queued(order_ids)
    finally:
        scene.store.config_set("maxmemory", "0")


@pytest.mark.parametrize("at", ["the start", "work"])
def test_leaving_does_not_wait_for_a_redis_that_is_away(scene: Scene, at: str) -> None:
    if at == "the start":
        scene.gate.close()
    with scene.subscribing():
        if at == "work":
            eventually(lambda: scene.bus.streams, what="the stream is open")
            scene.gate.close()
            scene.publish_new(1)
        scene.soon_told("redis.away")
    assert scene.told("subscriber.left_unstored", log_level="warning")
    assert scene.position() is None
    eventually(lambda: not scene.bus.streams, what="the stream was let go")


def test_what_was_not_stored_when_we_left_comes_again(scene: Scene) -> None:
    with scene.subscribing():
        eventually(lambda: scene.bus.streams, what="the stream is open")
        scene.gate.close()
        order_ids = scene.publish_new(7)
        scene.soon_told("redis.away")
    scene.gate.open()
    with scene.subscribing():
        scene.all_queued(order_ids)
    assert scene.queued() == order_ids


def test_when_asked_to_leave_what_came_is_stored_first(scene: Scene) -> None:
    scene.set_timing(keepalive_s=0.05)
    with scene.subscribing() as subscriber:
        eventually(scene.position, what="Redis was reached")
        scene.gate.hold()
        order_ids = scene.publish_new(90)
        eventually(lambda: scene.bus.delivered == 90, what="all were delivered")
        eventually(lambda: scene.gate.held, what="Redis was asked")
        subscriber.stop()
        scene.gate.open()
    assert len(scene.queued()) >= 1
    assert scene.queued() == order_ids[: len(scene.queued())]
    with scene.subscribing():
        scene.all_queued(order_ids)
