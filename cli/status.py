"""`provision status`: where an order stands."""

from typing import Any

from rich.console import Console
from rich.table import Table

from cli.context import load_settings, order_id_18, reachable
from cli.output import Exit, emit, fail
from clients.ledger.values import OrderMemory
from clients.salesforce.orders import SalesforceOrders
from clients.salesforce.values import OrderRecord
from config.names import Names
from config.settings import Settings
from pipeline.assembly import make_auth, make_ledger


def show_status(order_id: str, *, as_json: bool) -> None:
    """Print what Salesforce says and what we remember; exit code 3 when neither knows the order."""
    settings = load_settings(as_json=as_json)
    wanted = order_id_18(order_id, as_json=as_json)
    with reachable(as_json=as_json):
        record = _read(settings, wanted)
        memory = make_ledger(settings).remember(wanted)
    if record is None and not memory.fields:
        fail(f"Neither Salesforce nor the ledger knows an order {wanted}.", code=Exit.NOT_FOUND, as_json=as_json)
    emit(
        {"order_id": wanted, "salesforce": _salesforce(record), "ledger": _ledger(memory)},
        as_json=as_json,
        render=_render,
    )


def _read(settings: Settings, order_id: str) -> OrderRecord | None:
    auth = make_auth(settings)
    orders = SalesforceOrders(auth, names=Names(), api_version=settings.sf_api_version, max_connections=1)
    try:
        return orders.read_order(order_id)
    finally:
        orders.close()
        auth.close()


def _salesforce(record: OrderRecord | None) -> dict[str, Any] | None:
    if record is None:
        return None
    return {
        "order_number": record.order_number,
        "activation_status": record.activation_status,
        "error_code": record.error_code,
        "whmcs_order_id": record.whmcs_order_id,
        "last_attempt_at": record.last_attempt_at,
        "items": [{"id": item.id, "whmcs_service_id": item.whmcs_service_id} for item in record.items],
    }


def _ledger(memory: OrderMemory) -> dict[str, Any]:
    return {
        "state": memory.state,
        "run_id": memory.fields.get("run_id"),
        "stage": memory.fields.get("stage"),
        "attempt": memory.fields.get("attempt"),
        "code": memory.fields.get("code"),
        "message": memory.fields.get("message"),
        "failure": memory.failure,
        "history": list(memory.history),
    }


def _render(data: dict[str, Any]) -> None:
    console = Console()
    console.print(f"Order [bold]{data['order_id']}[/]")
    salesforce, ledger = data["salesforce"], data["ledger"]
    if salesforce is None:
        console.print("Salesforce: has no such order")
    else:
        console.print(
            f"Salesforce: {salesforce['activation_status']}, number {salesforce['order_number']}, "
            f"WHMCS order {salesforce['whmcs_order_id'] or 'none'}, error {salesforce['error_code'] or 'none'}"
        )
    console.print(f"Ledger: {ledger['state'] or 'knows nothing of it'}, stage {ledger['stage'] or '-'}")
    if ledger["code"]:
        console.print(f"  {ledger['code']}: {ledger['message']}", markup=False)
    console.print(_story(ledger["history"]))


def _story(history: list[dict[str, Any]]) -> Table:
    table = Table("time (UTC)", "stage", "try", "outcome", "seconds", "why")
    for entry in history:
        why = " ".join(str(entry[name]) for name in ("code", "message", "event_id") if entry.get(name))
        table.add_row(
            str(entry["at"])[:23],
            str(entry.get("stage", "")),
            str(entry.get("attempt", "")),
            str(entry.get("outcome", "")),
            str(entry.get("duration_s", "")),
            why,
        )
    return table
