"""How `provision status` reads: who says what of the order, then its story, one line a stage run."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from cli.output import printable
from cli.screen import make_console, show
from clients.ledger.values import OrderState

Facts = dict[str, Any]

_COLOURS = {
    **dict.fromkeys(("Activated", "activated"), "green"),
    **dict.fromkeys(("Failed", "failed"), "red"),
    **dict.fromkeys(("Activating", "Requested", "running", "waiting"), "yellow"),
}
# Shorter, it is how queues are; longer, the stage had too few workers, or none.
_LATE_S = 1.0
_NO_MEMORY = "nothing remembered: never run here, finished too long ago, or the store was emptied"
_STANDS: dict[OrderState, Callable[[Facts], str]] = {
    OrderState.QUEUED: lambda of: f"waits for a worker of {of['queue'] or of['stage']}",
    OrderState.RUNNING: lambda of: f"is in {of['stage']}, try {of['attempt']}, since {_time(of['updated_at'])}",
    OrderState.HANDED_OVER: lambda of: f"passed {of['stage']}, waits for a worker of {of['queue'] or 'the next stage'}",
    OrderState.WAITING: lambda of: f"{of['stage']} is tried again at {_time(of['due_at'])}: {_reason(of)}",
    OrderState.ACTIVATED: lambda of: f"done at {_time(of['finished_at'])}",
    OrderState.FAILED: lambda of: f"in {of['stage']} at {_time(of['finished_at'])}: {_reason(of)}",
    OrderState.ENDED: lambda of: f"at {_time(of['finished_at'])}: there was nothing to do",
}


def print_status(found: Facts) -> None:
    """Print the findings of one order to stdout."""
    console = make_console()
    number = (found["salesforce"] or {}).get("order_number")
    title = Text(f"Order {found['order_id']}" + (f", number {printable(number)}" if number else ""), "bold")
    sides = _grid()
    sides.add_row("Salesforce", _salesforce(found))
    sides.add_row("Ledger", _ledger(found))
    show(console, title, sides, *([_story(found["ledger"]["history"])] if found["ledger"] else []))


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(overflow="fold")
    grid.add_column(overflow="fold")  # an id is copied from here: never cut
    return grid


def _salesforce(found: Facts) -> Text:
    facts = found["salesforce"]
    if facts is None:
        return Text("could not be asked" if "salesforce" in found["unreachable"] else "has no such order", "red")
    told = [
        ("", facts["error_code"]),
        ("WHMCS order ", facts["whmcs_order_id"]),
        ("services ", _service_ids(facts)),
        ("last attempt ", facts["last_attempt_at"] and _time(facts["last_attempt_at"])),
    ]
    status = printable(facts["activation_status"] or "no activation status")
    rest = "".join(f", {name}{printable(value)}" for name, value in told if value)
    return Text.assemble((status, _COLOURS.get(status, "")), rest)


def _service_ids(facts: Facts) -> str:
    return " ".join(item["whmcs_service_id"] for item in facts["items"] if item["whmcs_service_id"])


def _ledger(found: Facts) -> Text:
    facts = found["ledger"]
    if facts is None:
        return Text("could not be asked" if "redis" in found["unreachable"] else _NO_MEMORY)
    state = OrderState(facts["state"])
    placed = f"WHMCS order {facts['whmcs_order_id']}, " if facts["whmcs_order_id"] else ""
    resolved = "; resolved" if state is OrderState.FAILED and not facts["failure"] else ""
    stands = printable(placed + _STANDS[state](facts) + _held_back(facts) + resolved)
    return Text.assemble((state.replace("_", " "), _COLOURS.get(state, "")), ", ", stands)


def _held_back(facts: Facts) -> str:
    held = facts["held_back"]
    return f"; {facts['queue']} is held back until {_time(held['until'])}: {held['reason']}" if held else ""


def _reason(facts: Facts) -> str:
    return f"{facts['code']}: {facts['message']}" if facts["code"] else "no reason told"


def _story(history: list[Facts]) -> Table:
    table = _grid()
    day, said = "", ""
    for entry in history:
        at = datetime.fromisoformat(entry["at"])
        if f"{at:%Y-%m-%d}" != day:
            day = f"{at:%Y-%m-%d}"
            table.add_row("")
            table.add_row("", Text(f"{day} (UTC)", "dim"))
        words = _words(entry)
        table.add_row(f"{at:%H:%M:%S}.{at.microsecond // 1000:03}", _entry(entry, "" if words == said else words))
        said = words
    return table


def _entry(entry: Facts, words: str) -> Text:
    outcome = str(entry.get("outcome", ""))
    return Text.assemble((_head(entry, outcome), _COLOURS.get(outcome, "")), f"\n{words}" if words else "")


def _head(entry: Facts, outcome: str) -> str:
    if entry.get("stage") == "request":
        return f"requested by {outcome} {entry.get('event_id', '')}".rstrip()
    if outcome == "resolved":
        return printable(f"failure resolved by {entry.get('by', 'somebody')}: {entry.get('message', 'no reason told')}")
    took = f"{float(entry.get('duration_s', 0)) * 1000:7.1f} ms"
    waited_s, wait_s = float(entry.get("waited_s", 0)), float(entry.get("wait_s", 0))
    late = f", was due {waited_s:.1f} s before" if waited_s >= _LATE_S else ""
    again = f", again in {wait_s:.1f} s" if wait_s else ""
    return f"{entry.get('stage', ''):<14}  try {entry.get('attempt', '?')}  {outcome:<9} {took}{late}{again}"


def _words(entry: Facts) -> str:
    """Return what was said of a stage run; the detail only where it says more than the message."""
    message, detail = str(entry.get("message", "")), str(entry.get("detail", ""))
    more = f" ({detail})" if detail and detail != message else ""
    return printable(f"{entry['code']}: {message}{more}") if entry.get("code") else ""


def _time(iso: str | None) -> str:
    return f"{datetime.fromisoformat(iso):%Y-%m-%d %H:%M:%S} UTC" if iso else "a time that was not written down"
