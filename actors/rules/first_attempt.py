"""First attempt: whether AddOrder may be called straight away, or WHMCS has to be searched first.

Only a run that can prove that no other AddOrder was ever sent for its order need not search. The proof rests on what
the ledger is sure to remember: it has no intent for the order, has forgotten nothing since this run was admitted, and

    the order was created after the ledger's memory begins     → it would remember any earlier attempt; or
    the event came after that, and Salesforce shows no attempt → an earlier run would have left its trace in Salesforce

An attempt that Salesforce shows may have been made with another store, unless this one saw the order before the first
of them: else its memory is no proof.
Salesforce and the store have clocks of their own, so a moment counts as later only beyond their possible difference.
"""

from datetime import datetime, timedelta

from clients.ledger.values import Intent


def is_provably_first(
    intent: Intent,
    *,
    attempted_before: bool,
    known_whmcs_order_id: int | None,
    event_at: datetime | None,
    created_at: datetime | None,
    clock_skew: timedelta,
) -> bool:
    """Tell whether it is certain that no AddOrder was ever sent for this order."""
    if not intent.is_new or not intent.same_memory or known_whmcs_order_id or intent.known_whmcs_order_id:
        return False
    memory_begins = intent.remembers_since + clock_skew
    knows_all_attempts = not attempted_before or intent.seen_untouched
    if created_at is not None and created_at > memory_begins and knows_all_attempts:
        return True
    return not attempted_before and event_at is not None and event_at > memory_begins
