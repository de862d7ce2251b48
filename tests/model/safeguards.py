"""The safeguards of the protocol, each of which the tests take away in turn."""

from dataclasses import dataclass

SCRIPTS = frozenset({"intend", "again", "note", "retract"})


@dataclass(frozen=True, slots=True)
class Safeguards:
    """What stands between an order and its double; each can be taken away."""

    # One run per order.
    claim: bool = True
    # The scripts that do not compare the fence.
    unfenced: frozenset[str] = frozenset()
    # A fence is never given out twice, whatever the store forgets: not a counter that the store keeps.
    unique_fences: bool = True
    intent: bool = True
    # Only a memory that reaches back far enough proves a first attempt.
    mark: bool = True
    # It must still be the mark under which the run was admitted.
    mark_of_claim: bool = True
    # Compared by intend itself, not when the stage began.
    mark_in_script: bool = True
    # An intent written before the memory broke counts from now, its looks from none.
    mark_renews_intent: bool = True
    # Intending again asks for the mark that the first intend of the delivery saw.
    mark_before_again: bool = True
    # Salesforce shows that there was an attempt before AddOrder is sent, and is believed.
    trace: bool = True
    # A trace counts as this store's own only if the store has seen the order without it (not: "two runs began").
    own_trace_only: bool = True
    look_up: bool = True
    # Nothing found counts only when no earlier request can take effect any more.
    time_limit: bool = True
    # A request is sent within a bound after its intent or not at all, and the wait covers that bound.
    send_window: bool = True
    # Salesforce refuses Activating and Failed over Activated.
    activated_is_final: bool = True
    looks_needed: int = 2
    # The look comes before the check of the time limit.
    look_first: bool = True
