"""The chain that turns one order request into an activated order, readable at a glance."""

import uuid
from datetime import datetime
from typing import Any

import dramatiq

from actors.accept_order import accept_order
from actors.add_order import add_order
from actors.broker import FulfilmentBroker
from actors.check_payment import check_payment
from actors.map_items import map_items
from actors.record_failure import record_failure
from actors.stage import Stage
from actors.stage_end import as_request
from actors.toolbox import Clients
from actors.validate_order import validate_order
from actors.values import OrderRequest
from actors.write_back import write_back
from clients.ledger.values import Request
from clients.salesforce.ids import to_18

STAGES: tuple[Stage, ...] = (validate_order, check_payment, map_items, add_order, accept_order, write_back)
STAGE_QUEUES: tuple[str, ...] = (*(stage.queue for stage in STAGES), record_failure.queue)


def declare_stages(broker: FulfilmentBroker, use: Clients) -> None:
    """Declare every stage as an actor of the broker."""
    for stage in (*STAGES, record_failure):
        stage.declare(
            broker, use, on_failure=record_failure, from_the_top=lambda request: first_message(request, broker)
        )


def first_message(request: OrderRequest, broker: dramatiq.Broker) -> dramatiq.Message[Any]:
    """Return the first message of one run; it carries those of the other stages inside it, as Dramatiq's pipelines do.

    The pipeline is only composed here: the broker hands each value over itself, see `actors.broker`.
    """
    first, *rest = STAGES
    chain = [first.message(request), *(stage.message() for stage in rest)]
    return dramatiq.pipeline(chain, broker=broker).messages[0]


def ledger_request(request: OrderRequest, broker: dramatiq.Broker) -> Request:
    """Return the request as the ledger takes it in: with the first message of its run, encoded for its queue."""
    return as_request(request, first_message(request, broker))


def new_request(
    order_id: str,
    *,
    source: str,
    requested_at: datetime,
    event_id: str | None = None,
    event_at: datetime | None = None,
) -> OrderRequest:
    """Return a request for a new run of an order. Raises: ValueError for what is no 15- or 18-character id."""
    return OrderRequest.model_validate(
        {
            "order_id": to_18(order_id.strip()),
            "run_id": uuid.uuid4().hex,
            "requested_at": requested_at,
            "source": source,
            "event_id": event_id,
            "event_at": event_at,
        }
    )
