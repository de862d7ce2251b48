"""What happens around the workers: events, sweeps, requests that take effect late, and every kind of fault."""

from collections.abc import Iterator

from tests.model.add_order import with_order
from tests.model.explore import Step
from tests.model.numbering import births
from tests.model.protocol import Protocol
from tests.model.state import LONG_AGO, NONE, At, State, Store, Worker


class World(Protocol):
    """The whole model: `steps` is all the checker needs."""

    def steps(self, state: State) -> Iterator[Step[State]]:
        """Yield every step that is possible in a state, in its normal form."""
        for label, after in self.work(state):
            yield Step(label, self.normal(after))
        for label, after in self._arrivals(state):
            yield Step(label, self.normal(after))
        for label, after in self._faults(state):
            yield Step(label, self.normal(after), is_fault=True)

    def _arrivals(self, state: State) -> Iterator[tuple[str, State]]:
        yield from self._events(state)
        yield from self._strays(state)
        if state.status in {"Requested", "Activating"} and not state.store.messages:
            after = self.admit(state, event=NONE, store=state.store)
            if after is not None:
                yield "the sweep starts a run", after
        for number, request in enumerate(state.requests):
            rest = state._replace(requests=state.requests[:number] + state.requests[number + 1 :])
            yield f"the AddOrder of moment {request} takes effect late", with_order(rest)
            yield f"the AddOrder of moment {request} comes to nothing", rest
        for index, worker in enumerate(state.workers):
            if worker.at != At.IDLE and all(message.job != worker.job for message in state.store.messages):
                workers = tuple(Worker() if at == index else other for at, other in enumerate(state.workers))
                yield f"fence {worker.fence} dies", state._replace(workers=workers)

    def _events(self, state: State) -> Iterator[tuple[str, State]]:
        first, second = state.events
        if first == NONE:
            yield "Salesforce publishes the event", state._replace(events=(max(births(state)) + 1, second))
        for number, event in enumerate(state.events):
            if event != NONE and not state.store.seen[number]:
                seen = (number == 0 or state.store.seen[0], number == 1 or state.store.seen[1])
                after = self.admit(state, event=number, store=state.store._replace(seen=seen))
                if after is not None:
                    yield f"event {number + 1} is delivered", after

    def _faults(self, state: State) -> Iterator[tuple[str, State]]:
        left, store = state.left, state.store
        now = max(births(state)) + 1
        yield from self._deaths(state)
        if left.new_event and state.events[0] != NONE:
            status = "Requested" if state.status == "Failed" else state.status
            events = (state.events[0], now)
            spent = left._replace(new_event=left.new_event - 1)
            yield "a new event is published", state._replace(left=spent, events=events, status=status)
        if left.flush:
            spent = left._replace(flush=left.flush - 1)
            yield "FLUSHALL", state._replace(left=spent, store=Store(mark=now))
        if left.restart and state.saved is None:
            yield "(the store is saved)", state._replace(saved=store)
        if left.restart and state.saved is not None:
            spent = left._replace(restart=left.restart - 1)
            back = state.saved._replace(mark=now)
            yield "the store restarts as it was saved", state._replace(left=spent, store=back, saved=None)
        yield from self._rare_faults(state)

    def _deaths(self, state: State) -> Iterator[tuple[str, State]]:
        if not state.left.taken_for_dead:
            return
        spent = state._replace(left=state.left._replace(taken_for_dead=state.left.taken_for_dead - 1))
        for message in state.store.messages:
            if message.job in {worker.job for worker in state.workers} - {NONE}:
                after = self._replaced(spent, message, message._replace(job=NONE))
                yield f"the worker of run {message.run} is taken for dead", after

    def _strays(self, state: State) -> Iterator[tuple[str, State]]:
        for message in state.store.messages:
            if message.job not in {NONE, *(worker.job for worker in state.workers)}:
                after = self._replaced(state, message, message._replace(job=NONE))
                yield f"the message of run {message.run} is given back", after

    def _rare_faults(self, state: State) -> Iterator[tuple[str, State]]:
        left, store = state.left, state.store
        if left.cancel and state.whmcs in {"Pending", "Active"}:
            spent = left._replace(cancel=left.cancel - 1)
            yield "somebody cancels the order in WHMCS", state._replace(left=spent, whmcs="Cancelled")
        if left.claim_expiry and store.claim is not None:
            spent = left._replace(claim_expiry=left.claim_expiry - 1)
            yield "the claim expires", state._replace(left=spent, store=store._replace(claim=None))
        if left.evict and store.intent is not None:
            spent = left._replace(evict=left.evict - 1)
            yield "the store evicts the intent", state._replace(left=spent, store=store._replace(intent=None))
        if left.switch:
            # Every worker has stopped before; requests in flight are still under way.
            spent = left._replace(switch=left.switch - 1)
            workers = tuple(Worker() for _ in state.workers)
            yield (
                "another store, older than the order, takes over",
                state._replace(left=spent, store=Store(mark=LONG_AGO), saved=None, workers=workers),
            )
