"""ManagedSubscribe: the position lies with Salesforce and is moved by commits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from clients.salesforce.proto import pubsub_api_pb2 as pb
from sandbox.salesforce.org import TOPIC

if TYPE_CHECKING:
    from sandbox.salesforce.managed import ManagedSubscription
    from tests.sandbox.salesforce.conftest import Box, Feed


@pytest.fixture
def managed(box: Box) -> ManagedSubscription:
    return box.run(lambda: box.org.bus.add_managed("Provisioning", TOPIC, default_replay="EARLIEST"))


def open_feed(box: Box, number: int = 100, **fields: Any) -> Feed:
    request = pb.ManagedFetchRequest(num_requested=number, **(fields or {"developer_name": "Provisioning"}))
    return box.feed("ManagedSubscribe", request=request)


def commit(feed: Feed, replay_id: bytes, request_id: str = "c-1") -> pb.CommitReplayResponse:
    feed.send(committing(replay_id, request_id))
    while True:
        response = feed.next()
        if response.HasField("commit_response"):
            assert not response.events
            answer = response.commit_response
            assert isinstance(answer, pb.CommitReplayResponse)
            return answer


def committing(replay_id: bytes, request_id: str) -> pb.ManagedFetchRequest:
    request = pb.CommitReplayRequest(commit_request_id=request_id, replay_id=replay_id)
    return pb.ManagedFetchRequest(commit_replay_id_request=request)


def test_a_commit_moves_the_place_where_the_next_stream_begins(box: Box, managed: ManagedSubscription) -> None:
    first, second = box.publish("801a", "801b")
    feed = open_feed(box)
    assert [event.replay_id for event in feed.events(2)] == [first, second]
    answer = commit(feed, first)
    assert (answer.commit_request_id, answer.replay_id, answer.HasField("error")) == ("c-1", first, False)
    assert answer.process_time == int(box.clock.at.timestamp() * 1000)
    feed.half_close()
    box.wait_until(lambda: not managed.is_active(box.org.bus.now()))
    again = open_feed(box, subscription_id=managed.subscription_id)
    assert [event.replay_id for event in again.events(1)] == [second]


@pytest.mark.parametrize(("default", "expected"), [("LATEST", ["801new"]), ("EARLIEST", ["801old", "801new"])])
def test_without_a_commit_the_configuration_says_where_to_begin(box: Box, default: str, expected: list[str]) -> None:
    box.run(lambda: box.org.bus.add_managed("Provisioning", TOPIC, default_replay=default))
    box.publish("801old")
    feed = open_feed(box)
    box.wait_until(lambda: len(box.org.bus.streams) == 1)
    box.publish("801new")
    payloads = [event.event.payload for event in feed.events(len(expected))]
    assert [text.encode() in payload for text, payload in zip(expected, payloads, strict=True)] == [True] * len(
        expected
    )


def test_a_commit_that_expired_falls_back_to_the_recovery_setting(box: Box, managed: ManagedSubscription) -> None:
    box.publish("801a")
    feed = open_feed(box)
    commit(feed, feed.events(1)[0].replay_id)
    feed.half_close()
    box.clock.pass_by(timedelta(hours=73))
    [young] = box.publish("801b")
    box.token = box.log_in().json()["access_token"]
    box.wait_until(lambda: not managed.is_active(box.org.bus.now()))
    assert open_feed(box).events(1)[0].replay_id == young


def test_a_bad_commit_is_told_in_the_stream_and_does_not_end_it(box: Box, managed: ManagedSubscription) -> None:
    first, second = box.publish("801a", "801b")
    feed = open_feed(box, 2)
    feed.events(2)
    [third] = box.publish("801c")
    assert commit(feed, b"").error.msg == "The commit has no replay ID."
    assert commit(feed, b"nonsense!!").error.msg == "The replay ID is invalid or expired."
    assert commit(feed, third).error.msg == "The replay ID was not delivered yet."
    assert not commit(feed, second).HasField("error")
    older = commit(feed, first)
    assert (older.error.code, older.error.msg) == (pb.COMMIT, "The replay ID is older than the committed one.")
    assert managed.committed == second
    feed.send(pb.ManagedFetchRequest(num_requested=1))
    assert feed.events(1)[0].replay_id == third


def test_several_commits_may_have_one_answer_with_the_last_id(box: Box, managed: ManagedSubscription) -> None:
    ids = box.publish(*(f"801{number}" for number in range(30)))
    feed = open_feed(box)
    feed.events(30)
    for number, replay_id in enumerate(ids):
        feed.send(committing(replay_id, f"c-{number}"))
    answered: list[str] = []
    while not answered or answered[-1] != "c-29":
        answered.append(feed.next().commit_response.commit_request_id)
    assert len(answered) <= 30
    assert managed.committed == ids[-1]


def test_a_sign_of_life_can_be_committed(box: Box, managed: ManagedSubscription) -> None:
    box.run(lambda: setattr(box.org.bus.timing, "keepalive_s", 0.02))
    feed = open_feed(box)
    position = feed.next().latest_replay_id
    assert not commit(feed, position).HasField("error")
    assert managed.committed == position


def test_a_second_stream_is_refused_while_the_first_is_open_and_for_a_while_after(
    box: Box, managed: ManagedSubscription
) -> None:
    box.run(lambda: setattr(box.org.bus.timing, "managed_lingers_s", 60.0))
    feed = open_feed(box)
    box.wait_until(lambda: len(box.org.bus.streams) == 1)
    refusal = ("FAILED_PRECONDITION", "managed.subscription.already.active")
    assert open_feed(box).error() == refusal
    feed.half_close()
    box.wait_until(lambda: not box.org.bus.streams)
    assert open_feed(box).error() == refusal
    box.clock.pass_by(timedelta(seconds=61))
    assert open_feed(box).half_close() == []


def test_a_refused_second_stream_leaves_the_first_one_alone(box: Box, managed: ManagedSubscription) -> None:
    feed = open_feed(box)
    box.wait_until(lambda: len(box.org.bus.streams) == 1)
    open_feed(box).error()
    assert managed.is_active(box.org.bus.now())
    box.publish("801a")
    assert len(feed.events(1)) == 1


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"developer_name": "Nope"}, "NOT_FOUND", "developer.name.not.found"),
        ({"subscription_id": "18x000000000000AAA"}, "NOT_FOUND", "subscription.id.not.found"),
        ({"subscription_id": "nonsense"}, "INVALID_ARGUMENT", "subscription.id.invalid"),
        ({"auth_refresh": ""}, "INVALID_ARGUMENT", "id.or.developer.name.empty"),
        (
            {"developer_name": "Provisioning", "subscription_id": "18x"},
            *("INVALID_ARGUMENT", "id.or.developer.name.empty"),
        ),
        (
            {"developer_name": "Provisioning", "auth_refresh": "x"},
            *("INVALID_ARGUMENT", "fetch.request.auth.request.restricted"),
        ),
        (
            {"developer_name": "Provisioning", "commit_replay_id_request": pb.CommitReplayRequest(replay_id=b"x")},
            *("INVALID_ARGUMENT", "fetch.request.commit.request.restricted"),
        ),
    ],
)
def test_a_wrong_first_request_ends_the_stream(
    box: Box, managed: ManagedSubscription, fields: dict[str, Any], status: str, code: str
) -> None:
    assert open_feed(box, **fields).error() == (status, f"managed.subscription.{code}")


def test_requests_for_nothing_are_refused(box: Box, managed: ManagedSubscription) -> None:
    refusal = ("INVALID_ARGUMENT", "managed.subscription.fetch.request.events.invalid")
    assert open_feed(box, 0).error() == refusal
    feed = open_feed(box)
    feed.send(pb.ManagedFetchRequest())
    assert feed.error() == refusal


def test_a_stopped_subscription_is_refused(box: Box, managed: ManagedSubscription) -> None:
    managed.state = "STOP"
    assert open_feed(box).error() == ("FAILED_PRECONDITION", "managed.subscription.config.stopped")


def test_the_fault_already_active_refuses_once(box: Box, managed: ManagedSubscription) -> None:
    box.fault("pubsub.*", "already_active", times=1)
    assert open_feed(box).error()[1] == "managed.subscription.already.active"
    assert open_feed(box).half_close() == []
