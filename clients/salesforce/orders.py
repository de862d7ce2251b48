"""Orders in Salesforce: read one with everything its fulfilment needs, and write its state back.

Every write is absolute and safe to repeat. Source: Salesforce fact sheet 4.1, 4.2, 4.4.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from clients.errors import ErrorCode, Permanent
from clients.salesforce import verdicts
from clients.salesforce.auth import SalesforceAuth
from clients.salesforce.collapse import CollapsedWrites, OrderWrite, collapsed_reads
from clients.salesforce.formats import cut, timestamp
from clients.salesforce.ids import to_18
from clients.salesforce.records import order_record
from clients.salesforce.rest import SalesforceRest
from clients.salesforce.soql import order_query, unfinished_query
from clients.salesforce.values import ActivationStatus, OrderRecord
from clients.salesforce.verdicts import Attempt
from config.names import Names

# The length of the text field for the message.
_MAX_MESSAGE = 255


class SalesforceOrders:
    """The orders of one org; safe to share between threads."""

    def __init__(
        self,
        auth: SalesforceAuth,
        *,
        names: Names,
        api_version: str,
        max_connections: int = 16,
        connect_timeout_s: float = 5,
        read_timeout_s: float = 30,
    ) -> None:
        self._names = names
        self._rest = SalesforceRest(
            auth,
            api_version=api_version,
            max_connections=max_connections,
            connect_timeout_s=connect_timeout_s,
            read_timeout_s=read_timeout_s,
        )
        self._reads = collapsed_reads(self._read_many)
        self._writes = CollapsedWrites(self._rest, order_object=names.order.object)

    def read_order(self, order_id: str) -> OrderRecord | None:
        """Return an order with its account's WHMCS client, its lines and their products; None if there is none.

        Raises: Retryable, Misconfigured; Permanent (ORDER_NOT_FOUND) if the id is no record id at all.
        """
        order_id = _checked(order_id)
        rows = self._reads.call(order_id)
        return self._record(rows[0], Attempt(f"order {order_id}")) if rows else None

    def unfinished_orders(self, *, quiet_since: datetime, limit: int) -> Iterator[str]:
        """Yield the ids of orders that show Requested or Activating and have not changed since a moment, oldest first.

        Raises: Retryable, Misconfigured.
        """
        soql = unfinished_query(self._names, quiet_since=quiet_since.strftime("%Y-%m-%dT%H:%M:%SZ"), limit=limit)
        for row in self._rest.query(soql, Attempt("the unfinished orders")):
            yield to_18(str(row["Id"]))

    def mark_activating(self, order_id: str, *, at: datetime) -> None:
        """Write that a run has begun: status, time of the attempt, no error.

        Raises: Retryable, Misconfigured; Permanent (ORDER_NOT_FOUND).
        """
        order = self._names.order
        fields = {order.activation_status: ActivationStatus.ACTIVATING, order.last_attempt_at: timestamp(at)}
        self._write(order_id, fields | self._no_error())

    def write_fulfilment(self, order_id: str, *, whmcs_order_id: int, service_ids: Mapping[str, str]) -> None:
        """Write that the order is activated: the service id on each line first, the order itself last, all or none.

        `service_ids` maps order item ids to WHMCS service ids. An order of more lines than fit in one call shows as
        activated only when all lines before it are written.
        Raises: Retryable, Misconfigured; Permanent (ORDER_NOT_FOUND); NeedsHuman if a line is gone.
        """
        order = self._names.order
        lines = {to_18(item_id): service_id for item_id, service_id in service_ids.items()}
        items = {item_id: self._item_row(item_id, service_id) for item_id, service_id in lines.items()}
        state = {order.activation_status: ActivationStatus.ACTIVATED, order.whmcs_order_id: str(whmcs_order_id)}
        self._write(order_id, state | self._no_error(), items)

    def write_failure(self, order_id: str, *, code: str, message: str) -> None:
        """Write that the order could not be done: status, code, and the message cut to the length of its field.

        Raises: Retryable, Misconfigured; Permanent (ORDER_NOT_FOUND).
        """
        order = self._names.order
        fields = {
            order.activation_status: ActivationStatus.FAILED,
            order.error_code: code,
            order.error_message: cut(message, _MAX_MESSAGE),
        }
        self._write(order_id, fields)

    def close(self) -> None:
        """Close the connections."""
        self._rest.close()

    def _record(self, row: dict[str, Any], attempt: Attempt) -> OrderRecord:
        children = row.get(self._names.item.children)
        items = list(self._rest.records(children, attempt)) if children is not None else []
        try:
            return order_record(row, items, self._names)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise verdicts.no_answer(f"unreadable order row: {error}") from error

    def _no_error(self) -> dict[str, str | None]:
        return {self._names.order.error_code: None, self._names.order.error_message: None}

    def _read_many(self, order_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
        subject = f"order {order_ids[0]}" if len(order_ids) == 1 else f"{len(order_ids)} orders"
        return self._rest.query(order_query(order_ids, self._names), Attempt(subject))

    def _write(
        self, order_id: str, fields: Mapping[str, str | None], items: Mapping[str, dict[str, Any]] | None = None
    ) -> None:
        order_id = _checked(order_id)
        row: dict[str, Any] = {"attributes": {"type": self._names.order.object}, "id": order_id, **fields}
        self._writes.write(OrderWrite(order_id, row, items or {}))

    def _item_row(self, item_id: str, service_id: str) -> dict[str, Any]:
        item = self._names.item
        return {"attributes": {"type": item.object}, "id": item_id, item.whmcs_service_id: service_id}


def _checked(order_id: str) -> str:
    try:
        return to_18(order_id)
    except ValueError as error:
        message = f"{order_id[:30]!r} is not the id of an order in Salesforce"
        raise Permanent(ErrorCode.ORDER_NOT_FOUND, message) from error
