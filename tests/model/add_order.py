"""The steps of add-order: who may send AddOrder at once, who has to look first, and when looking is over."""

from collections.abc import Iterator

from tests.model.numbering import sendings
from tests.model.safeguards import Safeguards
from tests.model.state import CREATED, NONE, At, Intent, Stage, State, Store, Worker

Outcome = tuple[str, State, Worker]


class AddOrderSteps:
    """Each yields what may happen: a label, the state after it, and the worker after it."""

    def __init__(self, guards: Safeguards) -> None:
        self.guards = guards

    def _intend(self, state: State, worker: Worker) -> Iterator[Outcome]:
        store = state.store
        if not self._holds(store, worker, "intend"):
            yield "intends, has lost the claim", state, _lost(worker)
            return
        if store.knows_order and self.guards.intent:
            yield "is told the order's id", state, worker._replace(at=At.PASS_ON, next_stage=Stage.FINISH)
            return
        intent = store.intent
        is_new = intent is None
        is_stale = intent is not None and intent.mark != store.mark and self.guards.mark_renews_intent
        if intent is None or is_stale:
            intent = Intent(max(sendings(state)) + 1, 0, store.mark)
        after = state._replace(store=store._replace(intent=intent)) if self.guards.intent else state
        is_first = is_new and self._is_provably_first(state, worker)
        then = worker._replace(
            at=At.SEND if is_first else At.LOOK if self.guards.look_up else At.NOTE,
            sent_at=intent.sent_at,
            looks=intent.looks,
            mark=store.mark,
        )
        yield f"intends{' anew' if is_new else ''}: {'first' if is_first else 'in doubt'}", after, then

    def _is_provably_first(self, state: State, worker: Worker) -> bool:
        guards, store, claim = self.guards, state.store, state.store.claim
        memory = claim.mark if claim is not None else NONE
        current = store.mark if guards.mark_in_script else worker.mark
        if guards.mark and guards.mark_of_claim and memory != current:
            return False
        begins = current if guards.mark else NONE
        attempted = worker.attempted and guards.trace
        is_ours = store.seen_untouched if guards.own_trace_only else store.starts > 1
        saw_whole_life = begins < CREATED and (not attempted or is_ours)
        event_at = state.events[worker.event] if worker.event != NONE else NONE
        return saw_whole_life or (not attempted and event_at > begins)

    def _look(self, state: State, worker: Worker) -> Iterator[Outcome]:
        if state.whmcs == "Cancelled":
            yield "finds a cancelled order", state, worker._replace(at=At.PASS_ON, next_stage=Stage.FAIL)
        elif state.orders:
            yield "finds the order", state, worker._replace(at=At.PASS_ON, next_stage=Stage.FINISH)
        elif not self.guards.look_first and not self._is_settled(state, worker):
            yield "has not waited long enough", state, worker._replace(at=At.RETRY)
        else:
            yield "finds nothing", state, worker._replace(at=At.NOTE)

    def _note(self, state: State, worker: Worker) -> Iterator[Outcome]:
        # Once settled it stays so: waiting and counting need no two steps.
        if not self._is_settled(state, worker):
            yield "has not waited long enough", state, worker._replace(at=At.RETRY)
            return
        store = state.store
        if not self._holds(store, worker, "note") or (store.intent is None and self.guards.intent):
            yield "counts the look, has lost the claim", state, _lost(worker)
            return
        looks = worker.looks + 1
        after = state
        if store.intent is not None:
            after = state._replace(store=store._replace(intent=store.intent._replace(looks=looks)))
        then = worker._replace(at=At.AGAIN if looks >= self.guards.looks_needed else At.RETRY)
        yield f"counts empty look {looks} after the time limit", after, then

    def _is_settled(self, state: State, worker: Worker) -> bool:
        """Tell whether everything that was intended no later than the known intent can take no effect any more."""
        until = worker.sent_at
        if self.guards.time_limit and any(request <= until for request in state.requests):
            return False
        if not self.guards.send_window:
            return True
        return not any(other.at == At.SEND and other.sent_at <= until for other in state.workers)

    def _again(self, state: State, worker: Worker) -> Iterator[Outcome]:
        store = state.store
        if not self._holds(store, worker, "again"):
            yield "intends again, has lost the claim", state, _lost(worker)
            return
        is_same_memory = store.mark == worker.mark or not self.guards.mark_before_again
        if not is_same_memory:
            yield "intends again, but the memory broke since it looked", state, worker._replace(at=At.RETRY)
            return
        now = max(sendings(state)) + 1
        after = state
        if self.guards.intent:
            after = state._replace(store=store._replace(intent=Intent(now, 0, store.mark)))
        yield "intends again", after, worker._replace(at=At.SEND, sent_at=now)

    def _send(self, state: State, worker: Worker) -> Iterator[Outcome]:
        made = worker._replace(at=At.PASS_ON, next_stage=Stage.FINISH)
        yield "sends AddOrder: order made, answer received", with_order(state), made
        yield "sends AddOrder: cleanly refused", state, worker._replace(at=At.RETRACT)
        if state.left.lost_answer:
            left = state.left._replace(lost_answer=state.left.lost_answer - 1)
            requests = tuple(sorted((*state.requests, worker.sent_at)))
            after = state._replace(left=left, requests=requests)
            yield "sends AddOrder: no answer, may take effect late", after, worker._replace(at=At.RETRY)
        yield "is too late to send", state, worker._replace(at=At.RETRACT)

    def _retract(self, state: State, worker: Worker) -> Iterator[Outcome]:
        after = state
        if self._holds(state.store, worker, "retract"):
            after = state._replace(store=state.store._replace(intent=None))
        yield "retracts, to try again", after, worker._replace(at=At.RETRY)
        yield "retracts, to fail", after, worker._replace(at=At.PASS_ON, next_stage=Stage.FAIL)

    def _holds(self, store: Store, worker: Worker, script: str) -> bool:
        if not self.guards.claim or script in self.guards.unfenced:
            return True
        return store.claim is not None and store.claim.fence == worker.fence


def with_order(state: State) -> State:
    """Return the state after an AddOrder has taken effect."""
    return state._replace(orders=state.orders + 1, whmcs="Pending" if state.whmcs == "none" else state.whmcs)


def _lost(worker: Worker) -> Worker:
    return worker._replace(at=At.RETRY)
