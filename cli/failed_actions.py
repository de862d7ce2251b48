"""`provision failed retry` and `resolve`: what a person does about failed orders, written down with who and why."""

import getpass
from collections import Counter
from collections.abc import Sequence
from typing import Any

from actors.broker import make_broker
from cli.context import load_settings, reachable
from cli.failed import failures_with
from cli.ledger_side import open_ledger
from cli.order_ids import order_ids_18
from cli.output import Exit, emit, fail, put, say
from clients.clock import SystemClock
from clients.ledger.ledger import Ledger
from clients.ledger.values import Admission
from pipeline.fulfilment import ledger_request, new_request


def retry_failed(order_ids: Sequence[str], *, code: str | None, as_json: bool) -> None:
    """Start the failed orders again, from the top: those named, or all, or all with one code."""
    settings = load_settings(as_json=as_json)
    wanted = order_ids_18(order_ids, as_json=as_json) if order_ids else None
    with reachable(settings, as_json=as_json), open_ledger(settings) as ledger:
        open_failures = [each["order_id"] for each in failures_with(ledger.failures(), code)]
        _refuse_others(wanted, open_failures, as_json=as_json)
        started = _start_all(ledger, wanted or open_failures)
    emit({"orders": started, "count": len(started)}, as_json=as_json, render=_render_started)


def resolve_failed(order_ids: Sequence[str], *, why: str, by: str | None, as_json: bool) -> None:
    """Close failures without another run: the order was done by hand, or is not wanted any more."""
    settings = load_settings(as_json=as_json)
    if not why.strip():
        fail("Say why with --why: it stands in the order's story.", code=Exit.USAGE, as_json=as_json)
    wanted = order_ids_18(order_ids, as_json=as_json)
    with reachable(settings, as_json=as_json), open_ledger(settings) as ledger:
        _refuse_others(wanted, list(ledger.failures()), as_json=as_json)
        done = [each for each in wanted if ledger.resolve(each, by=by or getpass.getuser(), why=why.strip())]
    emit({"resolved": done, "count": len(done)}, as_json=as_json, render=_render_resolved)


def _refuse_others(wanted: Sequence[str] | None, open_failures: Sequence[str], *, as_json: bool) -> None:
    """End the command when an order that was named has no open failure of that kind; nothing is done then."""
    others = [each for each in wanted or () if each not in set(open_failures)]
    if others:
        fail(f"No such open failure: {', '.join(others)}. Nothing was done.", code=Exit.NOT_FOUND, as_json=as_json)


def _start_all(ledger: Ledger, order_ids: Sequence[str]) -> list[dict[str, Any]]:
    broker = make_broker(ledger)
    started = []
    for order_id in order_ids:
        request = new_request(order_id, source="operator", requested_at=SystemClock().now())
        [admission] = ledger.admit([ledger_request(request, broker)])
        started.append({"order_id": order_id, "run_id": request.run_id, "admission": admission})
    return started


def _render_started(data: dict[str, Any]) -> None:
    for each in data["orders"]:
        put(f"{each['order_id']} {each['admission']}")
    counts = Counter(each["admission"] for each in data["orders"])
    busy = counts[Admission.ALREADY_CLAIMED]
    say(f"{counts[Admission.ENQUEUED]} started" + (f", {busy} are being worked on already" if busy else "") + ".")


def _render_resolved(data: dict[str, Any]) -> None:
    for order_id in data["resolved"]:
        put(f"{order_id} resolved")
