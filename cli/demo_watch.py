"""How far the orders of the demo are: their stages from the ledger, their end from both systems."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.text import Text

from clients.ledger.ledger import Ledger
from clients.ledger.values import FINAL_STATES, OrderState
from sandbox.samples import PlacedSample

# Published, and not yet taken in by the subscriber.
_ON_ITS_WAY = "event-stream"
_STAGES = (
    _ON_ITS_WAY,
    "validate-order",
    "check-payment",
    "map-items",
    "add-order",
    "accept-order",
    "activate-esim",
    "write-back",
    "record-failure",
)


@dataclass(frozen=True, slots=True)
class Row:
    """Where one order stands. `outcome` is empty while it travels."""

    sample: PlacedSample
    stage: str = _ON_ITS_WAY
    outcome: str = ""
    code: str = ""
    whmcs_order_id: str = ""
    finished_at_s: float = 0.0

    @property
    def has_ended(self) -> bool:
        """Tell whether nothing more is going to happen to it."""
        return bool(self.outcome)


def outcome_text(row: Row) -> Text:
    """Return how an order ended, or the stage in which it is."""
    match row.outcome:
        case "":
            return Text(row.stage, "cyan")
        case OrderState.ACTIVATED:
            return Text("activated", "green")
        case OrderState.ENDED:
            return Text("left as it was", "green")
    return Text(row.code or row.outcome, "yellow")


@dataclass(slots=True)
class Watch:
    """The orders of one demo; `look` brings it up to date and costs one round trip for all that have not ended."""

    ledger: Ledger
    rows: dict[str, Row]
    started_at_s: float = field(default_factory=time.time)
    moved_at_s: float = field(default_factory=time.monotonic)

    @classmethod
    def over(cls, ledger: Ledger, samples: Sequence[PlacedSample]) -> "Watch":
        """Return a watch over orders that are being published now."""
        return cls(ledger, {sample.order_id: Row(sample) for sample in samples})

    def look(self) -> None:
        """Ask the ledger about every order that has not ended."""
        open_ids = [order_id for order_id, row in self.rows.items() if not row.has_ended]
        for order_id, fields in self.ledger.states(open_ids).items():
            before = self.rows[order_id]
            now = _row(before.sample, fields)
            if (now.stage, now.outcome) != (before.stage, before.outcome):
                self.moved_at_s = time.monotonic()
            self.rows[order_id] = now

    @property
    def ended(self) -> list[Row]:
        """Return the orders that have ended."""
        return [row for row in self.rows.values() if row.has_ended]

    @property
    def is_over(self) -> bool:
        """Tell whether all have ended."""
        return all(row.has_ended for row in self.rows.values())

    @property
    def under_way(self) -> dict[str, int]:
        """Return how many orders are in each stage, in the order of the stages."""
        counts = Counter(row.stage for row in self.rows.values() if not row.has_ended)
        return dict(sorted(counts.items(), key=lambda pair: _STAGES.index(pair[0]) if pair[0] in _STAGES else 99))

    @property
    def failed_by_code(self) -> dict[str, int]:
        """Return how many orders failed, by code."""
        codes = Counter(row.code for row in self.rows.values() if row.outcome == OrderState.FAILED)
        return dict(sorted(codes.items()))

    @property
    def counts(self) -> str:
        """Return in words how many orders have ended, how, and where the others are."""
        ended, failed = len(self.ended), sum(self.failed_by_code.values())
        where = ", ".join(f"{count} in {stage}" for stage, count in self.under_way.items())
        text = f"{ended} of {len(self.rows)} ended: {ended - failed} activated, {failed} failed"
        return f"{text}; {where}" if where else text

    @property
    def seconds(self) -> float:
        """Return how long it took, or has taken so far."""
        last_s = max((row.finished_at_s for row in self.rows.values()), default=0.0)
        return max(0.0, (last_s if self.is_over else time.time()) - self.started_at_s)

    @property
    def still_for_s(self) -> float:
        """Return how long no order has moved on; trying the same stage again is no move."""
        return time.monotonic() - self.moved_at_s


def _row(sample: PlacedSample, fields: Mapping[str, str]) -> Row:
    state = fields.get("state", "")
    has_ended = state in FINAL_STATES
    return Row(
        sample,
        # Between two stages an order waits in the queue of the next.
        stage=fields.get("queue") or fields.get("stage") or _ON_ITS_WAY,
        outcome=state if has_ended else "",
        code=fields.get("code", "") if state == OrderState.FAILED else "",
        whmcs_order_id=fields.get("whmcs_order_id", ""),
        finished_at_s=int(fields.get("finished_at", 0)) / 1000 if has_ended else 0.0,
    )
