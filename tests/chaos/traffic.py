"""Orders of every kind, requested over time: some events come twice, some never, some orders are requested again."""

import random
from collections.abc import Sequence

from sandbox.catalogue import KINDS
from sandbox.kinds_failing import FAILING
from sandbox.kinds_good import GOOD
from sandbox.server import Sandbox
from tests.chaos.plan import Plan

# Between two batches of new orders.
BATCH_EVERY_S = 1.0
_FAILING_SHARE = 0.2
# Of the events of a batch, so many come twice; with each batch, so many earlier orders are requested once more.
_DUPLICATE_SHARE = 0.1
_AGAIN = 1
# Orders whose event is lost on Salesforce's side: only a sweep can find them.
_SILENT_SHARE = 0.05


class Traffic:
    """Makes and publishes the orders of a plan, batch by batch."""

    def __init__(self, box: Sandbox, plan: Plan) -> None:
        self._box = box
        self._chance = random.Random(f"traffic {plan.seed}")  # noqa: S311 - chance that can be repeated is the point
        self._kinds = self._choose(plan.orders)
        self._rate = plan.orders / plan.publish_s
        self._published: list[str] = []

    @property
    def is_over(self) -> bool:
        """Tell whether all orders were published."""
        return not self._kinds

    @property
    def published(self) -> int:
        """Return how many orders were published."""
        return len(self._published)

    def publish_until(self, elapsed_s: float) -> None:
        """Publish what is due a while after the start."""
        due = int(elapsed_s * self._rate) + 1 - len(self._published)
        batch, self._kinds = self._kinds[:due], self._kinds[due:]
        if not batch:
            return
        samples = self._box.make_orders(len(batch), kinds=batch)
        order_ids = [sample.order_id for sample in samples]
        silent = {sample.order_id for sample in samples if sample.exists and self._chance.random() < _SILENT_SHARE}
        self._box.call(lambda: self._request(sorted(silent)))
        heard = [order_id for order_id in order_ids if order_id not in silent]
        self._box.publish(heard, duplicates=round(len(heard) * _DUPLICATE_SHARE))
        if self._published:
            self._box.publish(self._chance.sample(self._published, _AGAIN))
        self._published += order_ids

    def _request(self, order_ids: Sequence[str]) -> None:
        """Request orders in Salesforce without an event."""
        for order_id in order_ids:
            self._box.play.request(order_id)

    def _choose(self, count: int) -> list[str]:
        """Choose a kind for each order: each kind at least once, then as many failing ones as in a bad week."""
        failing = round(count * _FAILING_SHARE)
        kinds = list(KINDS)
        kinds += self._chance.choices(list(GOOD), k=max(0, count - failing - len(GOOD)))
        kinds += self._chance.choices(list(FAILING), k=max(0, failing - len(FAILING)))
        self._chance.shuffle(kinds)
        return kinds[:count]
