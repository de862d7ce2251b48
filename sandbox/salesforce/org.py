"""The state of one Salesforce org: its rows, its sessions, its event bus. No input or output.

The methods here are the org's own hands (its people, its flows): they may set what an API caller may not, and a field
that does not exist is a mistake in the test, not an answer of Salesforce. Callers of the API go through `rules`.
"""

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.salesforce import triggers
from sandbox.salesforce.bus import EventBus
from sandbox.salesforce.ids import IdFactory, canonical
from sandbox.salesforce.objects import make_objects
from sandbox.salesforce.sessions import Sessions
from sandbox.salesforce.soql.cursors import Cursors
from sandbox.salesforce.soql.run import run_query
from sandbox.salesforce.store import Row, Store
from sandbox.salesforce.values import format_moment, lenient, stored

if TYPE_CHECKING:
    from sandbox.salesforce.soql.plan import Plan

TOPIC = "/event/OrderProvisionRequested__e"
_EVENT_FIELDS = {"OrderId__c": "Text", "IdemKey__c": "Text"}
# "Cancelled" is a label of the org's own: Salesforce itself knows only these two categories.
_STATUS_CODES = {"Draft": "Draft", "Activated": "Activated", "Cancelled": "Draft"}
_LARGEST_PAGE = 2000


class Org:
    """One org. Set `client_id`, `username` and `public_key_pem` before anybody logs in.

    Shape:  `tables` is object name -> 18-character id -> field -> value, every row with all fields of its object;
            a row may be changed in place, but not its look-ups: those go through `update`.
    Units:  `page_size` in records; `daily_api_requests` and `daily_deliveries` are what /limits tells, and are held
            against callers only with `enforce_limits`.
    """

    def __init__(self, *, seed: int = 1, clock: Callable[[], datetime] | None = None) -> None:
        chance = random.Random(f"org {seed}")
        self._ids = IdFactory(chance)
        self._numbers: dict[str, int] = {}
        self.clock = clock or (lambda: datetime.now(UTC))
        self.org_id = self._ids.next_id("00D")
        self.client_id = "sandbox-consumer-key"
        self.username = "integration@sandbox.example.com"
        self.public_key_pem = ""
        self.audiences = {"https://login.salesforce.com", "https://test.salesforce.com"}
        self.page_size = _LARGEST_PAGE
        self.child_page_size = _LARGEST_PAGE
        self.daily_api_requests, self.api_requests = 100_000, 0
        self.daily_deliveries = 50_000
        self.enforce_limits = False
        self.status_codes = dict(_STATUS_CODES)
        self.objects = make_objects()
        self.object_names = {name.lower(): name for name in self.objects}
        self.store = Store(self.objects)
        self.tables = self.store.tables
        self.sessions = Sessions(self.org_id, chance)
        self.cursors = Cursors(lambda: self._ids.next_id("01g"), self.now)
        self.plans: dict[str, Plan] = {}
        self.user_id = self._ids.next_id("005")
        self.bus = EventBus(chance, self.now, user_id=self.user_id)
        self.bus.add_topic(TOPIC, _EVENT_FIELDS)
        self._seed_rows()

    def create(self, object_name: str, **fields: object) -> str:
        """Make a row, and return its new id."""
        record_id = self._ids.next_id(self.objects[object_name].prefix)
        self.insert(object_name, record_id, self._values(object_name, fields))
        return record_id

    def insert(self, object_name: str, record_id: str, values: Row) -> None:
        """Save a new row of values in their stored form."""
        now = self.now_text()
        row: Row = {field.name: field.default for field in self.objects[object_name].fields.values()}
        row |= {"Id": record_id, "CreatedById": self.user_id, "LastModifiedById": self.user_id}
        row |= {"CreatedDate": now, "LastModifiedDate": now, "SystemModstamp": now} | values
        triggers.fill(self, object_name, row, None)
        self.store.put(object_name, record_id, row)
        triggers.after_save(self, object_name, row)

    def new_id(self, object_name: str) -> str:
        """Return a fresh id for a row of an object."""
        return self._ids.next_id(self.objects[object_name].prefix)

    def get(self, object_name: str, record_id: str) -> Row | None:
        """Return a copy of a row by its id of 15 or 18 characters."""
        row = self.tables[object_name].get(canonical(record_id) or "")
        return None if row is None else dict(row)

    def update(self, object_name: str, record_id: str, fields: Mapping[str, object]) -> None:
        """Change fields of a row that exists."""
        self.save(object_name, canonical(record_id) or record_id, self._values(object_name, fields))

    def save(self, object_name: str, record_id: str, values: Row) -> None:
        """Save changed values, in their stored form, of a row that exists."""
        old = self.tables[object_name][record_id]
        now = self.now_text()
        row = old | {"LastModifiedDate": now, "SystemModstamp": now, "LastModifiedById": self.user_id} | values
        triggers.fill(self, object_name, row, old)
        self.store.put(object_name, record_id, row)
        triggers.after_save(self, object_name, row)

    def delete(self, object_name: str, record_id: str) -> None:
        """Move a row to the bin, and the items of an order with it."""
        record_id = canonical(record_id) or record_id
        row = self.tables[object_name][record_id]
        if object_name == "Order":
            for item in self.store.children("OrderItem", "OrderId", record_id):
                self.delete("OrderItem", str(item["Id"]))
        self.store.discard(object_name, record_id)
        triggers.after_save(self, object_name, row)

    def query(self, soql: str) -> list[dict[str, Any]]:
        """Return all records of a query, in the shapes of the wire."""
        return run_query(self, soql).records

    def request_provisioning(
        self, order_id: str, *, idem_key: str | None = None, event_order_id: str | None = None
    ) -> bytes:
        """Do what the customer's flow does: set the order to Requested, publish the event, and return its replay id.

        `event_order_id` is what the event says instead of the order's own id; an order that is gone only has its event.
        """
        if self.get("Order", order_id) is not None:
            self.update("Order", order_id, {"Activation_Status__c": "Requested"})
        return self.bus.publish(TOPIC, {"OrderId__c": event_order_id or order_id, "IdemKey__c": idem_key})

    def revoke_sessions(self) -> None:
        """End all sessions so that even open streams end; an expired session leaves those alone."""
        self.sessions.end_all()
        self.bus.strike("auth_error")

    def now(self) -> datetime:
        """Return the present moment of the org's clock, which a test may set."""
        return self.clock()

    def now_text(self) -> str:
        """Return the present moment as a field shows it."""
        return format_moment(self.clock())

    def next_number(self, object_name: str) -> str:
        """Return the next number of an object that numbers its rows."""
        number = self._numbers[object_name] = self._numbers.get(object_name, 99) + 1
        return f"{number:08d}" if object_name == "Order" else f"{number:010d}"

    def _values(self, object_name: str, fields: Mapping[str, object]) -> Row:
        known = self.objects[object_name].fields
        return {name: stored(known[name], lenient(value)) for name, value in fields.items()}

    def _seed_rows(self) -> None:
        organization: Row = {"Name": "Sandbox", "InstanceName": "LOOP1", "IsSandbox": True}
        self.insert("Organization", self.org_id, organization | {"OrganizationType": "Developer Edition"})
        self.insert("User", self.user_id, {"Username": self.username, "Name": "Integration User"})
        for order, (label, code) in enumerate(self.status_codes.items(), start=1):
            row = {"ApiName": label, "MasterLabel": label, "IsDefault": label == "Draft", "SortOrder": order}
            self.create("OrderStatus", **row, StatusCode=code)
