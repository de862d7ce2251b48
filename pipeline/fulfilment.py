"""The chain that turns one order request into an activated order, readable at a glance."""

import uuid
from datetime import datetime

import dramatiq

from actors.accept_order import accept_order
from actors.add_order import add_order
from actors.check_payment import check_payment
from actors.map_items import map_items
from actors.record_failure import record_failure
from actors.stage import Stage
from actors.toolbox import Clients
from actors.validate_order import validate_order
from actors.values import OrderRequest
from actors.write_back import write_back
from clients.ledger.values import Job, Request
from clients.salesforce.ids import to_18

STAGES: tuple[Stage, ...] = (validate_order, check_payment, map_items, add_order, accept_order, write_back)
QUEUES: tuple[str, ...] = (*(stage.queue for stage in STAGES), record_failure.queue)


def declare_stages(broker: dramatiq.Broker, use: Clients) -> None:
    """Declare every stage as an actor of the broker."""
    for stage in (*STAGES, record_failure):
        stage.declare(broker, use, on_failure=record_failure)


def fulfilment(request: OrderRequest, broker: dramatiq.Broker) -> dramatiq.pipeline:
    """Return the pipeline of one run; its first message carries the others inside it."""
    first, *rest = STAGES
    return dramatiq.pipeline([first.message(request), *(stage.message() for stage in rest)], broker=broker)


def ledger_request(request: OrderRequest, broker: dramatiq.Broker, *, namespace: str = "dramatiq") -> Request:
    """Return the request as the ledger takes it in: with the pipeline's first message, encoded for its queue."""
    redis_message_id = str(uuid.uuid4())
    message = fulfilment(request, broker).messages[0].copy(options={"redis_message_id": redis_message_id})
    return Request(
        order_id=request.order_id,
        run_id=request.run_id,
        source=request.source,
        requested_at=request.requested_at,
        event_id=request.event_id or "",
        job=Job(
            queue_key=f"{namespace}:{message.queue_name}",
            messages_key=f"{namespace}:{message.queue_name}.msgs",
            redis_message_id=redis_message_id,
            data=message.encode(),
        ),
    )


def new_request(order_id: str, *, source: str, requested_at: datetime, event_id: str | None = None) -> OrderRequest:
    """Return a request for a new run of an order. Raises: ValueError for what is no 15- or 18-character id."""
    return OrderRequest.model_validate(
        {
            "order_id": to_18(order_id.strip()),
            "run_id": uuid.uuid4().hex,
            "requested_at": requested_at,
            "source": source,
            "event_id": event_id,
        }
    )
