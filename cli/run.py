"""`provision run`: start a run of an order by hand."""

from typing import Any

from actors.broker import make_broker
from cli.context import load_settings, order_id_18, reachable
from cli.output import Exit, emit, fail, say
from clients.clock import SystemClock
from clients.ledger.values import Admission
from pipeline.assembly import make_ledger
from pipeline.fulfilment import ledger_request, new_request


def start_run(order_id: str, *, as_json: bool) -> None:
    """Queue a run from the top, unless one is under way; the stages decide what is left to do."""
    settings = load_settings(as_json=as_json)
    request = new_request(order_id_18(order_id, as_json=as_json), source="operator", requested_at=SystemClock().now())
    with reachable(as_json=as_json):
        ledger = make_ledger(settings)
        [admission] = ledger.admit([ledger_request(request, make_broker(ledger.redis))])
        if admission is not Admission.ENQUEUED:
            stage = ledger.remember(request.order_id).fields.get("stage", "its first stage")
            text = (
                f"Order {request.order_id} is being worked on (at {stage}); see `provision status {request.order_id}`."
            )
            fail(text, code=Exit.BUSY, as_json=as_json)
    emit(
        {"order_id": request.order_id, "run_id": request.run_id, "admission": admission},
        as_json=as_json,
        render=_render,
    )


def _render(data: dict[str, Any]) -> None:
    say(f"Run {data['run_id']} of order {data['order_id']} is queued; see `provision status {data['order_id']}`.")
