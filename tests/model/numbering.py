"""The normal form of a state: numbers without gaps, so that states that differ in nothing else are one state.

Of moments only the order counts, of jobs, fences and runs only which are equal. That makes the state space finite.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from tests.model.state import CREATED, LONG_AGO, NONE, Claim, Intent, State, Store, Worker

Numbers = Callable[[int], int]
_IDLE = Worker()


class Renumbering(NamedTuple):
    """The new numbers for the old ones, of each kind."""

    birth: Numbers
    sent: Numbers
    job: Numbers
    fence: Numbers
    run: Numbers


class Known(NamedTuple):
    """The numbers that are known somewhere, of each kind."""

    births: frozenset[int]
    sendings: frozenset[int]
    jobs: frozenset[int]
    runs: frozenset[int]


_ALWAYS = Known(
    births=frozenset({NONE, LONG_AGO, CREATED}),
    sendings=frozenset({NONE}),
    jobs=frozenset({NONE}),
    runs=frozenset({NONE}),
)


@lru_cache(1 << 16)
def _in_store(store: Store | None) -> Known:
    if store is None:
        return _ALWAYS
    claim, intent, messages = store.claim, store.intent, store.messages
    return Known(
        births=_ALWAYS.births | {store.mark, claim.mark if claim else NONE, intent.mark if intent else NONE},
        sendings=_ALWAYS.sendings | {intent.sent_at if intent else NONE},
        jobs=_ALWAYS.jobs | {message.job for message in messages} | {claim.fence if claim else NONE},
        runs=_ALWAYS.runs | {message.run for message in messages} | {claim.run if claim else NONE},
    )


def births(state: State) -> set[int]:
    """Return every birth of a memory and every event: what a first attempt is proved by."""
    found = {worker.mark for worker in state.workers}
    found.update(_in_store(state.store).births, _in_store(state.saved).births, state.events)
    return found


def sendings(state: State) -> set[int]:
    """Return every moment at which somebody was allowed to send: what waiting goes by."""
    found = {worker.sent_at for worker in state.workers}
    found.update(_in_store(state.store).sendings, _in_store(state.saved).sendings, state.requests)
    return found


def jobs(state: State) -> set[int]:
    """Return every number of a delivery or fence that is known anywhere."""
    found = {number for worker in state.workers for number in (worker.job, worker.fence)}
    found.update(_in_store(state.store).jobs, _in_store(state.saved).jobs)
    return found


def runs(state: State) -> set[int]:
    """Return every run that is known anywhere."""
    found = {worker.run for worker in state.workers}
    found.update(_in_store(state.store).runs, _in_store(state.saved).runs)
    return found


def renumbered(state: State, *, keep_fences: bool) -> State:
    """Return the same state in its one normal form: numbers without gaps, workers in a fixed order."""
    birth, sent, job, run = (_ranks(known(state)) for known in (births, sendings, jobs, runs))
    if birth or sent or job or run:
        fence = {} if keep_fences else job
        state = _mapped(state, Renumbering(*map(_lookup, (birth, sent, job, fence, run))))
    workers = tuple(sorted(state.workers))
    return state if workers == state.workers else state._replace(workers=workers)


def _ranks(known: Iterable[int]) -> dict[int, int]:
    """Return new numbers without gaps, empty when there is nothing to change."""
    ordered = sorted(known)
    if ordered[-1] == len(ordered) - 2:
        return {}
    return {number: rank - 1 for rank, number in enumerate(ordered)}


def _lookup(ranks: dict[int, int]) -> Numbers:
    return ranks.__getitem__ if ranks else int


def _mapped(state: State, by: Renumbering) -> State:
    birth, sent, job, fence, run = by

    def of_store(store: Store) -> Store:
        claim, intent = store.claim, store.intent
        return store._replace(
            mark=birth(store.mark),
            claim=claim and Claim(run(claim.run), fence(claim.fence), birth(claim.mark)),
            intent=intent and Intent(sent(intent.sent_at), intent.looks, birth(intent.mark)),
            messages=tuple(message._replace(run=run(message.run), job=job(message.job)) for message in store.messages),
        )

    def of_worker(worker: Worker) -> Worker:
        if worker == _IDLE:
            return worker
        return worker._replace(
            run=run(worker.run),
            job=job(worker.job),
            fence=fence(worker.fence),
            mark=birth(worker.mark),
            sent_at=sent(worker.sent_at),
        )

    first, second = state.events
    return state._replace(
        store=of_store(state.store),
        saved=state.saved and of_store(state.saved),
        workers=tuple(of_worker(worker) for worker in state.workers),
        requests=tuple(sent(request) for request in state.requests),
        events=(birth(first), birth(second)),
    )
