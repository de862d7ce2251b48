"""Find out whether this WHMCS keeps the marker: an order that does not carry it can never be found again.

AddOrder's `notes` are not documented, and a version or a hook may drop them without a word. So the marker is read back
once per process life, after an AddOrder; and where an order is in doubt, any marked order of the shop is proof enough.
"""

import structlog

from clients.whmcs.client import Whmcs

log = structlog.get_logger(__name__)


class MarkerCheck:
    """What this process knows: None until it has seen."""

    def __init__(self, whmcs: Whmcs) -> None:
        self._whmcs = whmcs
        self._kept: bool | None = True if whmcs.marker.field else None

    def read_back(self, whmcs_order_id: int, order_id: str) -> None:
        """Look, the first time, whether the order that was just made carries its marker."""
        if self._kept is not None:
            return
        order = self._whmcs.order(whmcs_order_id)
        if order is None:
            return
        self._kept = self._whmcs.marker.carried_by(order, order_id)
        if not self._kept:
            log.error(
                "marker.dropped",
                whmcs_order_id=whmcs_order_id,
                remedy="This WHMCS drops the notes of AddOrder: set ORDER_MARKER=customfield:<name of a field>.",
            )

    def is_kept(self) -> bool | None:
        """Tell whether markers are kept, None when there is no way to know yet."""
        if self._kept is None and self._whmcs.has_marked_orders():
            self._kept = True
        return self._kept
