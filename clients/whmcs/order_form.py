"""Lay out AddOrder: one index per order line, the same in every per-line array.

Pure. Scalars come first: PHP drops what exceeds its limit of fields from the end, silently, and the marker must not be
what is dropped.

Source: WHMCS fact sheet 1.4 and 2.1.
"""

from collections.abc import Mapping, Sequence

from clients.errors import ErrorCode, Permanent
from clients.whmcs.encoding import FormValue, Scalar, form_pairs, packed
from clients.whmcs.values import NewOrder, NewOrderLine

# PHP's default max_input_vars is 1000; the credentials and other fixed fields need some of it.
_MOST_FIELDS = 980


def add_order_fields(
    order: NewOrder, *, marker_text: str, marker_fields: Mapping[int, int] | None
) -> dict[str, FormValue]:
    """Return the fields of AddOrder; `marker_fields` maps pid to the marker's custom field, None marks the notes.

    Raises: Permanent(WHMCS_REJECTED) when the order has more lines than one request can carry.
    """
    fields: dict[str, FormValue] = {
        "clientid": order.client_id,
        "paymentmethod": order.payment_method,
        "notes": marker_text if marker_fields is None else None,
        "noemail": order.no_email,
        "noinvoice": order.no_invoice,
    }
    fields |= _line_arrays(order.lines, {pid: {field: marker_text} for pid, field in (marker_fields or {}).items()})
    if len(form_pairs(fields)) > _MOST_FIELDS:
        message = f"The order has {len(order.lines)} lines, more than WHMCS takes in one order: split it"
        raise Permanent(ErrorCode.WHMCS_REJECTED, message)
    return fields


def _line_arrays(lines: Sequence[NewOrderLine], marks: Mapping[int, Mapping[int, str]]) -> dict[str, FormValue]:
    """Return the arrays; one that would be empty on every line is left out, as an empty price might count as 0."""
    always: dict[str, FormValue] = {
        "pid": [line.pid for line in lines],
        "qty": [line.quantity for line in lines],
        "billingcycle": [line.billing_cycle for line in lines],
    }
    sometimes: dict[str, list[Scalar]] = {
        "domain": [line.domain for line in lines],
        "configoptions": [_packed_or_nothing(line.config_options) for line in lines],
        "customfields": [_packed_or_nothing({**line.custom_fields, **marks.get(line.pid, {})}) for line in lines],
        "priceoverride": [line.price_override for line in lines],
    }
    return always | {name: array for name, array in sometimes.items() if any(item not in {None, ""} for item in array)}


def _packed_or_nothing(values: Mapping[int, int | str]) -> str:
    return packed(values) if values else ""
