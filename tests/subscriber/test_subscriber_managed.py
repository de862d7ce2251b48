"""A managed subscription: Salesforce keeps the position, moved by commits behind what is stored."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pipeline.stream import StreamLimits
from pipeline.subscriber import Limits
from sandbox.salesforce.org import TOPIC
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.salesforce.managed import ManagedSubscription
    from tests.subscriber.conftest import Scene

# Time for a polite end, in which the last commit still counts.
POLITE = Limits(stream=StreamLimits(), look_up_s=0.5, second_s=0.001)


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    return make_scene(SF_PUBSUB_SUBSCRIPTION="Provisioning")


@pytest.fixture
def managed(scene: Scene) -> ManagedSubscription:
    return scene.box.call(lambda: scene.bus.add_managed("Provisioning", TOPIC, default_replay="EARLIEST"))


def committed(managed: ManagedSubscription, position: bytes) -> None:
    eventually(lambda: managed.committed == position, what=f"{position.hex()} was committed")


def test_what_is_stored_is_committed_and_no_position_is_kept_in_redis(
    scene: Scene, managed: ManagedSubscription
) -> None:
    order_ids = scene.new_ids(150)
    positions = scene.publish(order_ids)
    with scene.subscribing():
        committed(managed, positions[-1])
    assert scene.queued() == order_ids
    assert scene.position() is None
    assert {opening.rpc for opening in scene.openings} == {"ManagedSubscribe"}
    assert not scene.told("stream.commit_refused")


def test_nothing_is_committed_before_it_is_stored(scene: Scene, managed: ManagedSubscription) -> None:
    with scene.subscribing():
        eventually(lambda: scene.bus.streams, what="the stream is open")
        scene.gate.hold()
        [position] = scene.publish(scene.new_ids(1))
        eventually(lambda: scene.gate.held, what="Redis was asked")
        assert managed.committed is None
        scene.gate.open()
        committed(managed, position)


def test_with_nothing_pending_a_sign_of_life_is_committed(scene: Scene, managed: ManagedSubscription) -> None:
    scene.set_timing(keepalive_s=0.05)
    [position] = scene.publish(scene.new_ids(1))
    with scene.subscribing():
        eventually(lambda: (managed.committed or b"") > position, what="the commit went ahead of the event")
    assert not scene.told("stream.commit_refused")


def test_the_last_commit_is_made_before_we_leave(scene: Scene, managed: ManagedSubscription) -> None:
    with scene.subscribing(limits=POLITE) as subscriber:
        eventually(lambda: scene.bus.streams, what="the stream is open")
        scene.gate.hold()
        positions = scene.publish(scene.new_ids(3))
        eventually(lambda: scene.bus.delivered == 3 and scene.gate.held, what="all came, and Redis says nothing")
        subscriber.stop()
        scene.gate.open()
    assert len(scene.queued()) == 3
    assert managed.committed == positions[-1]
    assert not managed.is_active(scene.bus.now())


def test_the_next_stream_begins_behind_the_commit(scene: Scene, managed: ManagedSubscription) -> None:
    first, second = scene.publish(scene.new_ids(2))
    with scene.subscribing():
        committed(managed, second)
    delivered = scene.bus.delivered
    [third] = scene.publish(scene.new_ids(1))
    with scene.subscribing():
        committed(managed, third)
    assert scene.bus.delivered == delivered + 1
    assert len(scene.queued()) == 3
    assert first < second < third


def test_a_redelivery_after_a_crash_between_store_and_commit_is_harmless(
    scene: Scene, managed: ManagedSubscription
) -> None:
    order_ids = scene.new_ids(20)
    positions = scene.publish(order_ids)
    with scene.subscribing():
        committed(managed, positions[-1])
    scene.box.call(lambda: setattr(managed, "committed", positions[4]))
    with scene.subscribing():
        committed(managed, positions[-1])
    assert scene.queued() == order_ids
    assert len(scene.told("event.received", admission="duplicate_event")) == 15


def test_a_subscription_that_is_active_elsewhere_is_waited_for(scene: Scene, managed: ManagedSubscription) -> None:
    scene.box.call(lambda: setattr(managed, "active_until", float("inf")))
    order_ids = scene.publish_new(2)
    with scene.subscribing():
        reason = "managed.subscription.already.active"
        scene.soon_told("stream.ended", reason=reason, action="retry-slower", log_level="warning")
        scene.box.call(lambda: setattr(managed, "active_until", 0.0))
        scene.all_queued(order_ids)
    assert not scene.told("stream.ended", log_level="error")


def test_a_stream_that_lingers_after_it_broke_is_waited_for(scene: Scene, managed: ManagedSubscription) -> None:
    scene.set_timing(managed_lingers_s=0.1)
    with scene.subscribing():
        order_ids = scene.publish_new(2)
        scene.all_queued(order_ids)
        scene.break_stream()
        order_ids += scene.publish_new(2)
        scene.all_queued(order_ids)


def test_a_commit_that_is_refused_is_told_and_the_stream_goes_on(scene: Scene, managed: ManagedSubscription) -> None:
    with scene.subscribing():
        eventually(lambda: scene.bus.streams, what="the stream is open")
        scene.gate.hold()
        order_ids = scene.publish_new(1)
        eventually(lambda: scene.gate.held, what="Redis was asked")
        scene.box.call(lambda: scene.bus.expire(timedelta(0)))
        scene.gate.open()
        scene.soon_told("stream.commit_refused", log_level="warning")
        order_ids += scene.new_ids(1)
        committed(managed, scene.publish(order_ids[1:])[-1])
    assert scene.queued() == order_ids
    assert len(scene.openings) == 1


def test_a_subscription_that_was_stopped_alerts_and_goes_on_when_it_runs_again(
    scene: Scene, managed: ManagedSubscription
) -> None:
    scene.box.call(lambda: setattr(managed, "state", "STOP"))
    with scene.subscribing():
        scene.soon_told("stream.ended", reason="managed.subscription.config.stopped", log_level="error")
        scene.box.call(lambda: setattr(managed, "state", "RUN"))
        scene.all_queued(scene.publish_new(1))


def test_credit_is_bounded_and_topped_up_here_too(scene: Scene, managed: ManagedSubscription) -> None:
    with scene.subscribing():
        scene.all_queued(scene.publish_new(250))
    assert scene.bus.most_credit == 100
    assert len(scene.openings) == 1
    assert managed.committed is not None
