"""Subscribe from the wire: credit, signs of life, the first request, the shapes of events."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import fastavro
import grpc
import pytest

from clients.salesforce.proto import pubsub_api_pb2 as pb
from sandbox.salesforce.org import TOPIC

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import Box


def fetch(number: int = 100, **fields: Any) -> pb.FetchRequest:
    return pb.FetchRequest(topic_name=fields.pop("topic_name", TOPIC), num_requested=number, **fields)


def decoded(box: Box, event: pb.ConsumerEvent) -> dict[str, Any]:
    info = box.stub.GetSchema(pb.SchemaRequest(schema_id=event.event.schema_id), metadata=box.metadata)
    schema = fastavro.parse_schema(json.loads(info.schema_json))
    found = fastavro.schemaless_reader(io.BytesIO(event.event.payload), schema, None)
    assert isinstance(found, dict)
    return found


def test_a_requested_order_is_set_and_its_event_goes_out(box: Box) -> None:
    order_id = box.make_order()
    feed = box.feed(request=fetch())
    box.wait_until(lambda: len(box.org.bus.streams) == 1)
    replay_id = box.run(lambda: box.org.request_provisioning(order_id, idem_key="k-1"))
    response = feed.next()
    [event] = response.events
    assert (event.replay_id, response.latest_replay_id) == (replay_id, replay_id)
    assert (response.pending_num_requested, len(response.rpc_id), len(event.event.id)) == (99, 36, 36)
    fields = decoded(box, event)
    assert (fields["OrderId__c"], fields["IdemKey__c"]) == (order_id, "k-1")
    assert fields["CreatedDate"] == int(box.clock.at.timestamp() * 1000)
    assert fields["CreatedById"] == box.org.user_id
    assert (box.org.get("Order", order_id) or {})["Activation_Status__c"] == "Requested"
    assert box.calls.counts()["pubsub.Subscribe"] == 1


def test_the_event_may_name_another_id_and_the_order_may_be_gone(box: Box) -> None:
    order_id = box.make_order()
    box.run(lambda: box.org.request_provisioning(order_id, event_order_id=order_id[:15]))
    box.run(lambda: box.org.delete("Order", order_id))
    box.run(lambda: box.org.request_provisioning(order_id))
    events = box.feed(request=fetch(replay_preset=pb.EARLIEST)).events(2)
    assert [decoded(box, event)["OrderId__c"] for event in events] == [order_id[:15], order_id]
    assert decoded(box, events[0])["IdemKey__c"] is None


def test_a_forgotten_preset_means_the_tip(box: Box) -> None:
    box.publish("801old")
    feed = box.feed(request=fetch())
    box.wait_until(lambda: len(box.org.bus.streams) == 1)
    box.publish("801new")
    assert decoded(box, feed.next().events[0])["OrderId__c"] == "801new"


def test_no_more_goes_out_than_there_is_credit_for_and_more_credit_adds_up(box: Box) -> None:
    box.publish(*(f"801{number}" for number in range(20)))
    feed = box.feed(request=fetch(3, replay_preset=pb.EARLIEST))
    assert len(feed.events(3)) == 3
    feed.send(pb.FetchRequest(num_requested=4))
    feed.send(fetch(5))
    assert len(feed.events(9)) == 9
    feed.send(pb.FetchRequest(num_requested=1))
    assert feed.next().pending_num_requested == 0


def test_credit_beyond_100_counts_as_100(box: Box) -> None:
    feed = box.feed(request=fetch(80, replay_preset=pb.EARLIEST))
    feed.send(pb.FetchRequest(num_requested=500))
    box.wait_until(lambda: [each.credit for each in box.org.bus.streams] == [100])
    box.publish(*(f"801{number}" for number in range(101)))
    assert len(feed.events(100)) == 100
    assert feed.half_close() == []


def test_batches_are_the_servers_choice(box: Box) -> None:
    box.publish(*(f"801{number}" for number in range(60)))
    feed, sizes, pending = box.feed(request=fetch(60, replay_preset=pb.EARLIEST)), [], 60
    while pending:
        response = feed.next()
        sizes.append(len(response.events))
        assert response.pending_num_requested == pending - sizes[-1]
        pending -= sizes[-1]
    assert sum(sizes) == 60
    assert len(set(sizes)) > 1


def test_silence_is_broken_by_a_sign_of_life_with_a_position_ahead(box: Box) -> None:
    box.run(lambda: setattr(box.org.bus.timing, "keepalive_s", 0.05))
    [published] = box.publish("801a")
    feed = box.feed(request=fetch(replay_preset=pb.EARLIEST))
    assert feed.next().latest_replay_id == published
    first, second = feed.next(), feed.next()
    assert (list(first.events), first.pending_num_requested) == ([], 99)
    assert published < first.latest_replay_id < second.latest_replay_id
    later = box.feed(request=fetch(replay_preset=pb.CUSTOM, replay_id=second.latest_replay_id))
    [last] = box.publish("801b")
    assert later.events(1)[0].replay_id == last
    assert feed.events(1)[0].replay_id == last


def test_no_sign_of_life_ever_passes_over_an_event(box: Box) -> None:
    """Publish at every possible moment between signs of life that come as fast as they can."""
    box.run(lambda: setattr(box.org.bus.timing, "keepalive_s", 0.0001))
    feed = box.feed(request=fetch(replay_preset=pb.EARLIEST))
    found: list[bytes] = []
    published: list[bytes] = []
    for number in range(300):
        published += box.publish(f"801{number}")
        if number % 10 == 0:
            feed.send(fetch())
    while len(found) < len(published):
        response = feed.next()
        found += [event.replay_id for event in response.events]
        if response.pending_num_requested < 50:
            feed.send(fetch())
    assert found == published


def test_without_credit_there_is_no_sign_of_life_but_an_end(box: Box) -> None:
    box.run(lambda: setattr(box.org.bus.timing, "keepalive_s", 0.02))
    box.run(lambda: setattr(box.org.bus.timing, "no_credit_s", 0.2))
    box.publish("801a")
    feed = box.feed(request=fetch(1, replay_preset=pb.EARLIEST))
    assert feed.next().pending_num_requested == 0
    with pytest.raises(StopIteration):
        feed.next()


def test_a_half_closed_stream_ends(box: Box) -> None:
    feed = box.feed(request=fetch())
    assert feed.half_close() == []
    box.wait_until(lambda: not box.org.bus.streams)


def test_a_cancelled_stream_is_let_go(box: Box) -> None:
    feed = box.feed(request=fetch())
    box.wait_until(lambda: len(box.org.bus.streams) == 1)
    feed.close()
    box.wait_until(lambda: not box.org.bus.streams)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (fetch(topic_name="/event/Nope__e"), ("NOT_FOUND", "topic.not.found")),
        (fetch(topic_name="/event/orderprovisionrequested__e"), ("NOT_FOUND", "topic.not.found")),
        (fetch(topic_name=""), ("INVALID_ARGUMENT", "topic.validation.empty")),
        (fetch(0), ("INVALID_ARGUMENT", "subscription.fetch.requested.events.invalid")),
        (fetch(-1), ("INVALID_ARGUMENT", "subscription.fetch.requested.events.invalid")),
    ],
)
def test_a_wrong_first_request_ends_the_stream(box: Box, request_: pb.FetchRequest, expected: tuple[str, str]) -> None:
    feed = box.feed(request=request_)
    assert feed.error() == expected
    assert feed.trailers()["type"] == "Subscribe"
    assert feed.details().endswith(f"rpcId: {feed.trailers()['rpc-id']}")


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (fetch(topic_name="/event/Other__e"), "subscription.fetch.topic.mismatch"),
        (fetch(0), "subscription.fetch.requested.events.invalid"),
    ],
)
def test_a_wrong_later_request_ends_the_stream(box: Box, request_: pb.FetchRequest, code: str) -> None:
    feed = box.feed(request=fetch())
    feed.send(request_)
    assert feed.error() == ("INVALID_ARGUMENT", code)


def test_a_topic_can_be_closed_to_us(box: Box) -> None:
    box.run(lambda: setattr(box.org.bus.topics[TOPIC], "can_subscribe", False))
    assert box.feed(request=fetch()).error() == ("PERMISSION_DENIED", "subscription.topic.cannot.subscribe")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("accesstoken", "", "service.auth.headers.invalid"),
        ("accesstoken", "00D!wrong", "service.auth.error"),
        ("instanceurl", "", "service.auth.headers.invalid"),
        ("instanceurl", "127.0.0.1", "service.auth.headers.invalid"),
        ("tenantid", "nonsense", "service.auth.headers.invalid"),
        ("tenantid", "00D58000000arpqEAA", "service.auth.error"),
    ],
)
def test_every_call_needs_three_good_headers(box: Box, name: str, value: str, code: str) -> None:
    metadata = tuple((dict(box.metadata) | {name: value}).items())
    assert box.feed(request=fetch(), metadata=metadata).error() == ("UNAUTHENTICATED", code)
    with pytest.raises(grpc.RpcError) as raised:
        box.stub.GetTopic(pb.TopicRequest(topic_name=TOPIC), metadata=metadata)
    assert raised.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_the_short_id_of_the_org_is_taken(box: Box) -> None:
    metadata = tuple((dict(box.metadata) | {"tenantid": box.org.org_id[:15]}).items())
    assert box.feed(request=fetch(), metadata=metadata).half_close() == []


def test_an_expired_session_leaves_open_streams_alone_but_a_revoked_one_ends_them(box: Box) -> None:
    feed = box.feed(request=fetch())
    box.wait_until(lambda: len(box.org.bus.streams) == 1)
    box.run(box.org.sessions.end_all)
    box.publish("801a")
    assert len(feed.events(1)) == 1
    assert box.feed(request=fetch()).error() == ("UNAUTHENTICATED", "service.auth.error")
    box.run(box.org.revoke_sessions)
    assert feed.error() == ("UNAUTHENTICATED", "service.auth.error")
