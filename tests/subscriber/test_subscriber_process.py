"""The process: it takes events in, leaves in time whatever hangs, and never by itself."""

from __future__ import annotations

import signal
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from clients.salesforce.proto import pubsub_api_pb2 as pb
from tests.subscriber.process import process
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.subscriber.conftest import Scene

TERM = signal.SIGTERM


def env_of(scene: Scene, **changes: str) -> dict[str, str]:
    return scene.box.env | {"REDIS_URL": scene.gate.url} | changes


@pytest.fixture
def nobody() -> Iterator[str]:
    """Return host and port where connections are accepted and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_the_process_takes_events_in_and_leaves_with_the_position_saved(scene: Scene) -> None:
    order_ids = scene.new_ids(5)
    positions = scene.publish(order_ids)
    with process(env_of(scene)) as subscriber:
        scene.all_queued(order_ids)
        assert subscriber.leaves(TERM) == 0
        assert [log["event"] for log in subscriber.logs[-2:]] == ["process.stopping", "subscriber.stopped"]
    assert scene.position() == positions[-1]


def test_asked_to_leave_twice_in_the_middle_of_work_it_stores_what_came(scene: Scene) -> None:
    with process(env_of(scene)) as subscriber:
        eventually(lambda: scene.bus.streams, what="the stream is open")
        scene.gate.hold()
        order_ids = scene.publish_new(60)
        eventually(lambda: scene.bus.delivered == 60 and scene.gate.held, what="all came, and Redis says nothing")
        subscriber.send(TERM, TERM, TERM)
        subscriber.told("process.stopping")
        scene.gate.open()
        assert subscriber.leaves(TERM) == 0
    stored = scene.queued()
    assert stored == order_ids[: len(stored)]
    assert stored
    with scene.subscribing():
        scene.all_queued(order_ids)


def test_a_process_that_is_killed_in_the_middle_loses_and_doubles_nothing(scene: Scene) -> None:
    scene.box.call(lambda: setattr(scene.bus, "largest_batch", 5))
    order_ids = scene.publish_new(200)
    with process(env_of(scene)) as subscriber:
        eventually(lambda: len(scene.queued()) > 20, what="some were stored")
        assert subscriber.leaves(signal.SIGKILL) == -signal.SIGKILL
    assert len(scene.queued()) < 200
    with scene.subscribing():
        scene.all_queued(order_ids)
    assert scene.openings[-1].first.replay_preset == pb.CUSTOM


def test_switched_off_it_says_so_and_stays_until_it_is_asked_to_leave(scene: Scene) -> None:
    with process(env_of(scene, SF_EVENTS_ENABLED="false")) as subscriber:
        assert "SF_EVENTS_ENABLED" in subscriber.told("subscriber.idle")["reason"]
        scene.publish_new(1)
        assert subscriber.leaves(signal.SIGINT, TERM) == 0
    assert scene.queued() == []
    assert scene.box.org.sessions.logins == 0


def test_wrong_settings_are_all_told_at_once_with_exit_code_2(scene: Scene) -> None:
    env = env_of(scene, SF_REPLAY_PRESET="NEWEST", SF_PUBSUB_ENDPOINT="nowhere")
    del env["SF_USERNAME"]
    with process(env) as subscriber:
        complaint = subscriber.complaint()
        assert subscriber.leaves() == 2
    assert all(name in complaint for name in ("SF_REPLAY_PRESET", "SF_PUBSUB_ENDPOINT", "SF_USERNAME"))


def test_it_leaves_in_time_while_the_other_side_is_away_or_hangs(scene: Scene, nobody: str) -> None:
    """All at once: a hang is waited for until the process cuts itself off, which takes seconds."""
    away = [
        ({"SF_PUBSUB_ENDPOINT": "127.0.0.1:1"}, "stream.ended"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "redis.away"),
    ]
    hanging = [
        ({"SF_LOGIN_URL": f"http://{nobody}"}, "subscriber.started"),
        ({"REDIS_URL": f"redis://{nobody}/0"}, "subscriber.started"),
    ]
    with ExitStack() as opened:
        started = [(opened.enter_context(process(env_of(scene, **env))), event) for env, event in away + hanging]
        for subscriber, event in started:
            subscriber.told(event)
            subscriber.send(TERM, TERM)
        assert [subscriber.leaves() for subscriber, _ in started] == [0] * 4
