"""`provision publish`: one event for each order, or none at all."""

from collections.abc import Iterator, Sequence

import pytest

from cli.publish import BATCH, _send
from clients.salesforce.events import OutgoingEvent, PublishOutcome
from clients.salesforce.stream_errors import StreamError
from sandbox.server import Sandbox
from tests.support.command_line import provision, provision_here
from tests.support.stack import Stack

TOPIC = "/event/OrderProvisionRequested__e"


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def env(box: Sandbox) -> dict[str, str]:
    return box.env | {"REDIS_URL": "redis://127.0.0.1:1/0"}


def on_the_bus(box: Sandbox) -> int:
    return len(box.org.bus.topics[TOPIC].events)


def test_what_is_published_runs_and_ends_in_salesforce(stack: Stack, redis_url: str) -> None:
    samples = [stack.place("plain_monthly"), stack.place("no_pay_method")]
    ids = [sample.order_id for sample in samples]
    with stack.subscriber():
        said = provision("publish", *ids, env=stack.box.env | {"REDIS_URL": redis_url})
        for order_id in ids:
            stack.ended(order_id)
    assert (said.code, said.err) == (0, "")
    assert [line.split(" as event ")[0] for line in said.out.splitlines()] == [f"{one} published" for one in ids]
    assert stack.order(ids[0])["Activation_Status__c"] == "Activated"
    assert stack.order(ids[1])["Activation_Error_Code__c"] == "PAYMENT_METHOD_MISSING"


def test_an_order_that_is_given_twice_in_either_length_is_published_once(box: Sandbox, env: dict[str, str]) -> None:
    [sample] = box.make_orders(1, kinds=["plain_monthly"])
    said = provision_here("publish", sample.order_id, sample.order_id[:15], "--json", env=env)
    assert said.code == 0
    assert [event["order_id"] for event in said.document["events"]] == [sample.order_id]
    assert "published once" in said.err
    assert on_the_bus(box) == 1


def test_when_one_id_is_wrong_all_wrong_ones_are_told_and_nothing_is_published(
    box: Sandbox, env: dict[str, str]
) -> None:
    [sample] = box.make_orders(1, kinds=["plain_monthly"])
    said = provision_here("publish", sample.order_id, "8015e", "0015e000WI2DY8w", env=env)
    assert (said.code, said.out) == (2, "")
    assert "'8015e'" in said.err
    assert "'0015e000WI2DY8w' is the id of something else" in said.err
    assert "Nothing was done" in said.err
    assert on_the_bus(box) == 0


@pytest.mark.parametrize(
    ("setting", "value", "remedy"),
    [
        ("SF_PUBSUB_ENDPOINT", "127.0.0.1:1", "check SF_PUBSUB_ENDPOINT"),
        ("SF_PROVISION_EVENT_CHANNEL", "/event/Nope__e", "check SF_PROVISION_EVENT_CHANNEL"),
        ("SF_CLIENT_ID", "unknown", "SF_CLIENT_ID is not the consumer key"),
    ],
)
def test_what_is_away_or_refuses_is_named_with_its_remedy_and_ends_with_code_5(
    env: dict[str, str], setting: str, value: str, remedy: str
) -> None:
    said = provision_here("publish", "801000000000001", "--json", env=env | {setting: value})
    assert said.code == 5
    assert remedy in said.document["error"]
    assert remedy in said.err
    assert "Traceback" not in said.err


def test_an_event_with_other_fields_than_ours_is_told_as_such_and_ends_with_code_1(
    box: Sandbox, env: dict[str, str]
) -> None:
    box.call(lambda: box.org.bus.add_topic(TOPIC, {"Order_Number__c": "Text"}))
    said = provision_here("publish", "801000000000001", "--json", env=env)
    assert said.code == 1
    assert said.document["error"] == (
        f"The event of {TOPIC} has other fields than config/names.py says: the event has no field OrderId__c."
    )


class _Bus:
    """A channel that fails from its second request on."""

    def __init__(self, *, works: int) -> None:
        self.works = works

    def publish(self, topic: str, events: Sequence[OutgoingEvent]) -> tuple[PublishOutcome, ...]:
        if self.works == 0:
            raise StreamError(status="UNAVAILABLE", details="gone")
        self.works -= 1
        return tuple(PublishOutcome(event.event_id, b"1", "") for event in events)


def test_what_was_published_before_the_bus_went_away_is_told_and_not_thrown_away() -> None:
    events = [OutgoingEvent(str(number), "schema", b"") for number in range(BATCH + 2)]
    outcomes = _send(_Bus(works=1), TOPIC, events)  # type: ignore[arg-type]  # the one method that is called
    assert [bool(outcome.error) for outcome in outcomes] == [False] * BATCH + [True] * 2
    with pytest.raises(StreamError):
        _send(_Bus(works=0), TOPIC, events)  # type: ignore[arg-type]  # see above
