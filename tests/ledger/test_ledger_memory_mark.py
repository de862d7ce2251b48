"""The memory mark: a store that may have forgotten something says since when it is sure to remember everything."""

from datetime import UTC, datetime, timedelta

import redis

from clients.ledger import keys
from clients.ledger.ledger import Ledger
from clients.ledger.values import Intent
from tests.ledger.conftest import Restartable
from tests.ledger.hand import ORDER, Hand
from tests.support.set_clock import SetClock


def _intend(hand: Hand, fence: str) -> Intent:
    return hand.ledger.intend(ORDER, "AddOrder", fence=fence)


def _keep_claim_over_a_flush(store: redis.Redis) -> None:
    """Flush the store and put the claim back: to the run it must look as if nothing had happened."""
    claim = store.dump(keys.claim(ORDER))
    assert claim is not None
    store.flushall()
    store.restore(keys.claim(ORDER), 0, claim)


def test_memory_is_the_same_while_nothing_happens_to_the_store(hand: Hand) -> None:
    _, fence = hand.begin()
    assert _intend(hand, fence).same_memory


def test_memory_begins_when_the_store_is_first_used(hand: Hand) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    born_at = hand.ledger.touch_mark()
    assert before < born_at < datetime.now(UTC) + timedelta(seconds=1)
    assert hand.ledger.touch_mark() == born_at
    _, fence = hand.begin()
    assert _intend(hand, fence).remembers_since == born_at


def test_memory_reaches_back_no_further_than_finished_orders_are_kept(hand: Hand, clock: SetClock) -> None:
    ledger = Ledger(hand.store, clock=clock, keep_finished=timedelta(days=30))
    _, fence = Hand(ledger).begin()
    hand.age_mark(days=400)
    assert ledger.intend(ORDER, "AddOrder", fence=fence).remembers_since == clock.now() - timedelta(days=30)


def test_after_a_flush_memory_is_another_and_begins_anew(hand: Hand) -> None:
    _, fence = hand.begin()
    hand.age_mark(hours=1)
    before = hand.ledger.touch_mark()
    _keep_claim_over_a_flush(hand.store)
    intent = _intend(hand, fence)
    assert not intent.same_memory
    assert intent.remembers_since > before + timedelta(minutes=59)


def test_an_intent_from_before_memory_broke_counts_from_now(restartable: Restartable) -> None:
    """It may be an old one that came back in the place of a newer one, which the store forgot."""
    hand = Hand(Ledger(restartable.client))
    _, fence = hand.begin()
    _intend(hand, fence)
    hand.store.hincrby(keys.intent(ORDER, "AddOrder"), "sent_at", -90_000)
    hand.ledger.note_empty_look(ORDER, "AddOrder", fence=fence, seen=0)
    restartable.restart()
    intent = _intend(hand, fence)
    assert (intent.is_new, intent.empty_looks) == (False, 0)
    assert intent.age_s < 60


def test_an_intent_seen_before_memory_broke_is_not_renewed(restartable: Restartable) -> None:
    hand = Hand(Ledger(restartable.client))
    _, fence = hand.begin()
    seen = _intend(hand, fence)
    restartable.restart()
    assert not hand.ledger.renew(ORDER, "AddOrder", fence=fence, seen=seen)


def test_a_run_that_was_never_admitted_here_cannot_vouch_for_its_memory(hand: Hand) -> None:
    """Its claim had expired and was made again by its own next stage."""
    hand.admit()
    hand.store.delete(keys.claim(ORDER))
    assert not _intend(hand, hand.enter(hand.fetch())).same_memory


def test_a_restart_with_all_data_kept_is_another_memory(restartable: Restartable) -> None:
    hand = Hand(Ledger(restartable.client))
    _, fence = hand.begin()
    hand.age_mark(hours=1)
    before = hand.ledger.touch_mark()
    restartable.restart()
    intent = _intend(hand, fence)
    assert not intent.same_memory
    assert intent.remembers_since > before + timedelta(minutes=59)


def test_a_run_admitted_after_the_restart_has_one_memory_again(restartable: Restartable) -> None:
    hand = Hand(Ledger(restartable.client))
    hand.run()
    restartable.restart()
    _, fence = hand.begin(run_id="run-2")
    assert _intend(hand, fence).same_memory


def test_claims_and_messages_outlive_a_restart(restartable: Restartable) -> None:
    hand = Hand(Ledger(restartable.client))
    _, fence = hand.begin()
    restartable.restart()
    assert hand.ledger.holds(ORDER, fence=fence)
    assert hand.ledger.idle([ORDER]) == []
