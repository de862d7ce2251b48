"""A chain of two stages that do nothing outside, so that a test can do what it likes in between."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import dramatiq

from actors.broker import FulfilmentBroker
from actors.stage import Stage, stage
from actors.stage_end import StageEnd, as_job
from actors.toolbox import Clients
from actors.trouble_watch import TroubleWatch
from actors.values import OrderRequest, PlacedOrder, Run
from clients.clock import SystemClock
from clients.ledger.values import Admission, Request
from clients.salesforce.ids import to_18
from config.settings import Settings

FIRST, SECOND = "first", "second"


@dataclass
class Chain:
    """Two stages; `between` is called at the end of the first, `runs` counts what ran for each order."""

    between: Callable[[Run], None] = lambda _order: None
    during: Callable[[Run], None] = lambda _order: None
    ran_first: list[str] = field(default_factory=list)
    ran_second: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def stages(self) -> tuple[Stage, Stage]:
        """Return both stages as the pipeline has them."""

        @stage(queue=FIRST)
        def first(order: OrderRequest, use: Clients) -> PlacedOrder:
            with self.lock:
                self.ran_first.append(order.order_id)
            self.during(order)
            self.between(order)
            return PlacedOrder(**order.run_fields(), client_id=1, whmcs_order_id=1, lines=())

        @stage(queue=SECOND)
        def second(order: PlacedOrder, use: Clients) -> PlacedOrder | None:
            with self.lock:
                self.ran_second.append(order.order_id)
            return None

        return first, second

    def declare(self, broker: FulfilmentBroker) -> None:
        """Declare the stages on a broker."""
        first, second = self.stages()
        ledger = broker.ledger
        use = Clients(
            salesforce=cast("Any", None),
            whmcs=cast("Any", None),
            ledger=ledger,
            settings=Settings.model_construct(give_up_after_s=3600.0, retry_min_s=0.01, retry_max_s=0.05),
            clock=SystemClock(),
            troubles=TroubleWatch(ledger.troubles),
            marker=cast("Any", None),
        )

        def top(request: OrderRequest) -> dramatiq.Message[Any]:
            chain = [first.message(request), second.message()]
            return dramatiq.pipeline(chain, broker=broker).messages[0]

        for each in (first, second):
            each.declare(broker, use, on_failure=second, from_the_top=top)
        self._top = top

    def admit(self, broker: FulfilmentBroker, numbers: Sequence[int]) -> list[str]:
        """Ask for a run of made-up orders; returns their ids."""
        requests = [self._request(number) for number in numbers]
        admissions = broker.ledger.admit(requests)
        assert set(admissions) == {Admission.ENQUEUED}
        return [request.order_id for request in requests]

    def _request(self, number: int) -> Request:
        order_id = to_18(f"801R0000{number:07d}")
        now = datetime.now(UTC)
        request = OrderRequest(order_id=order_id, run_id=f"run-{number}", requested_at=now, source="event")
        job = as_job(StageEnd(following=self._top(request)))
        assert job is not None
        return Request(order_id=order_id, run_id=request.run_id, source="event", requested_at=now, job=job)
