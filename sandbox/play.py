"""What is done with the sandbox: make orders, publish their events, audit the end.

Not safe for threads: it runs where the state lives.
"""

import random
from collections.abc import Sequence

from sandbox.audit import AuditReport, audit
from sandbox.audit_checks import text_of
from sandbox.catalogue import Catalogue
from sandbox.market import requested
from sandbox.salesforce.org import Org
from sandbox.samples import PlacedSample
from sandbox.whmcs.shop import Shop

TOPIC = "/event/OrderProvisionRequested__e"
_NOT_STARTED = "Not Started"


class Play:
    """The catalogue at work on one org and one shop."""

    def __init__(self, org: Org, shop: Shop, *, seed: int) -> None:
        self._org, self._shop = org, shop
        self._catalogue = Catalogue(org, shop, seed=seed)
        self._chance = random.Random(f"publish {seed}")
        self._published: set[str] = set()

    def make_orders(self, count: int, *, kinds: Sequence[str] | None = None) -> list[PlacedSample]:
        """Make orders of the catalogue."""
        return self._catalogue.make(count, kinds=kinds)

    def samples(self) -> list[PlacedSample]:
        """Return all orders that were made."""
        return list(self._catalogue.samples.values())

    def publish(self, order_ids: Sequence[str], *, duplicates: int = 0) -> None:
        """Request orders and publish their events; an id that is none of the catalogue is published as it is."""
        for order_id in dict.fromkeys(order_ids):
            self.request(order_id)
        events = list(order_ids)
        for order_id in self._chance.choices(order_ids, k=duplicates) if order_ids else ():
            events.insert(self._chance.randrange(len(events) + 1), order_id)
        for order_id in events:
            sample = self._catalogue.samples.get(order_id)
            event_order_id = sample.event_order_id if sample else order_id
            self._org.bus.publish(TOPIC, {"OrderId__c": event_order_id, "IdemKey__c": f"flow-{order_id}"})
        self._published.update(order_ids)

    def audit(self) -> AuditReport:
        """Compare both systems with what was expected of the orders that were requested, here or by anybody else."""
        return audit(self._org, self._shop, [sample for sample in self.samples() if self._is_requested(sample)])

    def status(self, sample: PlacedSample) -> str:
        """Return how an order stands in Salesforce, "" when it is not there."""
        return text_of(self._org.get("Order", sample.order_id), "Activation_Status__c")

    def request(self, order_id: str) -> None:
        """Set what the flow sets; an order that is under way or done is left alone."""
        record = self._org.get("Order", order_id)
        status = text_of(record, "Activation_Status__c")
        if record is None or status not in {"", _NOT_STARTED, "Failed"}:
            return
        sample = self._catalogue.samples.get(order_id)
        first_time = sample is not None and order_id not in self._published
        fields = dict(sample.on_publish) if sample is not None and first_time else requested()
        if fields:
            self._org.update("Order", order_id, fields)

    def _is_requested(self, sample: PlacedSample) -> bool:
        return sample.order_id in self._published or self.status(sample) != _NOT_STARTED
