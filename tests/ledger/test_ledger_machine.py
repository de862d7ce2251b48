"""Whatever happens in whatever order, an order is in exactly one place: a queue, one worker's hands, or at its end."""

from dataclasses import dataclass, field
from typing import Any, cast

import redis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from clients.ledger import keys, queues
from clients.ledger.ledger import Ledger
from clients.ledger.values import Admission, Delivery, Entry, HandOver, Job, OrderState
from tests.ledger.hand import FIRST, SECOND, Hand, job, report

ORDERS = ("801R00000000001AAA", "801R00000000002AAA")
DELAYED = queues.delayed(FIRST)
ENDS = {OrderState.ACTIVATED: None, OrderState.FAILED: None, OrderState.HANDED_OVER: SECOND, OrderState.WAITING: FIRST}
SETTINGS = settings(
    max_examples=30,
    stateful_step_count=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


@dataclass
class Held:
    """One message in one worker's hands, or in those of a worker that is believed dead."""

    order_id: str
    run_id: str
    delivery: Delivery
    fence: str = ""


@dataclass
class Model:
    """What is true: the run that has each order, and the queue where its only message waits, if it waits."""

    runs: dict[str, str] = field(default_factory=dict)
    waits: dict[str, str] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    believed_dead: list[Held] = field(default_factory=list)
    highest: int = 0
    count: int = 0

    def somewhere(self) -> set[str]:
        """Return the orders that have a message."""
        return {*self.waits, *(held.order_id for held in self.held)}

    def holder(self, order_id: str) -> Held | None:
        """Return who has the order's message in hands."""
        return next((held for held in self.held if held.order_id == order_id), None)


class OnePlace(RuleBasedStateMachine):
    """Two orders, one worker after the other, a store that may lose its messages or everything."""

    def __init__(self, store: redis.Redis) -> None:
        super().__init__()
        store.flushall()
        self.store = store
        self.model = Model()
        self.hand = Hand(Ledger(store))

    @precondition(lambda self: len(self.model.somewhere()) < len(ORDERS))
    @rule()
    def admit(self) -> None:
        """Ask for a run of both orders, though perhaps only one of them has none."""
        for order_id in ORDERS:
            self.model.count += 1
            run_id = f"run-{self.model.count}"
            is_somewhere = order_id in self.model.somewhere()
            answer = self.hand.admit(order_id, run_id)
            assert answer is (Admission.ALREADY_CLAIMED if is_somewhere else Admission.ENQUEUED)
            if not is_somewhere:
                self.model.runs[order_id], self.model.waits[order_id] = run_id, FIRST

    @precondition(lambda self: not {FIRST, SECOND}.isdisjoint(self.model.waits.values()))
    @rule(queue=st.sampled_from([FIRST, SECOND]), enters=st.integers(0, 2))
    def take(self, queue: str, enters: int) -> None:
        """Fetch a message and begin its stage, perhaps not yet, perhaps twice."""
        waiting = [order_id for order_id in self.model.waits if self.model.waits[order_id] == queue]
        if not waiting:
            assert self.hand.broker.fetch(queue, 1) == []
            return
        delivery = self.hand.fetch(queue)
        [order_id] = [each for each in waiting if self.hand.fields(each)["message_id"] == delivery.message_id]
        del self.model.waits[order_id]
        held = Held(order_id, self.model.runs[order_id], delivery)
        self.model.held.append(held)
        for _ in range(enters):
            self._enter(held)

    @precondition(lambda self: self.model.held)
    @rule()
    def enter(self) -> None:
        self._enter(self.model.held[0])

    @precondition(lambda self: self.model.held)
    @rule(state=st.sampled_from(list(ENDS)), is_delayed=st.booleans(), is_answer_lost=st.booleans())
    def end(self, state: OrderState, *, is_delayed: bool, is_answer_lost: bool) -> None:
        held = self.model.held.pop(0)
        if not held.fence:
            self._enter(held)
        queue = ENDS[state]
        due_at = self.hand.ledger.touch_mark() if queue == FIRST and is_delayed else None
        following = job(queue, due_at=due_at) if queue else None
        answer = self._hand_over(held, held.fence, state, following)
        assert answer is HandOver.HANDED_OVER or (state is OrderState.FAILED and answer is HandOver.ASKED_AGAIN)
        if is_answer_lost:
            assert self._hand_over(held, held.fence, state, following) is HandOver.NOT_OURS
        if queue is None:
            del self.model.runs[held.order_id]
        else:
            self.model.waits[held.order_id] = DELAYED if due_at else queue

    @precondition(lambda self: self.model.waits)
    @rule(state=st.sampled_from(list(ENDS)))
    def work(self, state: OrderState) -> None:
        """Let a worker do all that can be done now."""
        for queue in (SECOND, FIRST):
            self.take(queue=queue, enters=1)
        while self.model.held:
            self.end(state=state, is_delayed=False, is_answer_lost=False)

    @precondition(lambda self: DELAYED in self.model.waits.values())
    @rule()
    def become_due(self) -> None:
        """Move delayed messages on, as the housekeeper does."""
        for order_id in [each for each, queue in self.model.waits.items() if queue == DELAYED]:
            message_id = self.hand.fields(order_id)["message_id"]
            self.store.lrem(queues.queue(DELAYED), 0, message_id)
            self.store.hdel(queues.messages(DELAYED), message_id)
            self.store.hset(queues.messages(FIRST), message_id, "{}")
            self.store.rpush(queues.queue(FIRST), message_id)
            self.model.waits[order_id] = FIRST

    @precondition(lambda self: self.model.runs)
    @rule(what=st.sampled_from(["worker", FIRST, SECOND, DELAYED, "everything"]))
    def misfortune(self, what: str) -> None:
        model = self.model
        if what == "worker":
            self._take_worker_for_dead()
        elif what == "everything":
            self.store.flushall()
            model.believed_dead += model.held
            model.runs, model.waits, model.held = {}, {}, []
        elif not model.held:
            self.hand.lose_messages(what)
            model.waits = {order_id: where for order_id, where in model.waits.items() if where != what}

    @precondition(lambda self: self.model.believed_dead)
    @rule()
    def the_dead_act(self) -> None:
        for dead in self.model.believed_dead:
            entry = self.hand.try_to_enter(dead.delivery, dead.run_id, order_id=dead.order_id)
            assert entry == (Entry.NOT_OURS, "0")
            fence = dead.fence or "1"
            assert self._hand_over(dead, fence, OrderState.HANDED_OVER, job(SECOND)) is HandOver.NOT_OURS
            holder = self.model.holder(dead.order_id)
            if holder is not None and holder.fence:
                assert not self.hand.ledger.holds(dead.order_id, fence=fence)

    @invariant()
    def each_order_is_in_the_one_place_where_it_belongs(self) -> None:
        for queue in (FIRST, SECOND, DELAYED):
            waiting = {self.hand.fields(each)["message_id"] for each, at in self.model.waits.items() if at == queue}
            in_hands = {held.delivery.message_id for held in self.model.held if held.delivery.queue == queue}
            assert sorted(self.hand.waiting_in(queue)) == sorted(waiting)
            assert self.hand.stored_in(queue) == waiting | in_hands

    @invariant()
    def the_ledger_says_so(self) -> None:
        unfinished: Any = self.store.zrange(keys.UNFINISHED, 0, -1)
        assert {order_id.decode() for order_id in unfinished} == set(self.model.runs)
        assert set(self.hand.ledger.idle(ORDERS)) == set(ORDERS) - self.model.somewhere()
        for order_id in ORDERS:
            assert self.hand.ledger.remember(order_id).claimed_by == self.model.runs.get(order_id)

    def _take_worker_for_dead(self) -> None:
        """Give back all that it had begun; it lives on, and does not know."""
        for queue in (SECOND, FIRST):
            self.take(queue=queue, enters=1)
        for held in self.model.held:
            self.hand.let_go(held.delivery)
            self.model.waits[held.order_id] = held.delivery.queue
        self.model.believed_dead += self.model.held
        self.model.held = []
        self.hand = Hand(self.hand.ledger)

    def _enter(self, held: Held) -> None:
        held.fence = self.hand.enter(held.delivery, held.run_id, order_id=held.order_id)
        assert int(held.fence) > self.model.highest
        self.model.highest = int(held.fence)

    def _hand_over(self, held: Held, fence: str, state: OrderState, following: Job | None) -> HandOver:
        of = {"order_id": held.order_id, "run_id": held.run_id}
        return self.hand.ledger.hand_over(held.delivery, report(**of, fence=fence, state=state), following)


def test_an_order_is_always_in_exactly_one_place(store: redis.Redis) -> None:
    run_state_machine_as_test(cast("Any", lambda: OnePlace(store)), settings=SETTINGS)
