"""First attempt: the proof exists only where the ledger's memory covers whatever could have gone before."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from actors.rules.first_attempt import is_provably_first
from clients.ledger.values import Intent

MEMORY_BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
SKEW = timedelta(seconds=60)
LATER, TOO_CLOSE, BEFORE = (MEMORY_BEGINS + SKEW + timedelta(seconds=late) for late in (1, 0, -3600))
MOMENTS = (None, BEFORE, TOO_CLOSE, LATER)


def _is_first(**changed: object) -> bool:
    facts: dict[str, object] = {
        "is_new": True,
        "same_memory": True,
        "seen_untouched": False,
        "ledger_knows": None,
        "attempted_before": False,
        "salesforce_knows": None,
        "event_at": LATER,
        "created_at": LATER,
    } | changed
    intent = Intent(
        is_new=bool(facts["is_new"]),
        age_s=0.0,
        empty_looks=0,
        same_memory=bool(facts["same_memory"]),
        mark="a-mark",
        remembers_since=MEMORY_BEGINS,
        known_whmcs_order_id=facts["ledger_knows"],  # type: ignore[arg-type]
        seen_untouched=bool(facts["seen_untouched"]),
    )
    return is_provably_first(
        intent,
        attempted_before=bool(facts["attempted_before"]),
        known_whmcs_order_id=facts["salesforce_knows"],  # type: ignore[arg-type]
        event_at=facts["event_at"],  # type: ignore[arg-type]
        created_at=facts["created_at"],  # type: ignore[arg-type]
        clock_skew=SKEW,
    )


def test_a_new_order_asked_for_by_a_new_event_is_a_first_attempt() -> None:
    assert _is_first()


@pytest.mark.parametrize(
    "doubt",
    [{"is_new": False}, {"same_memory": False}, {"ledger_knows": 7}, {"salesforce_knows": 7}],
    ids=lambda doubt: next(iter(doubt)),
)
def test_an_intent_a_broken_memory_or_a_known_order_leaves_doubt_whatever_else_is_true(
    doubt: dict[str, object],
) -> None:
    for event_at, created_at, attempted, seen in product(MOMENTS, MOMENTS, (False, True), (False, True)):
        assert not _is_first(
            event_at=event_at, created_at=created_at, attempted_before=attempted, seen_untouched=seen, **doubt
        )


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_order_that_was_never_attempted_needs_creation_or_event_within_memory(moment: datetime | None) -> None:
    is_within = moment is LATER
    assert _is_first(created_at=moment, event_at=None) is is_within
    assert _is_first(created_at=None, event_at=moment) is is_within
    assert _is_first(created_at=moment, event_at=moment) is is_within


@pytest.mark.parametrize("event_at", MOMENTS)
def test_of_an_attempted_order_no_event_proves_anything(event_at: datetime | None) -> None:
    assert not _is_first(attempted_before=True, event_at=event_at, created_at=BEFORE, seen_untouched=True)


@pytest.mark.parametrize("created_at", MOMENTS)
def test_an_attempt_on_an_order_that_this_store_saw_untouched_was_made_with_it(created_at: datetime | None) -> None:
    assert _is_first(attempted_before=True, seen_untouched=True, created_at=created_at) is (created_at is LATER)


def test_an_attempt_that_was_there_before_this_store_saw_the_order_may_be_anybodys() -> None:
    assert not _is_first(attempted_before=True, seen_untouched=False)


def test_only_these_combinations_are_proof() -> None:
    """All 512 rows of the table, against the rule in one line."""
    for is_new, same, seen, attempted, event_at, created_at, known in product(
        (True, False), (True, False), (True, False), (True, False), MOMENTS, MOMENTS, (None, 7)
    ):
        by_event = event_at is LATER and not attempted
        by_creation = created_at is LATER and (seen or not attempted)
        expected = is_new and same and known is None and (by_event or by_creation)
        facts = {"is_new": is_new, "same_memory": same, "seen_untouched": seen, "attempted_before": attempted}
        assert _is_first(**facts, event_at=event_at, created_at=created_at, ledger_knows=known) is expected
