"""Know which custom field carries the marker on each product: ids differ from product to product."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from clients.clock import Clock
from clients.errors import ErrorCode, NeedsHuman
from clients.whmcs.values import Product

# Long enough to spare a heavy call per order, short enough that a field made anew is found the same hour.
_KEPT = timedelta(minutes=15)


class MarkerFields:
    """Look up and remember the id of the field named `name` per product; shared by threads (a dict write is atomic)."""

    def __init__(self, name: str, *, products: Callable[[Sequence[int]], list[Product]], clock: Clock) -> None:
        self._name = name
        self._products = products
        self._clock = clock
        self._known: dict[int, tuple[int, datetime]] = {}

    def of(self, pids: Iterable[int]) -> dict[int, int]:
        """Return the field's id by pid, for every pid asked for.

        Raises: NeedsHuman(PRODUCT_NOT_MAPPED) for a product without the field, and what GetProducts raises.
        """
        wanted = sorted(set(pids))
        now = self._clock.now()
        if missing := [pid for pid in wanted if not self._is_fresh(pid, now)]:
            self._learn(missing, now)
        return {pid: self._known[pid][0] for pid in wanted}

    def _is_fresh(self, pid: int, now: datetime) -> bool:
        return pid in self._known and now - self._known[pid][1] < _KEPT

    def _learn(self, pids: list[int], now: datetime) -> None:
        found = {
            product.pid: field.id
            for product in self._products(pids)
            for field in product.custom_fields
            if field.name == self._name
        }
        if lacking := [pid for pid in pids if pid not in found]:
            raise _no_field(self._name, lacking)
        self._known.update({pid: (found[pid], now) for pid in pids})


def _no_field(name: str, pids: list[int]) -> NeedsHuman:
    which = ", ".join(str(pid) for pid in pids)
    return NeedsHuman(
        ErrorCode.PRODUCT_NOT_MAPPED,
        f"WHMCS product {which} lacks the custom field '{name}' that carries the order id: "
        "add it there, shown on the order form",
    )
