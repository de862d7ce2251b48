"""The position: stored with the orders before it, or not at all."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from clients.salesforce.events import Delivery
from clients.salesforce.proto import pubsub_api_pb2 as pb
from pipeline.intake import position_behind
from tests.subscriber.gate import Break
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.subscriber.conftest import Scene


class Breaker:
    """Breaks the first admission, and looks at the store just before it does so, and at the next one."""

    def __init__(self, scene: Scene, how: Break, *, first: Callable[[], object] = lambda: None) -> None:
        self.seen: list[tuple[bool, int]] = []
        self._scene, self._how, self._first = scene, how, first

    def __call__(self) -> Break:
        self.seen.append((self._scene.position() is not None, len(self._scene.queued())))
        if len(self.seen) > 1:
            return Break.NONE
        self._first()
        return self._how


def test_events_become_jobs_in_their_order_and_the_position_is_that_of_the_last(scene: Scene) -> None:
    order_ids = scene.new_ids(5)
    positions = scene.publish(order_ids)
    with scene.subscribing():
        scene.positioned(positions[-1])
    assert scene.queued() == order_ids


def test_cut_before_the_admission_neither_job_nor_position_is_stored_and_then_both(scene: Scene) -> None:
    breaker = scene.gate.on_admission = Breaker(scene, Break.BEFORE)
    order_ids = scene.new_ids(3)
    positions = scene.publish(order_ids)
    with scene.subscribing():
        scene.positioned(positions[-1])
    assert breaker.seen[:2] == [(False, 0), (False, 0)]
    assert scene.queued() == order_ids


def test_cut_after_the_admission_both_are_stored_and_each_order_once(scene: Scene) -> None:
    scene.box.call(lambda: setattr(scene.bus, "largest_batch", 1))
    breaker = scene.gate.on_admission = Breaker(scene, Break.AFTER)
    order_ids = scene.new_ids(3)
    positions = scene.publish(order_ids)
    with scene.subscribing():
        scene.positioned(positions[-1])
    assert breaker.seen[:2] == [(False, 0), (True, 1)]
    assert scene.queued() == order_ids


def test_a_redis_that_comes_back_without_our_scripts_does_not_store_the_position_alone(scene: Scene) -> None:
    """A server that takes over has no scripts: in a transaction of many commands, the position would move alone."""
    breaker = scene.gate.on_admission = Breaker(scene, Break.BEFORE, first=scene.store.script_flush)
    order_ids = scene.new_ids(3)
    positions = scene.publish(order_ids)
    with scene.subscribing():
        scene.positioned(positions[-1])
    assert breaker.seen[:2] == [(False, 0), (False, 0)]
    assert scene.queued() == order_ids


def test_with_nothing_pending_a_sign_of_life_moves_the_position(scene: Scene) -> None:
    scene.set_timing(keepalive_s=0.05)
    [published] = scene.publish(scene.new_ids(1))
    with scene.subscribing():
        eventually(lambda: (scene.position() or b"") > published, what="the position went ahead of the event")
        order_ids = scene.publish_new(1)
        eventually(lambda: len(scene.queued()) == 2, what="the next event came all the same")
    assert scene.queued()[1:] == order_ids


def test_a_sign_of_life_does_not_move_the_position_past_an_event_that_is_not_stored(scene: Scene) -> None:
    scene.set_timing(keepalive_s=0.02)
    with scene.subscribing():
        eventually(scene.position, what="a first position was stored")
        scene.gate.close()
        before = scene.position()
        order_ids = scene.publish_new(1)
        tip = scene.bus.tip()
        eventually(lambda: scene.bus.tip() > tip + 2000, what="signs of life came behind the event")
        assert scene.position() == before
    assert scene.position() == before
    scene.gate.open()
    with scene.subscribing():
        scene.all_queued(order_ids)


def test_whatever_ends_the_stream_nothing_is_lost_and_the_position_never_goes_backwards(scene: Scene) -> None:
    scene.box.call(lambda: setattr(scene.bus, "largest_batch", 7))
    scene.set_timing(keepalive_s=0.02)
    order_ids: list[str] = []
    with scene.subscribing():
        for kind in ["cut", "unavailable", "auth_error", "limit_exceeded"] * 2:
            order_ids += scene.publish_new(20)
            scene.break_stream(kind)
        scene.all_queued(order_ids)
    assert scene.queued() == order_ids
    started = [opening.first.replay_id for opening in scene.openings if opening.first.replay_id]
    assert len(started) >= 5
    assert all(earlier <= later for earlier, later in pairwise(started))


def test_a_stored_position_is_really_sent_as_custom(scene: Scene) -> None:
    """On the wire LATEST is 0: a preset that was left out would skip what came while nobody listened."""
    [first] = scene.publish(scene.new_ids(1))
    with scene.subscribing():
        scene.positioned(first)
    order_ids = scene.publish_new(2)
    with scene.subscribing():
        eventually(lambda: len(scene.queued()) == 3, what="what came meanwhile was taken in")
    assert scene.queued()[1:] == order_ids
    assert [(each.first.replay_preset, each.first.replay_id) for each in scene.openings] == [
        (pb.EARLIEST, b""),
        (pb.CUSTOM, first),
    ]


@pytest.mark.parametrize(("preset", "expected"), [("EARLIEST", ["old", "new"]), ("LATEST", ["new"])])
def test_without_a_stored_position_the_preset_says_where_to_begin(
    make_scene: Callable[..., Scene], preset: str, expected: list[str]
) -> None:
    scene = make_scene(SF_REPLAY_PRESET=preset)
    names = dict(zip(scene.publish_new(1), ["old"], strict=True))
    with scene.subscribing():
        eventually(lambda: scene.bus.streams, what="the stream is open")
        names |= dict(zip(scene.publish_new(1), ["new"], strict=True))
        eventually(lambda: len(scene.queued()) == len(expected), what="events were taken in")
    assert [names[order_id] for order_id in scene.queued()] == expected


@pytest.mark.parametrize("refused", ["by the server", "invented", "empty"])
def test_a_position_that_is_refused_means_the_preset_and_a_warning(scene: Scene, refused: str) -> None:
    [first] = scene.publish(scene.new_ids(1))
    with scene.subscribing():
        scene.positioned(first)
    [key] = scene.store.keys("provision:position:*")
    if refused == "by the server":
        scene.fault("pubsub.Subscribe", "corrupted_position", times=1)
    else:
        scene.store.hset(key, "replay_id", b"\x01\x02nonsense" if refused == "invented" else b"")
    [last] = scene.publish(scene.new_ids(1))
    with scene.subscribing():
        scene.positioned(last)
    assert len(scene.queued()) == 2
    assert scene.openings[-1].first.replay_preset == pb.EARLIEST
    assert len(scene.told("stream.position_refused", log_level="warning")) == (refused != "empty")


def test_positions_of_another_org_topic_or_endpoint_are_not_ours(scene: Scene) -> None:
    [first] = scene.publish(scene.new_ids(1))
    with scene.subscribing():
        scene.positioned(first)
    [key] = scene.store.keys("provision:position:*")
    where = f"{scene.box.org.org_id}:/event/OrderProvisionRequested__e:{scene.box.pubsub_endpoint}"
    assert key == f"provision:position:{where}".encode()


@pytest.mark.parametrize(
    "delivery",
    [Delivery((), b"", 100), Delivery((), b"\x01", 100, commit=object())],  # type: ignore[arg-type]
)
def test_a_response_that_says_nothing_of_a_position_moves_none(delivery: Delivery) -> None:
    assert position_behind(delivery) is None
