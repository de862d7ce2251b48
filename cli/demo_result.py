"""What came of the demo's orders: the document, and how a person reads it."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from cli.demo_watch import Row, Watch, outcome_text
from cli.output import printable, put
from cli.screen import make_console, show
from sandbox.audit import AuditReport, Verdict

# More rows than this are no reading: then the counts have to do.
_MOST_ROWS = 60
_MOST_LISTED = 20

Document = dict[str, Any]


def make_document(watch: Watch, report: AuditReport, crashes: Sequence[str]) -> Document:
    """Return the result as the JSON document has it; `ok` is what the exit code says."""
    return {
        "ok": report.ok and watch.is_over,
        "orders": len(watch.rows),
        "activated": report.activated,
        "failed_by_code": watch.failed_by_code,
        "not_ended": [order_id for order_id, row in watch.rows.items() if not row.has_ended],
        "seconds": round(watch.seconds, 2),
        "lost": report.lost,
        "doubled": report.doubled,
        "wrong": report.wrong,
        "findings": report.as_json()["findings"],
        "crashes": list(crashes),
    }


def print_result(result: Document, rows: Sequence[Row]) -> None:
    """Print the result to stdout: every order where they are few, then the counts, then the audit."""
    console = make_console()
    if len(rows) <= _MOST_ROWS:
        show(console, _orders(rows))
        put("")
    show(console, *_counts(result))
    for crash in result["crashes"]:
        put(f"On the way {crash}; all processes were started again, as a platform does.")
    show(console, *_audit(result, rows))


def _orders(rows: Sequence[Row]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row(*(Text(title, "bold") for title in ("order", "kind", "outcome", "WHMCS order")))
    for row in rows:
        table.add_row(row.sample.order_id, row.sample.kind, outcome_text(row), row.whmcs_order_id)
    return table


def _counts(result: Document) -> list[Text | Table]:
    failed = sum(result["failed_by_code"].values())
    ended = f"{result['orders'] - len(result['not_ended'])} of " if result["not_ended"] else ""
    head = f"{ended}{result['orders']} orders ended in {result['seconds']:.1f} s: "
    codes = Table.grid(padding=(0, 2))
    for code, count in result["failed_by_code"].items():
        codes.add_row("", Text(code, "yellow"), str(count))
    counts = (f"{result['activated']} activated", "green"), ", ", (f"{failed} failed", "yellow")
    return [Text.assemble((head, "bold"), *counts), codes]


def _audit(result: Document, rows: Sequence[Row]) -> list[Text]:
    """Return the audit's verdict, and what it found; of orders that have not ended, where they are."""
    words = f"{result['lost']} lost, {result['doubled']} doubled, {result['wrong']} wrong"
    head = Text.assemble("Audit of Salesforce and WHMCS: ", (words, "bold green" if result["ok"] else "bold red"))
    if result["ok"]:
        head.append("; every order ended as it had to")
    open_rows = {row.sample.order_id: row for row in rows if not row.has_ended}
    found = [f"not ended: {order_id} ({row.sample.kind}) in {row.stage}" for order_id, row in open_rows.items()]
    found += [
        f"{each['verdict']}: {each['order_id']} ({each['kind']}): {each['text']}"
        for each in result["findings"]
        if each["verdict"] != Verdict.LOST or each["order_id"] not in open_rows
    ]
    more = [f"and {len(found) - _MOST_LISTED} more"] if len(found) > _MOST_LISTED else []
    return [head, *(Text(printable(f"  {line}")) for line in (*found[:_MOST_LISTED], *more))]
