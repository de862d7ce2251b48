"""The protocol that keeps a WHMCS order single, searched completely within bounds (docs/model.md).

Bounded: two workers; at most two workers taken for dead (each may live on as a zombie, or die at any later step), two
flushes, one restart that forgets any number of last writes, two AddOrders without an answer, one second event, one
expired claim, one change to another store, one cancelled order; not all of them at once. Not bounded: sweeps, tries,
look-ups, clean refusals, redeliveries of replayed events, and every delay.

Why that is enough: a double order takes two sends, and a fault matters only by hiding the first from the second sender
(flush, restart, eviction, change of store) or by bringing a second sender on (crash, event, expiry). The bounds hold
one of each kind and the pairs that act on each other; every removal is found within 29 steps.
Wider bounds and three workers show no more: `python -m tests.model`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.model.explore import stuck
from tests.model.safeguards import SCRIPTS, Safeguards
from tests.model.scenarios import BOUNDS, before_the_event, beginning, in_doubt, is_final, search
from tests.model.state import Left, State

EFFECTS = ("order made, answer received", "takes effect late")


@dataclass(frozen=True)
class Removal:
    """The safeguards with something taken away, and the faults under which that makes a double order."""

    guards: Safeguards
    left: Left
    start: Callable[..., State] = beginning


REMOVALS = {
    "the claim": Removal(Safeguards(claim=False), Left(lost_answer=0)),
    "the fence in all scripts": Removal(Safeguards(unfenced=SCRIPTS), Left(taken_for_dead=1)),
    "the fence in intend again": Removal(Safeguards(unfenced=frozenset({"again"})), Left(taken_for_dead=1)),
    "the fence in retract": Removal(Safeguards(unfenced=frozenset({"retract"})), Left(taken_for_dead=2)),
    "fences that never repeat, flush": Removal(
        Safeguards(unique_fences=False), Left(flush=1, taken_for_dead=1, lost_answer=0)
    ),
    "fences that never repeat, restart": Removal(Safeguards(unique_fences=False), Left(restart=1, lost_answer=0)),
    "the intent": Removal(Safeguards(intent=False), Left(taken_for_dead=1)),
    "the mark, restart": Removal(Safeguards(mark=False), Left(restart=1, lost_answer=0)),
    "the mark and the trace, flush": Removal(Safeguards(mark=False, trace=False), Left(flush=1)),
    "the mark compared in the script": Removal(
        Safeguards(mark_in_script=False), Left(restart=1, taken_for_dead=1, lost_answer=0)
    ),
    "the renewal of an older memory's intent": Removal(Safeguards(mark_renews_intent=False), Left(restart=1)),
    "the mark compared in intend again": Removal(
        Safeguards(mark_before_again=False), Left(restart=1, taken_for_dead=1, lost_answer=0), in_doubt
    ),
    "the trace, flush": Removal(Safeguards(trace=False), Left(flush=1, new_event=1)),
    "the trace, another store": Removal(Safeguards(trace=False), Left(switch=1)),
    "the trace known as one's own": Removal(Safeguards(own_trace_only=False), Left(switch=1, taken_for_dead=1)),
    "the look-up": Removal(Safeguards(look_up=False), Left()),
    "the wait for the time limit": Removal(Safeguards(time_limit=False), Left()),
    "the window for sending": Removal(Safeguards(send_window=False), Left(taken_for_dead=1)),
    "the second look, where the look comes first": Removal(Safeguards(looks_needed=1), Left()),
    "a store that never evicts": Removal(Safeguards(), Left(evict=1, taken_for_dead=1)),
}

# What can be taken away alone without harm; where it is needed all the same is said in docs/model.md.
REDUNDANT = {
    "the mark, flush": Removal(Safeguards(mark=False), Left(flush=1, new_event=1, lost_answer=1)),
    "the mark of the claim, flush": Removal(Safeguards(mark_of_claim=False), Left(flush=1, new_event=1, lost_answer=0)),
    "the mark of the claim, restart": Removal(Safeguards(mark_of_claim=False), Left(restart=1, lost_answer=1)),
    "the fence in the first intend": Removal(
        Safeguards(unfenced=frozenset({"intend"})), Left(taken_for_dead=1, lost_answer=1)
    ),
    "the second look, where the time limit is checked first": Removal(
        Safeguards(looks_needed=1, look_first=False), Left(taken_for_dead=1, flush=1)
    ),
}


@pytest.mark.parametrize("left", BOUNDS.values(), ids=BOUNDS)
def test_no_order_is_doubled_or_stuck_or_misreported(left: Left) -> None:
    """Every state is right, and from every one there is a way to an end once faults have stopped."""
    found, graph = search(Safeguards(), beginning(left))
    print(found)  # noqa: T201 - the number of states is the measure of what was searched
    assert not found.trace, str(found)
    assert stuck(graph, is_final) is None


def test_an_order_that_was_requested_before_a_flush_and_published_after_it_is_safe() -> None:
    found, graph = search(Safeguards(), before_the_event(Left(flush=1, lost_answer=1)))
    assert not found.trace, str(found)
    assert stuck(graph, is_final) is None


@pytest.mark.parametrize("removal", REMOVALS.values(), ids=REMOVALS)
def test_without_any_one_safeguard_an_order_is_doubled(removal: Removal) -> None:
    found, _ = search(removal.guards, removal.start(removal.left))
    assert found.trace, str(found)
    assert found.trace[-1].endswith(EFFECTS), str(found)
    assert found.last is not None
    assert found.last.orders == 2, str(found)


@pytest.mark.parametrize("removal", REDUNDANT.values(), ids=REDUNDANT)
def test_what_is_redundant_is_known_to_be(removal: Removal) -> None:
    found, _ = search(removal.guards, removal.start(removal.left))
    assert not found.trace, str(found)


def test_unless_salesforce_refuses_it_a_zombie_writes_failed_over_activated() -> None:
    left = Left(taken_for_dead=1, new_event=1, lost_answer=0)
    found, _ = search(Safeguards(activated_is_final=False), beginning(left))
    assert found.trace[-1].endswith("writes Failed over Activated"), str(found)
