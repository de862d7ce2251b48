"""What goes over the wire to the Pub/Sub API, and what comes back."""

from __future__ import annotations

import datetime as dt
import ipaddress
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from clients.salesforce.auth import Token
from clients.salesforce.events import CommitOutcome, OutgoingEvent, ReceivedEvent, ReplayPreset
from clients.salesforce.proto import pubsub_api_pb2 as pb
from clients.salesforce.proto.pubsub_api_pb2_grpc import PubSubStub
from clients.salesforce.stream_errors import StreamAction, StreamError
from clients.salesforce.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from clients.salesforce.pubsub import PubSubChannel
    from tests.clients.salesforce.conftest import ScriptedPubSub

TOPIC = "/event/OrderProvisionRequested__e"
REPLAY = b"\x00\x00\x00\x00\x00\x01\xe2\x40\x00\x00"


def earliest(channel: PubSubChannel, **changes: Any) -> Subscription:
    return channel.subscribe(topic=TOPIC, preset=ReplayPreset.EARLIEST, replay_id=None, **changes)


def event(number: int) -> pb.ConsumerEvent:
    producer = pb.ProducerEvent(id=f"event-{number}", schema_id=f"schema-{number % 2}", payload=b"p%d" % number)
    return pb.ConsumerEvent(event=producer, replay_id=b"r%d" % number)


def response(*numbers: int, pending: int = 0) -> pb.FetchResponse:
    events = [event(number) for number in numbers]
    return pb.FetchResponse(events=events, latest_replay_id=b"latest", rpc_id="rpc", pending_num_requested=pending)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)  # between two looks, not instead of one


def request_threads() -> list[int]:
    """Return the threads in which gRPC reads the requests of a call."""
    stacks = {ident: traceback.extract_stack(frame) for ident, frame in sys._current_frames().items()}
    return [ident for ident, stack in stacks.items() if any(f.name == "consume_request_iterator" for f in stack)]


@pytest.mark.parametrize(
    ("preset", "replay_id", "on_the_wire"),
    [(ReplayPreset.EARLIEST, None, 1), (ReplayPreset.CUSTOM, REPLAY, 2), (ReplayPreset.LATEST, None, 0)],
)
def test_the_first_request_carries_topic_position_and_credit_and_nothing_else(
    pubsub: ScriptedPubSub, channel: PubSubChannel, preset: ReplayPreset, replay_id: bytes | None, on_the_wire: int
) -> None:
    channel.subscribe(topic=TOPIC, preset=preset, replay_id=replay_id, first_credit=7)
    pubsub.wait_for_requests(1)
    request = pubsub.received[0]
    assert request.replay_preset == on_the_wire
    assert (request.topic_name, request.replay_id, request.num_requested) == (TOPIC, replay_id or b"", 7)
    assert request.auth_refresh == ""


def test_a_forgotten_preset_would_be_latest_on_the_wire(pubsub: ScriptedPubSub, channel: PubSubChannel) -> None:
    """The trap that makes the preset an argument without a default: LATEST and nothing are the same bytes."""
    forgotten = pb.FetchRequest(topic_name=TOPIC, num_requested=1).SerializeToString()
    channel.subscribe(topic=TOPIC, preset=ReplayPreset.LATEST, replay_id=None, first_credit=1)
    pubsub.wait_for_requests(1)
    earliest(channel, first_credit=1)
    pubsub.wait_for_requests(2)
    assert pubsub.raw[0] == forgotten
    assert pubsub.raw[1].replace(b"\x10\x01", b"") == forgotten


@pytest.mark.parametrize(
    ("preset", "replay_id"),
    [
        (ReplayPreset.CUSTOM, None),
        (ReplayPreset.CUSTOM, b""),
        (ReplayPreset.EARLIEST, REPLAY),
        (ReplayPreset.LATEST, REPLAY),
    ],
)
def test_a_position_that_contradicts_itself_is_refused(
    channel: PubSubChannel, preset: ReplayPreset, replay_id: bytes | None
) -> None:
    with pytest.raises(ValueError, match="CUSTOM"):
        channel.subscribe(topic=TOPIC, preset=preset, replay_id=replay_id, first_credit=1)


@pytest.mark.parametrize("credit", [0, -1, 101])
def test_credit_is_1_to_100_events(channel: PubSubChannel, credit: int) -> None:
    with pytest.raises(ValueError, match="credit"):
        earliest(channel, first_credit=credit)
    with pytest.raises(ValueError, match="credit"):
        channel.managed_subscribe(developer_name="x", first_credit=credit)


def test_every_call_carries_the_session_in_lower_case(pubsub: ScriptedPubSub, channel: PubSubChannel) -> None:
    pubsub.unary = lambda request, _: pb.SchemaInfo(schema_json="{}", schema_id=request.schema_id)
    expected = {"accesstoken": "token-1", "instanceurl": "http://127.0.0.1:8080", "tenantid": "00D58000000arpqEAA"}
    channel.fetch_schema("s")
    assert expected.items() <= pubsub.metadata.items()
    pubsub.metadata = {}
    earliest(channel)
    pubsub.wait_for_requests(2)
    assert expected.items() <= pubsub.metadata.items()


def test_deliveries_are_values(pubsub: ScriptedPubSub, channel: PubSubChannel) -> None:
    pubsub.stream = lambda _: iter([response(1, 2, pending=5), response()])
    subscription = earliest(channel)
    first, second = next(subscription), next(subscription)
    assert first.events[1] == ReceivedEvent("event-2", "schema-0", b"p2", b"r2")
    assert (first.latest_replay_id, first.pending, first.is_keepalive) == (b"latest", 5, False)
    assert (second.events, second.pending, second.is_keepalive) == ((), 0, True)


def test_the_stream_stays_open_when_nothing_is_requested(pubsub: ScriptedPubSub, channel: PubSubChannel) -> None:
    """If the iterator of requests ended, gRPC would half-close, and the server would end the stream."""
    go_on = threading.Event()

    def slow(_: grpc.ServicerContext) -> Iterator[pb.FetchResponse]:
        yield response(1)
        go_on.wait(5)
        yield response(2)

    pubsub.stream = slow
    subscription = earliest(channel)
    next(subscription)
    assert not pubsub.half_closed.wait(0.1)
    subscription.request_more(1)
    pubsub.wait_for_requests(2)
    go_on.set()
    assert next(subscription).events[0].event_id == "event-2"


def test_credit_is_counted_and_never_exceeds_100(pubsub: ScriptedPubSub, channel: PubSubChannel) -> None:
    pubsub.stream = lambda context: _then(response(*range(30)), pubsub.stay_open(context))
    subscription = earliest(channel, first_credit=60)
    assert subscription.credit == 60
    assert [subscription.request_more(30), subscription.request_more(30), subscription.request_more(1)] == [30, 10, 0]
    next(subscription)
    assert subscription.credit == 70
    assert subscription.request_more(100) == 30
    pubsub.wait_for_requests(4)
    assert [request.num_requested for request in pubsub.received] == [60, 30, 10, 30]
    for later in pubsub.received[1:]:
        assert later == pb.FetchRequest(num_requested=later.num_requested)


@pytest.mark.parametrize("n", [0, -5])
def test_asking_for_nothing_is_refused(channel: PubSubChannel, n: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        earliest(channel).request_more(n)


def test_more_events_than_asked_for_do_not_make_credit_negative(pubsub: ScriptedPubSub, channel: PubSubChannel) -> None:
    pubsub.stream = lambda _: iter([response(1, 2, 3)])
    subscription = earliest(channel, first_credit=1)
    next(subscription)
    assert subscription.credit == 0


def test_credit_may_be_topped_up_from_many_threads(pubsub: ScriptedPubSub, channel: PubSubChannel) -> None:
    subscription = earliest(channel, first_credit=20)
    threads = [threading.Thread(target=subscription.request_more, args=(3,)) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert subscription.credit == 100
    until(lambda: sum(request.num_requested for request in pubsub.received) == 100)


def test_a_polite_end_by_the_server_is_no_silence(pubsub: ScriptedPubSub, channel: PubSubChannel) -> None:
    """A loop over the subscription must not just fall through: somebody has to open the stream again."""
    pubsub.stream = lambda _: iter([response(1)])
    subscription = earliest(channel)
    next(subscription)
    with pytest.raises(StreamError) as caught:
        next(subscription)
    assert (caught.value.status, caught.value.action) == ("OK", StreamAction.RETRY)


def test_the_thread_behind_the_requests_ends_with_the_stream(pubsub: ScriptedPubSub, channel: PubSubChannel) -> None:
    pubsub.stream = lambda _: iter([])
    subscription = earliest(channel)
    with pytest.raises(StreamError):
        next(subscription)
    until(lambda: not request_threads())


def test_a_call_that_is_over_before_it_is_watched_leaves_no_thread_behind(pubsub: ScriptedPubSub) -> None:
    def brief(_: grpc.ServicerContext) -> Iterator[pb.FetchResponse]:
        pubsub.wait_for_requests(1)
        yield from ()

    def open_and_lose(requests: Iterator[pb.FetchRequest]) -> Any:
        call = stub.Subscribe(requests)
        until(lambda: not call.is_active())
        return call

    pubsub.stream = brief
    with grpc.insecure_channel(pubsub.endpoint) as channel:
        stub: Any = PubSubStub(channel)
        subscription = Subscription(pb.FetchRequest(num_requested=1), open_and_lose)
        until(lambda: not request_threads())
        with pytest.raises(StreamError):
            next(subscription)


def test_cancelling_from_another_thread_ends_the_loop_quietly(pubsub: ScriptedPubSub, channel: PubSubChannel) -> None:
    pubsub.stream = lambda context: _then(response(1), pubsub.stay_open(context))
    subscription = earliest(channel)
    seen = []
    for delivery in subscription:
        seen.append(delivery)
        threading.Thread(target=subscription.cancel).start()
    assert len(seen) == 1
    subscription.cancel()
    assert list(subscription) == []


def test_a_closed_channel_ends_what_runs_on_it(pubsub: ScriptedPubSub, channel: PubSubChannel) -> None:
    subscription = earliest(channel)
    pubsub.wait_for_requests(1)
    channel.close()
    with pytest.raises(StreamError) as caught:
        next(subscription)
    assert caught.value.status == "CANCELLED"


def test_a_closed_channel_is_an_ended_call_not_a_bug(channel: PubSubChannel) -> None:
    """Another thread may still hold the channel that the subscriber has just replaced."""
    channel.close()
    for call in (lambda: channel.fetch_schema("s"), lambda: earliest(channel)):
        with pytest.raises(StreamError) as caught:
            call()
        assert (caught.value.status, caught.value.action) == ("CANCELLED", StreamAction.RETRY)


def test_a_server_that_is_away_ends_the_stream(open_channel: Callable[..., PubSubChannel]) -> None:
    subscription = earliest(open_channel(endpoint="127.0.0.1:1"))
    with pytest.raises(StreamError) as caught:
        next(subscription)
    assert (caught.value.status, caught.value.action) == ("UNAVAILABLE", StreamAction.RETRY)


def test_unary_calls_end_in_time(pubsub: ScriptedPubSub, open_channel: Callable[..., PubSubChannel]) -> None:
    release = threading.Event()
    pubsub.unary = lambda *_: release.wait(5) and pb.SchemaInfo()
    started = time.monotonic()
    with pytest.raises(StreamError) as caught:
        open_channel(unary_timeout_s=0.05).fetch_schema("s")
    release.set()
    assert caught.value.status == "DEADLINE_EXCEEDED"
    assert time.monotonic() - started < 2


def test_a_new_channel_is_a_new_connection(pubsub: ScriptedPubSub, open_channel: Callable[..., PubSubChannel]) -> None:
    """Equal channels of one process share a connection by default, and a dead one would be inherited."""
    for count in (1, 2):
        earliest(open_channel())
        pubsub.wait_for_requests(count)
    assert len(pubsub.peers) == 2


def test_a_large_response_is_received(pubsub: ScriptedPubSub, channel: PubSubChannel) -> None:
    big = pb.FetchResponse(events=[pb.ConsumerEvent(event=pb.ProducerEvent(payload=b"x" * 1_000_000))] * 6)
    pubsub.stream = lambda _: iter([big])
    assert len(next(earliest(channel)).events) == 6


def test_a_managed_subscription_names_itself_once(pubsub: ScriptedPubSub, channel: PubSubChannel) -> None:
    subscription = channel.managed_subscribe(developer_name="Provisioning", first_credit=10)
    assert subscription.request_more(5) == 5
    assert subscription.request_more(90) == 85
    assert subscription.request_more(1) == 0
    request_id = subscription.commit(REPLAY)
    pubsub.wait_for_requests(4)
    commit = pb.CommitReplayRequest(commit_request_id=request_id, replay_id=REPLAY)
    assert pubsub.received == [
        pb.ManagedFetchRequest(developer_name="Provisioning", num_requested=10),
        pb.ManagedFetchRequest(num_requested=5),
        pb.ManagedFetchRequest(num_requested=85),
        pb.ManagedFetchRequest(commit_replay_id_request=commit),
    ]


def test_the_answer_to_a_commit_is_no_keepalive(pubsub: ScriptedPubSub, channel: PubSubChannel) -> None:
    def committing(_: grpc.ServicerContext) -> Iterator[pb.ManagedFetchResponse]:
        yield pb.ManagedFetchResponse(latest_replay_id=b"latest", pending_num_requested=10)
        pubsub.wait_for_requests(2)
        commit = pubsub.received[1].commit_replay_id_request
        taken = pb.CommitReplayResponse(commit_request_id=commit.commit_request_id, replay_id=commit.replay_id)
        yield pb.ManagedFetchResponse(commit_response=taken)
        for msg in ("older than the committed one", ""):
            refused = pb.Error(code=pb.COMMIT, msg=msg)
            yield pb.ManagedFetchResponse(commit_response=pb.CommitReplayResponse(commit_request_id="x", error=refused))

    pubsub.stream = committing
    subscription = channel.managed_subscribe(developer_name="Provisioning", first_credit=10)
    assert next(subscription).is_keepalive
    request_id = subscription.commit(REPLAY)
    taken, refused, unexplained = (next(subscription) for _ in range(3))
    assert taken.commit == CommitOutcome(request_id, REPLAY, "")
    assert not taken.is_keepalive
    assert refused.commit is not None
    assert refused.commit.error == "older than the committed one"
    assert unexplained.commit is not None
    assert unexplained.commit.error == "refused without a reason"


def test_a_topic_is_described(pubsub: ScriptedPubSub, channel: PubSubChannel) -> None:
    pubsub.unary = lambda request, _: pb.TopicInfo(topic_name=request.topic_name, schema_id="s", can_subscribe=True)
    topic = channel.topic_info(TOPIC)
    assert (topic.name, topic.schema_id, topic.can_publish, topic.can_subscribe) == (TOPIC, "s", False, True)


def test_each_published_event_has_its_own_outcome(pubsub: ScriptedPubSub, channel: PubSubChannel) -> None:
    results = [
        pb.PublishResult(replay_id=REPLAY, correlation_key="a"),
        pb.PublishResult(error=pb.Error(code=pb.PUBLISH, msg="limit"), correlation_key="b"),
        pb.PublishResult(error=pb.Error(code=pb.PUBLISH), correlation_key="c"),
    ]
    pubsub.unary = lambda *_: pb.PublishResponse(results=results)
    outcomes = channel.publish(TOPIC, [OutgoingEvent(name, "s", b"payload") for name in "abc"])
    assert [(each.event_id, each.replay_id, each.error) for each in outcomes] == [
        ("a", REPLAY, ""),
        ("b", b"", "limit"),
        ("c", b"", "refused without a reason"),
    ]
    [request] = pubsub.received
    assert request.topic_name == TOPIC
    assert request.events[0] == pb.ProducerEvent(id="a", schema_id="s", payload=b"payload")
    assert request.auth_refresh == ""


@pytest.mark.parametrize("endpoint", ["api.pubsub.salesforce.com:7443", "10.0.0.1:443", "127.0.0.1.example.com:443"])
def test_without_tls_nothing_leaves_this_machine(open_channel: Callable[..., PubSubChannel], endpoint: str) -> None:
    with pytest.raises(ValueError, match="TLS"):
        open_channel(endpoint=endpoint)


def test_a_private_endpoint_is_trusted_by_its_own_root(
    secured: tuple[ScriptedPubSub, str], open_channel: Callable[..., PubSubChannel]
) -> None:
    server, ca_file = secured
    server.unary = lambda *_: pb.SchemaInfo(schema_json="{}")
    assert open_channel(endpoint=server.endpoint, tls=True, ca_file=ca_file).fetch_schema("s") == "{}"


def test_a_private_endpoint_is_not_trusted_without_its_root(
    secured: tuple[ScriptedPubSub, str], open_channel: Callable[..., PubSubChannel]
) -> None:
    with pytest.raises(StreamError) as caught:
        open_channel(endpoint=secured[0].endpoint, tls=True).fetch_schema("s")
    assert caught.value.status == "UNAVAILABLE"


def test_a_token_is_not_shown_by_its_channel() -> None:
    assert "secret" not in repr(Token("secret", "https://x", "00D58000000arpqEAA"))


@pytest.fixture
def secured(pubsub: ScriptedPubSub, tmp_path: Path) -> Iterator[tuple[ScriptedPubSub, str]]:
    """Serve with a certificate that no public root has signed."""
    key, certificate = _self_signed()
    (tmp_path / "ca.pem").write_bytes(certificate)
    server = type(pubsub)(grpc.ssl_server_credentials([(key, certificate)]))
    yield server, str(tmp_path / "ca.pem")
    server.stop()


def _self_signed() -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = dt.datetime.now(dt.UTC)
    day = dt.timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
    builder = builder.add_extension(names, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    shape, bare = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, shape, bare), certificate


def _then(first: pb.FetchResponse, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest
