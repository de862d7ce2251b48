"""`provision publish`: publish the event that asks for orders to be provisioned."""

import time
import uuid
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from cli.context import load_settings, reachable
from cli.order_ids import order_ids_18
from cli.output import Exit, emit, fail, printable, put, say
from clients.salesforce.auth import Token
from clients.salesforce.avro import SchemaCache, UndecodableEvent
from clients.salesforce.events import OutgoingEvent, PublishOutcome
from clients.salesforce.pubsub import PubSubChannel
from clients.salesforce.stream_errors import StreamError
from config.names import Names
from config.settings import Settings
from pipeline.assembly import make_auth

# Salesforce advises at most 200 events in one request.
BATCH = 200


def publish_events(order_ids: list[str], *, as_json: bool) -> None:
    """Publish one event an order, none at all when an id is wrong; exit code 1 when the bus refused any."""
    settings = load_settings(as_json=as_json)
    ids = order_ids_18(order_ids, as_json=as_json)
    if len(ids) < len(order_ids):
        say("An id that was given several times is published once.")
    with reachable(settings, as_json=as_json):
        outcomes = _publish(settings, ids, as_json=as_json)
    pairs = zip(ids, outcomes, strict=True)
    events = [{"order_id": order_id, "event_id": it.event_id, "error": it.error or None} for order_id, it in pairs]
    emit({"events": events}, as_json=as_json, render=_render)
    if refused := sum(bool(outcome.error) for outcome in outcomes):
        fail(f"{refused} of {len(ids)} events were not published; trying again is harmless.", code=Exit.FAILED)


def _publish(settings: Settings, order_ids: Sequence[str], *, as_json: bool) -> list[PublishOutcome]:
    topic = settings.sf_provision_event_channel
    with closing(make_auth(settings)) as auth, closing(_channel(settings, auth.token())) as channel:
        try:
            return _send(channel, topic, _events(channel, topic, order_ids))
        except (ValueError, UndecodableEvent) as error:
            text = f"The event of {topic} has other fields than config/names.py says: {error}."
            fail(text, code=Exit.FAILED, as_json=as_json)


def _channel(settings: Settings, token: Token) -> PubSubChannel:
    return PubSubChannel(
        endpoint=settings.sf_pubsub_endpoint,
        tls=settings.sf_pubsub_tls,
        ca_file=settings.sf_pubsub_ca_file,
        token=token,
    )


def _events(channel: PubSubChannel, topic: str, order_ids: Sequence[str]) -> list[OutgoingEvent]:
    schema_id = channel.topic_info(topic).schema_id
    schemas = SchemaCache(channel.fetch_schema)
    return [
        OutgoingEvent(str(uuid.uuid4()), schema_id, schemas.encode(schema_id, _fields(order_id)))
        for order_id in order_ids
    ]


def _fields(order_id: str) -> dict[str, object]:
    # A publisher has to fill CreatedDate (epoch milliseconds) and CreatedById itself; Salesforce checks neither.
    return {"CreatedDate": int(time.time() * 1000), "CreatedById": "", Names().event.order_id: order_id}


def _send(channel: PubSubChannel, topic: str, events: Sequence[OutgoingEvent]) -> list[PublishOutcome]:
    """Publish in batches; what was published before one failed is told, not thrown away."""
    outcomes: list[PublishOutcome] = []
    for start in range(0, len(events), BATCH):
        batch = events[start : start + BATCH]
        try:
            outcomes.extend(channel.publish(topic, batch))
        except StreamError as error:
            if not outcomes:
                raise
            outcomes.extend(PublishOutcome(event.event_id, b"", f"not sent: {error}") for event in batch)
    return outcomes


def _render(data: dict[str, Any]) -> None:
    for event in data["events"]:
        what = f"refused: {printable(event['error'])}" if event["error"] else f"published as event {event['event_id']}"
        put(f"{event['order_id']} {what}")
