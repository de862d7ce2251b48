"""The tools with which the catalogue makes orders: products on both sides, orders with items, orders already placed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sandbox import goods
from sandbox.customers import Customer, Customers
from sandbox.salesforce.org import Org
from sandbox.samples import Ending, ExpectedLine, Item, PlacedSample, marker
from sandbox.whmcs import ordering
from sandbox.whmcs.ordering import Form, Line
from sandbox.whmcs.records import Order
from sandbox.whmcs.shop import Shop

# The gateway that the service is told to take for pay methods which name none.
DEFAULT_GATEWAY = "authorize"
CARD_GATEWAY = "stripe"
BANK_GATEWAY = "gocardless"


class Market:
    """Makes orders on both sides; `customers` makes who orders them."""

    def __init__(self, org: Org, shop: Shop, *, seed: int) -> None:
        self.org, self.shop = org, shop
        self.customers = Customers(org, shop, seed=seed)
        self._products: dict[tuple[object, ...], tuple[str, str]] = {}
        self._pricebook_id = org.create("Pricebook2", Name="Standard Price Book", IsActive=True, IsStandard=True)
        shop.gateways = {
            DEFAULT_GATEWAY: "Credit Card",
            CARD_GATEWAY: "Stripe",
            BANK_GATEWAY: "Direct Debit",
            "mailin": "Mail In Payment",
        }
        goods.stock(shop)

    def order(self, customer: Customer, items: Sequence[Item], **fields: object) -> tuple[str, list[str]]:
        """Make an order with its items in Salesforce, activated there; return their ids."""
        customer.orders += 1
        order_id = self.org.create(
            "Order",
            AccountId=customer.account_id,
            Pricebook2Id=self._pricebook_id,
            EffectiveDate=datetime.now(UTC).date().isoformat(),
            Status="Draft",
            Activation_Status__c="Not Started",
        )
        item_ids = [self._item(order_id, item) for item in items]
        self.org.update("Order", order_id, {"Status": "Activated"} | fields)
        return order_id, item_ids

    def good(
        self, kind: str, customer: Customer, items: Sequence[Item], *, gateway: str = DEFAULT_GATEWAY
    ) -> PlacedSample:
        """Make an order that has to become Activated."""
        order_id, item_ids = self.order(customer, items)
        return PlacedSample(
            kind=kind,
            order_id=order_id,
            event_order_id=order_id,
            ending=Ending.ACTIVATED,
            client_id=customer.client_id,
            gateway=gateway,
            lines=expected_lines(item_ids, items),
            live_orders=1,
            on_publish=requested(),
        )

    def failing(
        self, kind: str, code: str, customer: Customer, items: Sequence[Item], **fields: object
    ) -> PlacedSample:
        """Make an order that has to end as Failed with a code, and with nothing in WHMCS."""
        order_id, _ = self.order(customer, items, **fields)
        return PlacedSample(
            kind=kind,
            order_id=order_id,
            event_order_id=order_id,
            ending=Ending.FAILED,
            code=code,
            client_id=customer.client_id,
            on_publish=requested(),
        )

    def in_whmcs(
        self, customer: Customer, order_id: str, items: Sequence[Item], *, gateway: str = DEFAULT_GATEWAY
    ) -> Order:
        """Place the WHMCS order of a Salesforce order, as a run did whose answer was lost."""
        if customer.client is None:
            raise ValueError("an account without a client has no orders in WHMCS")
        lines = [
            Line(
                product=self.shop.products[int(item.pid or 0)],
                cycle=item.means,
                quantity=int(item.quantity),
                asked_options=dict(item.options.items()),
            )
            for item in items
        ]
        return ordering.place(self.shop, Form(customer.client, gateway, lines, notes=marker(order_id)))

    def _item(self, order_id: str, item: Item) -> str:
        product_id, entry_id = self._product(item)
        return self.org.create(
            "OrderItem",
            OrderId=order_id,
            Product2Id=product_id,
            PricebookEntryId=entry_id,
            Quantity=item.quantity,
            UnitPrice=9.9,
        )

    def _product(self, item: Item) -> tuple[str, str]:
        """Return the product of Salesforce for an item and its price book entry; one of each kind is enough."""
        key = item.pid, item.cycle, item.item_class, item.options_json
        if key not in self._products:
            self._products[key] = self._make_product(item)
        return self._products[key]

    def _make_product(self, item: Item) -> tuple[str, str]:
        known = self.shop.products.get(item.pid) if isinstance(item.pid, int) else None
        product_id = self.org.create(
            "Product2",
            Name=known.name if known else "Übergabe-Paket",
            StockKeepingUnit=f"SKU-{item.pid}",
            WHMCS_Product_Id__c=None if item.pid is None else str(item.pid),
            Billing_Cycle__c=item.cycle,
            Item_Class__c=item.item_class,
            Portal_ConfigOptions_JSON__c=item.options_json,
            IsActive=True,
        )
        entry_id = self.org.create(
            "PricebookEntry",
            Pricebook2Id=self._pricebook_id,
            Product2Id=product_id,
            UnitPrice=9.9,
            IsActive=True,
        )
        return product_id, entry_id


def requested() -> dict[str, object]:
    """Return what the flow sets when it publishes the event."""
    return {"Activation_Status__c": "Requested"}


def under_way() -> dict[str, object]:
    """Return what an order shows whose run went down with the memory of it."""
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    at = an_hour_ago.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return {"Activation_Status__c": "Activating", "Activation_Last_Attempt_At__c": at}


def expected_lines(item_ids: Sequence[str], items: Sequence[Item]) -> tuple[ExpectedLine, ...]:
    """Return what the items of an order have to become."""
    return tuple(
        ExpectedLine(
            item_id=item_id,
            pid=int(item.pid or 0),
            cycle=item.means,
            quantity=int(item.quantity),
            options={key: str(value) for key, value in item.options.items()},
        )
        for item_id, item in zip(item_ids, items, strict=True)
    )
