"""The customers of the catalogue: accounts of Salesforce, the clients of WHMCS that they are, and the past of those."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sandbox import goods
from sandbox.salesforce.ids import with_checks
from sandbox.salesforce.org import Org
from sandbox.samples import marker
from sandbox.whmcs.records import Client
from sandbox.whmcs.shop import Shop

# An account with few orders is asked again, as in life; more would make the lists of one client too long.
_MOST_ORDERS_OF_A_CUSTOMER = 5
_NOISE_OF_A_CUSTOMER = 3
# More than a page of GetOrders, whatever page a client asks for.
_CROWD = 260
_NAMES = (
    ("Anna", "Schmidt", "Müller & Söhne GmbH"),
    ("René", "Dupont", "Société Générale d'Électricité"),
    ("Yuki", "Tanaka", "東京データ株式会社"),
    ("Brian", "O'Neil", 'O\'Neil "Data" <Ltd>'),
    ("Zoë", "Ångström", "Ångström AB"),
    ("John", "Smith", "Smith Logistics Inc."),
)
_ID_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(slots=True)
class Customer:
    """An account of Salesforce and, if it is mapped, the client of WHMCS that it is."""

    account_id: str
    client: Client | None
    orders: int = 0

    @property
    def client_id(self) -> int:
        """Return the client's id, 0 for an account that is not mapped."""
        return self.client.id if self.client else 0


class Customers:
    """Makes customers on both sides, with chance from one seed."""

    def __init__(self, org: Org, shop: Shop, *, seed: int) -> None:
        self._org, self._shop = org, shop
        self._chance = random.Random(f"customers {seed}")
        self._regulars: list[Customer] = []
        self._crowded: Customer | None = None
        self._made = 0

    def regular(self) -> Customer:
        """Return a customer with a good card: a new one, or one that has ordered before."""
        known = [each for each in self._regulars if each.orders < _MOST_ORDERS_OF_A_CUSTOMER]
        if known and self._chance.random() < 0.5:  # noqa: PLR2004 - half of the orders are from known customers
            return self._chance.choice(known)
        customer = self.new()
        self.give_card(customer)
        self._regulars = [*known, customer]
        return customer

    def crowded(self) -> Customer:
        """Return the one customer with more orders than a page of GetOrders holds."""
        if self._crowded is None:
            self._crowded = self.new()
            self.give_card(self._crowded)
            self._add_noise(self._crowded, _CROWD)
        return self._crowded

    def new(self, *, mapped: bool = True, status: str = "Active", name: int | None = None) -> Customer:
        """Make a customer without any pay method; one that is not mapped has no client."""
        self._made += 1
        chosen = _NAMES[self._chance.randrange(len(_NAMES)) if name is None else name]
        first, last, company = chosen
        # The tag makes names unique, so that the audit finds one customer's name in another's message.
        company = f"{company} {tag(self._made)}"
        client = self._shop.add_client(first, last, company=company, status=status) if mapped else None
        fields = {"WHMCS_Client_Id__c": str(client.id)} if client else {}
        customer = Customer(self._org.create("Account", Name=company, **fields), client)
        if client:
            self._add_noise(customer, self._chance.randrange(_NOISE_OF_A_CUSTOMER))
        return customer

    def stranger(self) -> Customer:
        """Make an account that is mapped to a client which WHMCS does not have."""
        customer = self.new(mapped=False)
        self._org.update("Account", customer.account_id, {"WHMCS_Client_Id__c": str(goods.UNKNOWN + self._made)})
        return customer

    def give_card(self, customer: Customer, *, gateway: str = "", expired: bool = False) -> None:
        """Store a card: in WHMCS itself, or with a gateway when one is named."""
        year = datetime.now(UTC).year + (-2 if expired else 2)
        self.give(
            customer,
            "RemoteCreditCard" if gateway else "CreditCard",
            gateway=gateway,
            expiry=f"{self._chance.randrange(1, 13):02d}/{year % 100:02d}",
            last_four=f"{self._chance.randrange(10_000):04d}",
        )

    def give(self, customer: Customer, kind: str, **fields: str) -> None:
        """Store any way to pay."""
        if customer.client is None:
            raise ValueError("an account without a client has no pay methods")
        self._shop.add_pay_method(customer.client, kind, **fields)

    def foreign_order_id(self) -> str:
        """Return the id of an order that this org does not have."""
        return with_checks("8015e0" + "".join(self._chance.choice(_ID_DIGITS) for _ in range(9)))

    def _add_noise(self, customer: Customer, count: int) -> None:
        """Give a client orders of other origins: unmarked, marked with other ids, in every status."""
        if customer.client is None:
            return
        for _ in range(count):
            status = self._chance.choice(("Pending", "Active", "Active", "Cancelled", "Fraud"))
            order = self._shop.add_order(customer.client, gateway="mailin", notes=self._foreign_notes(), status=status)
            order.created_at -= timedelta(days=self._chance.randrange(1, 900))
            product = self._shop.products[goods.VOICE]
            service = self._shop.add_service(order, product, cycle="monthly", qty=1, price=Decimal("4.50"))
            service.status = "Pending" if status == "Pending" else status

    def _foreign_notes(self) -> str:
        other = self.foreign_order_id()
        return self._chance.choice(
            ("", "", "Called on Monday & paid", marker(other), f"{marker(other)}\nVIP", f"x{marker(other)}")
        )


def tag(number: int) -> str:
    """Return the mark that makes a customer's name unique."""
    return f"K{number:05d}"
