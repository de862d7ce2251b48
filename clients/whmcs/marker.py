"""The marker: how a WHMCS order carries the id of its Salesforce order.

Pure. WHMCS has no unique key open to callers, so a text is put where it can be read back: into the order's notes, or
into a custom field of its products. Finding it decides whether an order is created again, so it is compared exactly.

Source: WHMCS fact sheet 4; the text is fixed by the contract.
"""

import html
import re
from dataclasses import dataclass
from typing import Self

from clients.whmcs.values import WhmcsOrder

_KEY = "sfOrderId"
_ORDER_ID = re.compile(r"[A-Za-z0-9]{18}", re.ASCII)
# Bounded on both sides: a longer id, or a longer key that ends like ours, is another order's or another system's.
_CARRIED = re.compile(rf"(?<![A-Za-z0-9_]){_KEY}=([A-Za-z0-9]{{18}})(?![A-Za-z0-9_])", re.ASCII)
# Text may come back escaped, and escaped again by a hook that had it escaped already.
_ESCAPED_AT_MOST = 3
_FIELD_PREFIX = "customfield:"


@dataclass(frozen=True, slots=True)
class Marker:
    """Where orders are marked: in their notes, or in the custom field named `field`."""

    field: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the setting ORDER_MARKER: `notes` or `customfield:<name>`.

        Raises: ValueError for anything else.
        """
        setting = text.strip()
        if setting.lower() == "notes":
            return cls()
        name = field_name(setting[len(_FIELD_PREFIX) :])
        if setting.lower().startswith(_FIELD_PREFIX) and name:
            return cls(field=name)
        raise ValueError("ORDER_MARKER must be notes or customfield:<name of the custom field>")

    def text_for(self, order_id18: str) -> str:
        """Return the marker of a Salesforce order.

        Raises: ValueError for an id that has not 18 letters and digits.
        """
        if not _ORDER_ID.fullmatch(order_id18):
            raise ValueError("a marker needs the 18-character order id")
        return f"{_KEY}={order_id18}"

    def carried_by(self, order: WhmcsOrder, order_id18: str) -> bool:
        """Tell whether a WHMCS order carries the marker of this Salesforce order, at either place.

        Both places are looked at, so that orders are still found after the setting was changed.
        """
        return any(order_id18 in marked_ids(text) for text in (order.notes, *order.marker_values))


def marked_ids(text: str) -> set[str]:
    """Return the Salesforce ids that a text carries; the text may be escaped and have more around them."""
    ids = set(_CARRIED.findall(text))
    for _ in range(_ESCAPED_AT_MOST):
        text = html.unescape(text)
        ids.update(_CARRIED.findall(text))
    return ids


def field_name(name: str) -> str:
    """Return a custom field's name as it is compared: unescaped, without the display name after a bar."""
    return html.unescape(name).partition("|")[0].strip()
