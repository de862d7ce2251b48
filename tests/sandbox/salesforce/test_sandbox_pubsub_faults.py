"""Faults of streams: when they are opened, and later."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any

import fastavro
import pytest

from clients.salesforce.proto import pubsub_api_pb2 as pb
from sandbox.salesforce.org import TOPIC

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import Box


def fetch(preset: Any = pb.EARLIEST, **fields: Any) -> pb.FetchRequest:
    return pb.FetchRequest(topic_name=TOPIC, replay_preset=preset, num_requested=100, **fields)


_ENDS = [
    ("unavailable", ("INTERNAL", "service.unavailable")),
    ("auth_error", ("UNAUTHENTICATED", "service.auth.error")),
    ("limit_exceeded", ("RESOURCE_EXHAUSTED", "subscription.limit.exceeded")),
]


@pytest.mark.parametrize(("kind", "expected"), _ENDS)
def test_a_stream_can_end_when_it_is_opened(box: Box, kind: str, expected: tuple[str, str]) -> None:
    box.fault("pubsub.Subscribe", kind, times=1)
    assert box.feed(request=fetch()).error() == expected
    box.token = box.log_in().json()["access_token"]
    box.publish("801a")
    assert len(box.feed(request=fetch()).events(1)) == 1


@pytest.mark.parametrize(("kind", "expected"), _ENDS)
def test_a_stream_that_is_open_can_be_struck(box: Box, kind: str, expected: tuple[str, str]) -> None:
    feed = box.feed(request=fetch())
    box.wait_until(lambda: len(box.org.bus.streams) == 1)
    box.org.bus.strike(kind)
    assert feed.error() == expected


def test_a_fault_that_comes_later_strikes_the_next_delivery(box: Box) -> None:
    feed = box.feed(request=fetch())
    box.publish("801a")
    assert len(feed.events(1)) == 1
    box.fault("pubsub.Subscribe", "unavailable", times=1)
    box.publish("801b")
    assert feed.error() == ("INTERNAL", "service.unavailable")


@pytest.mark.parametrize("responses", [0, 2])
def test_a_cut_line_has_no_trailers_and_breaks_after_a_number_of_responses(box: Box, responses: int) -> None:
    box.run(lambda: setattr(box.org.bus, "largest_batch", 1))
    box.publish("801a", "801b", "801c")
    box.fault("pubsub.Subscribe", "cut", times=1, value=responses)
    feed = box.feed(request=fetch())
    assert len(feed.events(responses)) == responses
    status, code = feed.error()
    assert (status in {"UNAVAILABLE", "INTERNAL"}, code) == (True, "")
    assert "rpc-id" not in feed.trailers()


def test_a_silent_stream_takes_requests_and_says_nothing(box: Box) -> None:
    box.run(lambda: setattr(box.org.bus.timing, "keepalive_s", 0.01))
    box.run(lambda: setattr(box.org.bus.timing, "no_credit_s", 0.01))
    box.fault("pubsub.Subscribe", "silent", times=1)
    silent, other = box.feed(request=fetch()), None
    box.wait_until(lambda: len(box.org.bus.streams) == 1)
    box.publish("801a")
    other = box.feed(request=fetch())
    assert [len(other.next().events) for _ in range(3)] == [1, 0, 0]
    silent.send(fetch())
    assert silent.half_close() == []


def test_a_stream_that_is_open_can_fall_silent(box: Box) -> None:
    box.run(lambda: setattr(box.org.bus.timing, "keepalive_s", 0.01))
    feed = box.feed(request=fetch())
    feed.next()
    box.org.bus.strike("silent")
    box.wait_until(lambda: all(each.is_silent for each in box.org.bus.streams))
    assert len(feed.half_close()) < 100
    box.wait_until(lambda: not box.org.bus.streams)


def test_a_stored_position_can_be_refused_and_a_preset_cannot(box: Box) -> None:
    first, second = box.publish("801a", "801b")
    box.fault("pubsub.Subscribe", "corrupted_position", times=1)
    assert len(box.feed(request=fetch()).events(2)) == 2
    refused = box.feed(request=fetch(pb.CUSTOM, replay_id=first)).error()
    assert refused == ("INVALID_ARGUMENT", "subscription.fetch.replayid.corrupted")
    assert box.feed(request=fetch(pb.CUSTOM, replay_id=first)).events(1)[0].replay_id == second


def test_the_same_event_can_come_twice(box: Box) -> None:
    box.run(lambda: setattr(box.org.bus, "largest_batch", 1))
    first, second = box.publish("801a", "801b")
    box.fault("pubsub.Subscribe", "duplicate_event", times=1)
    found = box.feed(request=fetch()).events(3)
    assert [event.replay_id for event in found] == [first, first, second]
    assert found[0] == found[1]


def test_duplicates_without_end_still_let_the_stream_go_on(box: Box) -> None:
    ids = box.publish(*(f"801{number}" for number in range(10)))
    box.fault("pubsub.Subscribe", "duplicate_event")
    feed, found = box.feed(request=fetch()), []
    while ids[-1] not in found:
        found += [event.replay_id for event in feed.next().events]
    assert list(dict.fromkeys(found)) == ids


def test_an_event_can_arrive_undecodable_and_is_good_the_next_time(box: Box) -> None:
    box.run(lambda: setattr(box.org.bus, "largest_batch", 1))
    box.publish("801a", "801b")
    good = [event.event.payload for event in box.feed(request=fetch()).events(2)]
    box.fault("pubsub.Subscribe", "undecodable_event", times=1)
    found = [event.event.payload for event in box.feed(request=fetch()).events(2)]
    schema = box.org.bus.topics[TOPIC].schema.parsed
    with pytest.raises((IndexError, EOFError)):
        fastavro.schemaless_reader(io.BytesIO(found[0]), schema, None)
    assert found[1] == good[1]
    assert [event.event.payload for event in box.feed(request=fetch()).events(2)] == good


def test_a_spent_allowance_of_deliveries_ends_the_stream_when_told_so(box: Box) -> None:
    box.run(lambda: setattr(box.org.bus, "largest_batch", 1))
    box.run(lambda: setattr(box.org, "daily_deliveries", 2))
    box.run(lambda: setattr(box.org, "enforce_limits", True))
    box.publish("801a", "801b", "801c")
    feed = box.feed(request=fetch())
    assert len(feed.events(2)) == 2
    assert feed.error() == ("RESOURCE_EXHAUSTED", "subscription.limit.exceeded")
    assert box.ask("GET", "limits").json()["DailyDeliveredPlatformEvents"] == {"Max": 2, "Remaining": 0}


def test_opening_can_take_its_time(box: Box) -> None:
    box.publish("801a")
    box.fault("pubsub.Subscribe", "latency", times=1, value=100)
    started = time.monotonic()
    assert len(box.feed(request=fetch()).events(1)) == 1
    assert time.monotonic() - started >= 0.1


def test_faults_that_streams_do_not_have_are_left_for_others(box: Box) -> None:
    box.fault("*", "http_500", times=1)
    box.publish("801a")
    assert len(box.feed(request=fetch()).events(1)) == 1
    assert box.ask("GET", "limits").status_code == 500
