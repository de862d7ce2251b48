"""What the ledger remembers of an order, as the JSON document tells it: texts, numbers, times in ISO 8601."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from clients.ledger.ledger import Ledger
from clients.ledger.values import OrderMemory
from config.settings import Settings
from pipeline.assembly import make_ledger

_TEXTS = ("run_id", "stage", "queue", "source", "event_id", "requested_at", "code", "message", "whmcs_order_id")
_MOMENTS = ("updated_at", "due_at", "finished_at")


@contextmanager
def open_ledger(settings: Settings) -> Iterator[Ledger]:
    """Hand out the ledger for one command."""
    ledger = make_ledger(settings)
    try:
        yield ledger
    finally:
        ledger.redis.close()


def read_from_ledger(settings: Settings, order_id: str) -> dict[str, Any] | None:
    """Return what is remembered of an order, None when it was never run. Raises: redis.RedisError."""
    with open_ledger(settings) as ledger:
        memory = ledger.remember(order_id)
        if not memory.fields:
            return None
        facts = ledger_facts(memory)
        return facts | {"held_back": ledger.troubles.paused(facts["queue"]) if facts["queue"] else None}


def ledger_facts(memory: OrderMemory) -> dict[str, Any]:
    """Return what is remembered of an order; `history` is its story, oldest first."""
    fields = memory.fields
    return {
        "state": memory.state,
        **{name: fields.get(name) or None for name in _TEXTS},
        "attempt": int(fields["attempt"]) if fields.get("attempt") else None,
        **{name: _moment(fields, name) for name in _MOMENTS},
        "failure": memory.failure,
        "history": [dict(entry) for entry in memory.history],
    }


def _moment(fields: Mapping[str, str], name: str) -> str | None:
    millis = fields.get(name)
    return datetime.fromtimestamp(int(millis) / 1000, UTC).isoformat(timespec="milliseconds") if millis else None
