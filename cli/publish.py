"""`provision publish`: publish the event that asks for orders to be provisioned."""

import time
import uuid
from typing import Any

from cli.context import load_settings, order_id_18, reachable
from cli.output import Exit, emit, fail, say
from clients.salesforce.avro import SchemaCache
from clients.salesforce.events import OutgoingEvent, PublishOutcome
from clients.salesforce.pubsub import PubSubChannel
from config.names import Names
from config.settings import Settings
from pipeline.assembly import make_auth

# Salesforce advises at most 200 events in one request.
BATCH = 200


def publish_events(order_ids: list[str], *, as_json: bool) -> None:
    """Publish one event an order; exit code 1 when the bus refused any."""
    settings = load_settings(as_json=as_json)
    ids = [order_id_18(order_id, as_json=as_json) for order_id in order_ids]
    with reachable(as_json=as_json):
        outcomes = _publish(settings, ids)
    data = {
        "events": [
            {"order_id": order_id, "event_id": outcome.event_id, "error": outcome.error or None}
            for order_id, outcome in zip(ids, outcomes, strict=True)
        ]
    }
    emit(data, as_json=as_json, render=_render)
    refused = [outcome for outcome in outcomes if outcome.error]
    if refused:
        fail(f"{len(refused)} of {len(outcomes)} events were refused: {refused[0].error}", code=Exit.FAILED)


def _publish(settings: Settings, order_ids: list[str]) -> list[PublishOutcome]:
    channel = PubSubChannel(
        endpoint=settings.sf_pubsub_endpoint,
        tls=settings.sf_pubsub_tls,
        ca_file=settings.sf_pubsub_ca_file,
        token=make_auth(settings).token(),
    )
    topic = settings.sf_provision_event_channel
    try:
        schema_id = channel.topic_info(topic).schema_id
        schemas = SchemaCache(channel.fetch_schema)
        events = [_event(schemas, schema_id, order_id) for order_id in order_ids]
        return [
            outcome
            for start in range(0, len(events), BATCH)
            for outcome in channel.publish(topic, events[start : start + BATCH])
        ]
    finally:
        channel.close()


def _event(schemas: SchemaCache, schema_id: str, order_id: str) -> OutgoingEvent:
    # A publisher has to fill CreatedDate (epoch milliseconds) and CreatedById itself; Salesforce checks neither.
    fields = {
        "CreatedDate": int(time.time() * 1000),
        "CreatedById": "",
        Names().event.order_id: order_id,
    }
    return OutgoingEvent(str(uuid.uuid4()), schema_id, schemas.encode(schema_id, fields))


def _render(data: dict[str, Any]) -> None:
    for event in data["events"]:
        say(f"{event['order_id']}: " + (event["error"] or f"published as event {event['event_id']}"))
