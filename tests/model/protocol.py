"""The protocol that keeps a WHMCS order single, as guarded atomic steps on one immutable state.

Each step is what one script in the store, one request or one look at a local value does; everything may happen
between two of them. Checks that only narrow a gap and cannot close it (`Claim.hold` before a write to Salesforce) are
left out, which allows more than the code does.
"""

from collections.abc import Iterator

from tests.model.add_order import AddOrderSteps, Outcome
from tests.model.numbering import jobs, renumbered, runs
from tests.model.state import NONE, At, Claim, Message, Stage, State, Store, Worker

Move = tuple[str, State]
MOST_MESSAGES = 2


class Protocol(AddOrderSteps):
    """What workers do; `world.World` adds what happens to them."""

    def normal(self, state: State) -> State:
        """Return the normal form of a state: numbers without gaps, and nobody who can do nothing any more."""
        if self.guards.claim and self.guards.unique_fences and not self.guards.unfenced:
            state = _without_the_beaten(state)
        return renumbered(state, keep_fences=not self.guards.unique_fences)

    def admit(self, state: State, *, event: int, store: Store) -> State | None:
        """Take in a request: claim the order and put its first message on the queue; None if it is claimed already."""
        if len(store.messages) >= MOST_MESSAGES:
            return None
        if self.guards.claim and store.claim is not None and store.messages:
            return state._replace(store=store)
        run = max(runs(state)) + 1
        fence, store = self._next_fence(state, store)
        message = Message(run, Stage.VALIDATE, attempted=False, event=event)
        return state._replace(
            store=store._replace(claim=Claim(run, fence, store.mark), messages=(*store.messages, message))
        )

    def work(self, state: State) -> Iterator[Move]:
        """Yield every step that some worker can do."""
        for message in state.store.messages:
            if message.job == NONE:
                yield from self._enter(state, message)
        for index, worker in enumerate(state.workers):
            if worker.at != At.IDLE:
                for label, after in self._step(state, worker, index):
                    yield f"{_name(worker)} {label}", after

    # -- a delivery begins ------------------------------------------------------------------------------------------

    def _enter(self, state: State, message: Message) -> Iterator[Move]:
        store = state.store
        if self.guards.claim and store.claim is not None and store.claim.run != message.run:
            yield f"run {message.run} is not the claim's and ends quietly", self._without(state, message)
            return
        idle = next((index for index, worker in enumerate(state.workers) if worker.at == At.IDLE), None)
        if idle is None:
            return
        job = max(jobs(state)) + 1
        fence, store = self._next_fence(state, store)
        mark = store.claim.mark if store.claim is not None else NONE
        if message.stage == Stage.VALIDATE and not self.guards.own_trace_only:
            store = store._replace(starts=min(2, store.starts + 1))
        messages = tuple(message._replace(job=job) if other == message else other for other in store.messages)
        entered = state._replace(store=store._replace(claim=Claim(message.run, fence, mark), messages=messages))
        worker = Worker(At.IDLE, message.run, message.stage, message.attempted, message.event, job=job, fence=fence)
        after, begun = self._begin(entered, worker)
        yield f"run {message.run} enters {message.stage}, fence {fence}: next is {begun.at}", _with(after, idle, begun)

    def _begin(self, state: State, worker: Worker) -> tuple[State, Worker]:
        """Do the first thing of a stage, which follows on the entry without a gap that matters."""
        if worker.stage == Stage.VALIDATE:
            if state.status == "Activated":
                return state, worker._replace(at=At.END)
            return state, worker._replace(at=At.ACTIVATE, attempted=state.attempted)
        if worker.stage == Stage.ADD:
            early = NONE if self.guards.mark_in_script else state.store.mark
            return state, worker._replace(at=At.INTEND, mark=early)
        if worker.stage == Stage.FINISH:
            if state.whmcs == "Cancelled":
                return state, worker._replace(at=At.PASS_ON, next_stage=Stage.FAIL)
            return state._replace(whmcs="Active"), worker._replace(at=At.WRITE_BACK)
        return state, worker._replace(at=At.TELL)

    # -- its steps --------------------------------------------------------------------------------------------------

    def _step(self, state: State, worker: Worker, index: int) -> Iterator[Move]:
        steps = {
            At.ACTIVATE: self._activate,
            At.INTEND: self._intend,
            At.LOOK: self._look,
            At.NOTE: self._note,
            At.AGAIN: self._again,
            At.SEND: self._send,
            At.RETRACT: self._retract,
            At.WRITE_BACK: self._write_back,
            At.TELL: self._tell,
        }
        step = steps.get(worker.at)
        if step is None:
            yield self._hand_over(state, worker, index)
            return
        for label, after, then in step(state, worker):
            if then.at == At.RETRY:
                # Between the last step and the giving back nothing can happen that a death before it would not do.
                yield label, self._hand_over(after, then, index)[1]
            else:
                yield label, _with(after, index, then)

    def _activate(self, state: State, worker: Worker) -> Iterator[Outcome]:
        if state.status == "Activated" and self.guards.activated_is_final:
            yield "may not write Activating over Activated", state, worker._replace(at=At.END)
            return
        after = state._replace(status="Activating", attempted=self.guards.trace)
        yield "writes Activating", after, worker._replace(at=At.PASS_ON, next_stage=Stage.ADD)

    def _write_back(self, state: State, worker: Worker) -> Iterator[Outcome]:
        yield "writes Activated", state._replace(status="Activated"), worker._replace(at=At.END)

    def _tell(self, state: State, worker: Worker) -> Iterator[Outcome]:
        done = worker._replace(at=At.END)
        if state.status != "Activated":
            yield "writes Failed", state._replace(status="Failed"), done
        elif self.guards.activated_is_final:
            yield "may not write Failed over Activated", state, done
        else:
            yield "writes Failed over Activated", state._replace(status="Failed", is_lie=state.whmcs == "Active"), done

    # -- a delivery ends --------------------------------------------------------------------------------------------

    def _hand_over(self, state: State, worker: Worker, index: int) -> Move:
        store = state.store
        idle = _with(state, index, Worker())
        message = next((message for message in store.messages if message.job == worker.job), None)
        if message is None:
            return f"stops ({worker.at}): its message is another's", idle
        if self.guards.claim and (store.claim is None or store.claim.fence != worker.fence):
            if store.claim is not None and store.claim.run == worker.run:
                return "gives its message back", self._replaced(idle, message, message._replace(job=NONE))
            return "drops its message: another run has the order", self._without(idle, message)
        if worker.at == At.RETRY:
            return "will retry", self._replaced(idle, message, message._replace(job=NONE))
        if worker.at == At.END:
            ended = self._without(idle, message)
            return "ends the run", ended._replace(store=ended.store._replace(claim=None))
        following = message._replace(stage=worker.next_stage, attempted=worker.attempted, job=NONE)
        # An event proves nothing of an order that was attempted before.
        if worker.attempted:
            following = following._replace(event=NONE)
        if worker.next_stage != Stage.ADD:
            following = following._replace(attempted=False, event=NONE)
        after = self._replaced(idle, message, following)
        return f"hands over to {worker.next_stage}", after._replace(store=_remembering(after.store, worker))

    # -- helpers ----------------------------------------------------------------------------------------------------

    def _next_fence(self, state: State, store: Store) -> tuple[int, Store]:
        if self.guards.unique_fences:
            return max(jobs(state)) + 1, store
        return store.fences + 1, store._replace(fences=store.fences + 1)

    def _without(self, state: State, message: Message) -> State:
        rest = tuple(other for other in state.store.messages if other != message)
        return state._replace(store=state.store._replace(messages=rest))

    def _replaced(self, state: State, message: Message, by: Message) -> State:
        messages = tuple(by if other == message else other for other in state.store.messages)
        return state._replace(store=state.store._replace(messages=messages))


def _without_the_beaten(state: State) -> State:
    """Take away the workers that can only find out that they have lost: their steps change nothing."""
    if all(worker.at == At.IDLE or worker.at in _ACTS for worker in state.workers):
        return state
    stores = [store for store in (state.store, state.saved) if store is not None]
    alive = {store.claim.fence for store in stores if store.claim is not None}
    alive |= {message.job for store in stores for message in store.messages}
    workers = tuple(worker if worker.at in _ACTS or worker.job in alive else Worker() for worker in state.workers)
    return state._replace(workers=workers)


# What is done without asking the store once more.
_ACTS = frozenset({At.ACTIVATE, At.SEND, At.WRITE_BACK, At.TELL})


def _remembering(store: Store, worker: Worker) -> Store:
    if worker.stage == Stage.ADD and worker.next_stage == Stage.FINISH:
        return store._replace(knows_order=True)
    if worker.stage == Stage.VALIDATE and not worker.attempted:
        return store._replace(seen_untouched=True)
    return store


def _with(state: State, index: int, worker: Worker) -> State:
    workers = list(state.workers)
    workers[index] = _tidy(worker)
    return state._replace(workers=tuple(workers))


def _tidy(worker: Worker) -> Worker:
    """Forget what no later step of the delivery reads, so that equal states are the same state."""
    if worker.at in {At.PASS_ON, At.RETRY, At.END, At.WRITE_BACK, At.TELL, At.ACTIVATE}:
        worker = worker._replace(mark=NONE, sent_at=NONE, looks=0)
    elif worker.at in {At.SEND, At.AGAIN, At.RETRACT}:
        worker = worker._replace(looks=0)
    if worker.at in {At.SEND, At.RETRACT}:
        worker = worker._replace(mark=NONE)
    if worker.stage != Stage.VALIDATE and worker.at != At.INTEND:
        worker = worker._replace(attempted=False, event=NONE)
    return worker


def _name(worker: Worker) -> str:
    return f"run {worker.run}/fence {worker.fence}"
