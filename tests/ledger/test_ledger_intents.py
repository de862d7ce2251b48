"""Intents: "this write may have been sent" is written down before, by the holder alone, and read by whoever follows."""

import pytest

from clients.ledger import keys
from clients.ledger.claim import Claim
from clients.ledger.ledger import ClaimLostError, Ledger
from clients.ledger.values import OrderState
from tests.ledger.hand import FINAL, ORDER, Hand
from tests.support.set_clock import SetClock

ACTION = "AddOrder"
INTENT = keys.intent(ORDER, ACTION)


def _age(hand: Hand, seconds: int) -> None:
    """Let the intent have been written earlier."""
    sent_at: object = hand.store.hget(INTENT, "sent_at")
    assert isinstance(sent_at, bytes)
    hand.store.hset(INTENT, "sent_at", int(sent_at) - seconds * 1000)


def _overtake(hand: Hand) -> str:
    """Let the same message be delivered again and enter; returns the fencing number that is now too old."""
    delivery, fence = hand.begin()
    hand.let_go(delivery)
    hand.enter(hand.fetch())
    return fence


def test_the_first_intent_is_new(hand: Hand) -> None:
    _, fence = hand.begin()
    intent = hand.ledger.intend(ORDER, ACTION, fence=fence)
    assert (intent.is_new, intent.empty_looks, intent.known_whmcs_order_id) == (True, 0, None)
    assert intent.age_s < 5


def test_an_intent_that_stands_is_not_new_and_keeps_its_age(hand: Hand) -> None:
    _, fence = hand.begin()
    hand.ledger.intend(ORDER, ACTION, fence=fence)
    _age(hand, 90)
    intent = hand.ledger.intend(ORDER, ACTION, fence=fence)
    assert not intent.is_new
    assert 90 <= intent.age_s < 95


def test_an_intent_renewed_begins_anew_but_is_not_new(hand: Hand) -> None:
    _, fence = hand.begin()
    seen = hand.ledger.intend(ORDER, ACTION, fence=fence)
    hand.ledger.note_empty_look(ORDER, ACTION, fence=fence, seen=0)
    _age(hand, 90)
    assert hand.ledger.renew(ORDER, ACTION, fence=fence, seen=seen)
    intent = hand.ledger.intend(ORDER, ACTION, fence=fence)
    assert (intent.is_new, intent.empty_looks) == (False, 0)
    assert intent.age_s < 5


def test_each_action_has_an_intent_of_its_own(hand: Hand) -> None:
    _, fence = hand.begin()
    hand.ledger.intend(ORDER, ACTION, fence=fence)
    assert hand.ledger.intend(ORDER, "AcceptOrder:7", fence=fence).is_new


def test_the_age_is_told_by_the_clock_of_the_store(hand: Hand, clock: SetClock) -> None:
    _, fence = hand.begin()
    Ledger(hand.store, clock=clock).intend(ORDER, ACTION, fence=fence)
    clock.move(days=3)
    assert Ledger(hand.store, clock=clock).intend(ORDER, ACTION, fence=fence).age_s < 5


def test_an_intent_outlives_the_run_that_wrote_it(hand: Hand) -> None:
    delivery, fence = hand.begin()
    hand.ledger.intend(ORDER, ACTION, fence=fence)
    hand.hand_over(delivery, fence, OrderState.FAILED, code="WHMCS_ORDER_UNCERTAIN")
    _, later = hand.begin(run_id="run-2")
    assert not hand.ledger.intend(ORDER, ACTION, fence=later).is_new


def test_who_was_overtaken_writes_no_intent(hand: Hand) -> None:
    fence = _overtake(hand)
    with pytest.raises(ClaimLostError):
        hand.ledger.intend(ORDER, ACTION, fence=fence)
    assert not hand.store.exists(INTENT)


def test_who_was_overtaken_renews_none(hand: Hand) -> None:
    delivery, fence = hand.begin()
    seen = hand.ledger.intend(ORDER, ACTION, fence=fence)
    _age(hand, 90)
    hand.let_go(delivery)
    current = hand.enter(hand.fetch())
    with pytest.raises(ClaimLostError):
        hand.ledger.renew(ORDER, ACTION, fence=fence, seen=seen)
    assert hand.ledger.intend(ORDER, ACTION, fence=current).age_s >= 90


def test_after_a_retraction_the_next_intent_is_new_and_retracting_twice_is_harmless(hand: Hand) -> None:
    _, fence = hand.begin()
    hand.ledger.intend(ORDER, ACTION, fence=fence)
    hand.ledger.retract(ORDER, ACTION, fence=fence)
    hand.ledger.retract(ORDER, ACTION, fence=fence)
    assert hand.ledger.intend(ORDER, ACTION, fence=fence).is_new


def test_who_was_overtaken_retracts_nothing(hand: Hand) -> None:
    delivery, fence = hand.begin()
    hand.ledger.intend(ORDER, ACTION, fence=fence)
    hand.let_go(delivery)
    current = hand.enter(hand.fetch())
    hand.ledger.retract(ORDER, ACTION, fence=fence)
    assert not hand.ledger.intend(ORDER, ACTION, fence=current).is_new


def test_empty_looks_are_counted_once_each_however_often_the_call_is_sent(hand: Hand) -> None:
    _, fence = hand.begin()
    hand.ledger.intend(ORDER, ACTION, fence=fence)
    counts = [hand.ledger.note_empty_look(ORDER, ACTION, fence=fence, seen=seen) for seen in (0, 0, 1)]
    assert counts == [1, 1, 2]
    assert hand.ledger.intend(ORDER, ACTION, fence=fence).empty_looks == 2


def test_who_was_overtaken_counts_no_look(hand: Hand) -> None:
    with pytest.raises(ClaimLostError):
        hand.ledger.note_empty_look(ORDER, ACTION, fence=_overtake(hand), seen=0)


def test_a_look_for_an_intent_that_is_gone_counts_nothing(hand: Hand) -> None:
    _, fence = hand.begin()
    with pytest.raises(ClaimLostError):
        hand.ledger.note_empty_look(ORDER, ACTION, fence=fence, seen=1)
    assert not hand.store.exists(INTENT)


def test_the_order_id_that_an_earlier_run_was_told_is_known(hand: Hand) -> None:
    hand.run(FINAL, fields={"whmcs_order_id": "77"})
    _, fence = hand.begin(run_id="run-2")
    assert hand.ledger.intend(ORDER, ACTION, fence=fence).known_whmcs_order_id == 77


def test_a_claim_speaks_for_its_order_and_number(hand: Hand) -> None:
    _, fence = hand.begin()
    claim = Claim(hand.ledger, ORDER, fence)
    claim.hold()
    assert claim.intend(ACTION).is_new
    assert claim.note_empty_look(ACTION, seen=0) == 1
    claim.retract(ACTION)
    assert claim.intend(ACTION).is_new


def test_a_claim_that_was_overtaken_does_not_hold(hand: Hand) -> None:
    with pytest.raises(ClaimLostError):
        Claim(hand.ledger, ORDER, _overtake(hand)).hold()


def test_an_order_that_salesforce_showed_untouched_is_known_as_such_for_ever_after(hand: Hand) -> None:
    delivery, fence = hand.begin()
    assert not hand.ledger.intend(ORDER, ACTION, fence=fence).seen_untouched
    Claim(hand.ledger, ORDER, fence).hold(untouched=True)
    assert hand.ledger.intend(ORDER, ACTION, fence=fence).seen_untouched
    hand.hand_over(delivery, fence, OrderState.FAILED, code="WHMCS_REJECTED")
    _, later = hand.begin(run_id="run-2")
    Claim(hand.ledger, ORDER, later).hold(untouched=False)
    assert hand.ledger.intend(ORDER, ACTION, fence=later).seen_untouched


def test_who_was_overtaken_notes_nothing_of_what_salesforce_showed(hand: Hand) -> None:
    with pytest.raises(ClaimLostError):
        Claim(hand.ledger, ORDER, _overtake(hand)).hold(untouched=True)
    assert "seen_untouched" not in hand.fields()


def test_intents_expire(hand: Hand) -> None:
    _, fence = hand.begin()
    hand.ledger.intend(ORDER, ACTION, fence=fence)
    assert hand.store.pttl(INTENT) > 0
