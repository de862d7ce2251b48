"""The WHMCS client: one method per action, values in and out, verdicts for everything else.

Rules: WHMCS fact sheet 2 (actions) and 4 (finding an order again). One object per process, shared by threads.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Self, TypeVar

from clients.clock import Clock, SystemClock
from clients.whmcs import parsing
from clients.whmcs.api import Api, Credentials, Timeouts
from clients.whmcs.encoding import FormValue
from clients.whmcs.fields import Fields, rows
from clients.whmcs.kept import Kept
from clients.whmcs.marker import Marker, marked_ids
from clients.whmcs.marker_fields import MarkerFields
from clients.whmcs.order_form import add_order_fields
from clients.whmcs.paging import PAGE_ROWS, Page, all_rows, read_page
from clients.whmcs.texts import says_no_order, says_not_pending
from clients.whmcs.values import (
    Accepted,
    AcceptResult,
    AddedOrder,
    ClientDetails,
    NewOrder,
    PayMethod,
    Product,
    Service,
    WhmcsOrder,
)

T = TypeVar("T", WhmcsOrder, Service)

# A gateway that was switched off meanwhile is refused by AddOrder; one that was switched on is asked for when missed.
_GATEWAYS_KEPT = timedelta(minutes=5)


class Whmcs:
    """One WHMCS installation. Every method raises Retryable (no answer) and Misconfigured (no access)."""

    def __init__(
        self,
        *,
        api_url: str,
        identifier: str,
        secret: str,
        access_key: str | None = None,
        marker: Marker,
        clock: Clock | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self.marker = marker
        clock = clock or SystemClock()
        self._api = Api(
            url=api_url,
            credentials=Credentials(identifier, secret, access_key),
            timeouts=timeouts or Timeouts(),
            clock=clock,
        )
        self._gateways = Kept(self._ask_gateways, for_=_GATEWAYS_KEPT, clock=clock)
        self._marker_fields = MarkerFields(marker.field, products=self.products, clock=clock) if marker.field else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._api.close()

    def version(self) -> str:
        """Return the version that WHMCS says it has.

        Source: WHMCS fact sheet 2.8; a role often lacks this action.
        """
        return self._api.call("WhmcsDetails", {}, writes=False, read=parsing.version)

    def client_details(self, client_id: int) -> ClientDetails:
        """Return a client's status, gateway and currency.

        Raises: Permanent(CLIENT_NOT_FOUND).
        Source: WHMCS fact sheet 2.6.
        """
        return self._api.call("GetClientsDetails", {"clientid": client_id}, writes=False, read=parsing.client_details)

    def pay_methods(self, client_id: int) -> list[PayMethod]:
        """Return every stored pay method of a client, usable or not, expired ones too.

        Raises: Permanent(CLIENT_NOT_FOUND).
        Source: WHMCS fact sheet 2.5. Asked without `type`: whether "CreditCard" includes tokenised cards is not said.
        """
        return self._api.call("GetPayMethods", {"clientid": client_id}, writes=False, read=parsing.pay_methods)

    def payment_gateways(self, *, fresh: bool = False) -> list[str]:
        """Return the module names of the active gateways: what AddOrder takes as payment method.

        They change rarely, so an answer is kept for some minutes unless a fresh one is wanted.
        Source: WHMCS fact sheet 2.5.
        """
        return self._gateways.get(fresh=fresh)

    def products(self, pids: Sequence[int] = ()) -> list[Product]:
        """Return the products with these ids, or all.

        Source: WHMCS fact sheet 2.7; custom fields are listed only when shown on the order form.
        """
        wanted = ",".join(str(pid) for pid in pids) or None
        return self._api.call("GetProducts", {"pid": wanted}, writes=False, read=parsing.products)

    def services_of_client(self, client_id: int, *, order_id: int | None = None) -> list[Service]:
        """Return all services of a client, or those of one order; WHMCS has no filter by order, so all are read.

        Raises: Retryable also when the list changed while it was read.
        Source: WHMCS fact sheet 2.7.
        """
        services = self._all("GetClientsProducts", {"clientid": client_id}, ("products", "product"), parsing.service)
        return [service for service in services if order_id in {None, service.order_id}]

    def orders_of_client(self, client_id: int) -> list[WhmcsOrder]:
        """Return all orders of a client, of any status, once each, in no promised order.

        Raises: Retryable also when the list changed while it was read.
        Source: WHMCS fact sheet 2.4 and 4.
        """
        orders = self._all("GetOrders", {"userid": client_id}, ("orders", "order"), parsing.order)
        if self.marker.field is None:
            return orders
        services = self.services_of_client(client_id)
        orders += self._unlisted_orders(orders, services)
        return [self._with_marker_values(order, services) for order in orders]

    def order(self, order_id: int) -> WhmcsOrder | None:
        """Return an order, or None when WHMCS has none of that id.

        Source: WHMCS fact sheet 2.4; whether an unknown id is an empty list or an error is not sure: both are read.
        """
        order = self._order_row(order_id)
        if order is None or self.marker.field is None:
            return order
        return self._with_marker_values(order, self.services_of_client(order.client_id, order_id=order_id))

    def find_order_by_marker(self, client_id: int, order_id18: str) -> list[WhmcsOrder]:
        """Return every order of a client that carries the marker of a Salesforce order, of any status.

        Raises: Retryable also when the list changed while it was read: then an empty answer would prove nothing.
        """
        orders = self.orders_of_client(client_id)
        return [order for order in orders if self.marker.carried_by(order, order_id18)]

    def has_marked_orders(self) -> bool:
        """Tell whether any of the orders that WHMCS lists first carries a marker in its notes, whosever it is.

        Source: WHMCS fact sheet 2.4; without a client the whole shop would be listed, so one page has to do.
        """
        page: dict[str, FormValue] = {"limitstart": 0, "limitnum": PAGE_ROWS}
        orders = self._api.call(
            "GetOrders",
            page,
            writes=False,
            read=lambda answer: [parsing.order(row) for row in rows(answer, "orders", "order")],
        )
        return any(marked_ids(order.notes) for order in orders)

    def add_order(self, order: NewOrder, *, send_before_s: float | None = None) -> AddedOrder:
        """Create an order and its services, all Pending. Never call it again without a look-up by marker.

        Units:  `send_before_s` is a moment of `clients.elapsed`: later than that nothing is sent (Retryable).
        Raises: OutcomeUnknown (it may have been created), Permanent(CLIENT_NOT_FOUND, CLIENT_CLOSED, WHMCS_REJECTED),
                NeedsHuman(PRODUCT_NOT_MAPPED) when a product lacks the marker's custom field; then nothing was sent.
        Source: WHMCS fact sheet 2.1.
        """
        fields = self._marker_fields
        params = add_order_fields(
            order,
            marker_text=self.marker.text_for(order.order_id18),
            marker_fields=fields.of(line.pid for line in order.lines) if fields else None,
        )
        return self._api.call("AddOrder", params, writes=True, read=parsing.added_order, send_before_s=send_before_s)

    def accept_order(self, order_id: int, *, send_email: bool = True, send_before_s: float | None = None) -> Accepted:
        """Accept a Pending order and set its services up. `send_before_s` is as with `add_order`.

        Shape:   every clean error is a value: NOT_PENDING may mean done before, and after MODULE_ERROR the order may be
                 Pending, or Active with a service that is not: read order and services.
        Raises:  OutcomeUnknown.
        Source:  WHMCS fact sheet 2.2. Mail is said as 1 or 0, as leaving it out means the product's own setting.
        """
        return self._api.call(
            "AcceptOrder",
            {"orderid": order_id, "autosetup": True, "sendemail": "1" if send_email else "0"},
            writes=True,
            read=lambda _: Accepted(AcceptResult.ACCEPTED),
            on_error=self._not_accepted,
            send_before_s=send_before_s,
        )

    def module_create(self, service_id: int, *, send_before_s: float | None = None) -> None:
        """Set up one service again that AcceptOrder left behind. `send_before_s` is as with `add_order`.

        Raises: NeedsHuman(ACTIVATION_INCOMPLETE) with the module's text, OutcomeUnknown.
        Source: WHMCS fact sheet 2.7.
        """
        params: dict[str, FormValue] = {"serviceid": service_id}
        self._api.call("ModuleCreate", params, writes=True, read=lambda _: True, send_before_s=send_before_s)

    def _ask_gateways(self) -> list[str]:
        return self._api.call("GetPaymentMethods", {}, writes=False, read=parsing.payment_gateways)

    def _not_accepted(self, text: str) -> Accepted:
        if says_not_pending(text):
            return Accepted(AcceptResult.NOT_PENDING)
        return Accepted(AcceptResult.MODULE_ERROR, self._api.redact.public(text))

    def _order_row(self, order_id: int) -> WhmcsOrder | None:
        found = self._api.call(
            "GetOrders",
            {"id": order_id},
            writes=False,
            read=lambda answer: [parsing.order(row) for row in rows(answer, "orders", "order")],
            on_error=lambda text: [] if says_no_order(text) else None,
        )
        return next((order for order in found if order.id == order_id), None)

    def _unlisted_orders(self, orders: Sequence[WhmcsOrder], services: Sequence[Service]) -> list[WhmcsOrder]:
        """Return orders known only from a marked service: the list may have been read before they came."""
        name = self.marker.field or ""
        marked = {service.order_id for service in services if marked_ids(service.custom_fields.get(name, ""))}
        unlisted = sorted(marked - {order.id for order in orders} - {0})
        return [order for order_id in unlisted if (order := self._order_row(order_id)) is not None]

    def _with_marker_values(self, order: WhmcsOrder, services: Sequence[Service]) -> WhmcsOrder:
        name = self.marker.field or ""
        values = (service.custom_fields.get(name, "") for service in services if service.order_id == order.id)
        return replace(order, marker_values=tuple(value for value in values if value))

    def _all(
        self, action: str, params: dict[str, FormValue], names: tuple[str, str], parse: Callable[[Fields], T]
    ) -> list[T]:
        def fetch(offset: int) -> Page[T]:
            page: dict[str, FormValue] = {"limitstart": offset, "limitnum": PAGE_ROWS}
            return self._api.call(
                action,
                params | page,
                writes=False,
                read=lambda answer: read_page(answer, *names, parse, offset=offset),
            )

        return all_rows(fetch, lambda row: row.id)
