"""`provision failed list` and `show`: the orders that could not be done and that nobody has resolved."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from cli.context import load_settings, reachable
from cli.ledger_side import open_ledger
from cli.order_ids import order_id_18
from cli.output import Exit, emit, fail, printable, say
from cli.screen import make_console, show
from cli.status import show_status

Failure = dict[str, Any]


def list_failed(*, code: str | None, as_json: bool) -> None:
    """Print every unresolved failure, oldest first, all or those with one code."""
    settings = load_settings(as_json=as_json)
    with reachable(settings, as_json=as_json), open_ledger(settings) as ledger:
        found = failures_with(ledger.failures(), code)
    emit({"failures": found, "count": len(found)}, as_json=as_json, render=_render)


def show_failed(order_id: str, *, as_json: bool) -> None:
    """Print all about one failed order: what both sides say, its story; exit code 3 when it has no open failure."""
    settings = load_settings(as_json=as_json)
    wanted = order_id_18(order_id, as_json=as_json)
    with reachable(settings, as_json=as_json), open_ledger(settings) as ledger:
        if wanted not in ledger.failures():
            fail(f"Order {wanted} has no open failure.", code=Exit.NOT_FOUND, as_json=as_json)
    show_status(wanted, as_json=as_json)


def failures_with(failures: Mapping[str, Mapping[str, object]], code: str | None) -> list[Failure]:
    """Return the failures as the JSON document tells them, oldest first."""
    found = [{"order_id": order_id, **entry} for order_id, entry in failures.items()]
    return sorted((each for each in found if code in {None, each.get("code")}), key=lambda each: str(each.get("at")))


def _render(data: dict[str, Any]) -> None:
    if not data["failures"]:
        say("No order has failed that nobody has resolved.")
        return
    table = Table("order", "since (UTC)", "code", "stage", "what to do", box=None, pad_edge=False)
    for each in data["failures"]:
        shown = (each["order_id"], str(each.get("at", ""))[:19], each.get("code", ""), each.get("stage", ""))
        table.add_row(*(printable(str(part)) for part in (*shown, each.get("message", ""))))
    show(make_console(), table)
    say(f"{data['count']} failed. When a cause is mended: provision failed retry ORDER_ID…, or --code CODE for all.")
