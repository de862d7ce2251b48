"""What is searched: how many faults of which kinds, from which beginning, and what counts as wrong or as an end."""

from collections.abc import Mapping

from tests.model.explore import Found, Graph, explore
from tests.model.safeguards import Safeguards
from tests.model.state import LONG_AGO, NONE, Claim, Intent, Left, Message, Stage, State, Store, Worker
from tests.model.world import World

# The searches of every test run; together they hold every kind of fault, and the pairs that act on each other.
BOUNDS: Mapping[str, Left] = {
    "two crashes, a second event": Left(taken_for_dead=2, new_event=1, lost_answer=1),
    "two flushes, a crash": Left(flush=2, taken_for_dead=1, lost_answer=1),
    "a flush, a second event": Left(flush=1, new_event=1),
    "a restart, a crash": Left(restart=1, taken_for_dead=1, lost_answer=0),
    "a restart, two lost answers": Left(restart=1),
    "another store, a crash, a second event": Left(switch=1, taken_for_dead=1, new_event=1, lost_answer=1),
    "an expired claim, a second event": Left(claim_expiry=1, new_event=1, lost_answer=1),
    "a cancelled order, a crash, a second event": Left(cancel=1, taken_for_dead=1, new_event=1, lost_answer=1),
}

# Minutes on one core: `python -m tests.model`.
WIDER_BOUNDS: Mapping[str, Left] = {
    "two crashes, a second event, two lost answers": Left(taken_for_dead=2, new_event=1),
    "a flush, a crash, a second event": Left(flush=1, taken_for_dead=1, new_event=1),
    "a restart, a crash, a lost answer": Left(restart=1, taken_for_dead=1, lost_answer=1),
    "a restart, two crashes": Left(restart=1, taken_for_dead=2, lost_answer=0),
    "a restart, a second event": Left(restart=1, new_event=1, lost_answer=1),
    "a flush, a restart": Left(flush=1, restart=1, lost_answer=1),
    "an expired claim, a crash, a second event": Left(claim_expiry=1, taken_for_dead=1, new_event=1, lost_answer=1),
}


THREE_WORKERS: Mapping[str, Left] = {
    "two crashes": Left(taken_for_dead=2, lost_answer=1),
    "a flush, a crash": Left(flush=1, taken_for_dead=1, lost_answer=1),
    "a restart, a crash": Left(restart=1, taken_for_dead=1, lost_answer=0),
}


def beginning(left: Left, *, workers: int = 2) -> State:
    """Return the usual beginning: an order is requested, its event is published, and the store is older than both."""
    return State(left, workers=(Worker(),) * workers)


def before_the_event(left: Left) -> State:
    """Return a beginning at which the event of the order is not published yet."""
    return State(left, events=(NONE, NONE))


def in_doubt(left: Left) -> State:
    """Return the moment after an AddOrder whose answer was lost came to nothing, and after one empty look-up."""
    store = Store(
        claim=Claim(run=0, fence=0, mark=LONG_AGO),
        intent=Intent(sent_at=0, looks=1, mark=LONG_AGO),
        messages=(Message(0, Stage.ADD, attempted=False, event=0),),
        seen=(True, False),
        seen_untouched=True,
    )
    return State(left, store, status="Activating", attempted=True)


def is_wrong(state: State) -> bool:
    """Tell whether a promise is broken: a second order, or Salesforce says something that is not so."""
    is_empty_promise = state.status == "Activated" and state.whmcs in {"none", "Pending"}
    return state.orders > 1 or state.is_lie or is_empty_promise


def is_final(state: State) -> bool:
    """Tell whether the order has come to an end: it is there once and Salesforce says so, or a person was told."""
    return state.status == "Failed" or (state.status == "Activated" and state.orders == 1)


def search(guards: Safeguards, start: State) -> tuple[Found[State], Graph[State]]:
    """Search everything that can come of a beginning for something wrong."""
    return explore(start, World(guards).steps, is_wrong)
