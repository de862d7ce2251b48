"""`provision run`: start a run of an order by hand."""

from typing import Any

from actors.broker import make_broker
from cli.context import load_settings, reachable
from cli.ledger_side import open_ledger
from cli.order_ids import order_id_18
from cli.output import Exit, emit, fail, put, say
from cli.salesforce_side import read_from_salesforce
from cli.troubles import TROUBLES, explain
from clients.clock import SystemClock
from clients.ledger.values import Admission
from clients.salesforce.values import ActivationStatus
from config.settings import Settings
from pipeline.fulfilment import ledger_request, new_request


def start_run(order_id: str, *, as_json: bool) -> None:
    """Queue a run from the top, unless one is under way; the stages decide what is left to do."""
    settings = load_settings(as_json=as_json)
    wanted = order_id_18(order_id, as_json=as_json)
    _look(settings, wanted, as_json=as_json)
    with reachable(settings, as_json=as_json):
        data = _queue(settings, wanted, as_json=as_json)
    emit(data, as_json=as_json, render=_render)


def _look(settings: Settings, order_id: str, *, as_json: bool) -> None:
    """Refuse a mistyped id here: a run of it would only leave a failure that nobody ever resolves."""
    try:
        record = read_from_salesforce(settings, order_id)
    except TROUBLES as trouble:
        say(explain(trouble, settings))
        say("So nobody has looked whether the order exists; its run will wait for Salesforce.")
        return
    if record is None:
        text = f"Salesforce has no order {order_id}, or the integration user may not see it; nothing was started."
        fail(text, code=Exit.NOT_FOUND, as_json=as_json)
    if record.activation_status == ActivationStatus.ACTIVATED:
        say("Salesforce says that this order is Activated already: the run will find nothing to do.")


def _queue(settings: Settings, order_id: str, *, as_json: bool) -> dict[str, Any]:
    request = new_request(order_id, source="operator", requested_at=SystemClock().now())
    with open_ledger(settings) as ledger:
        [admission] = ledger.admit([ledger_request(request, make_broker(ledger))])
        if admission is not Admission.ENQUEUED:
            stage = ledger.remember(order_id).fields.get("stage", "its first stage")
            text = f"Order {order_id} is being worked on already (at {stage}); nothing was started."
            fail(f"{text} See: provision status {order_id}", code=Exit.BUSY, as_json=as_json)
    return {"order_id": order_id, "run_id": request.run_id, "admission": admission}


def _render(data: dict[str, Any]) -> None:
    put(f"{data['order_id']} run {data['run_id']} queued")
    say(f"See how it goes: provision status {data['order_id']}")
