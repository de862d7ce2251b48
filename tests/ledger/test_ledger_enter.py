"""Entering: one delivery of one run works on an order; everybody else is told why not."""

from clients.ledger import keys
from clients.ledger.values import Entry, OrderState
from tests.ledger.hand import FIRST, ORDER, SECOND, Hand, job


def test_the_message_of_the_claiming_run_enters(hand: Hand) -> None:
    hand.admit()
    entry, fence = hand.try_to_enter(hand.fetch())
    assert entry is Entry.ENTERED
    assert hand.ledger.holds(ORDER, fence=fence)
    assert hand.ledger.remember(ORDER).state is OrderState.RUNNING


def test_the_message_of_another_run_does_not_enter(hand: Hand) -> None:
    hand.admit()
    assert hand.try_to_enter(hand.fetch(), "run-2") == (Entry.TAKEN, "0")


def test_a_second_message_of_the_run_waits_while_the_first_is_at_work(hand: Hand, other: Hand) -> None:
    delivery, fence = hand.begin()
    other.send(FIRST)
    assert other.try_to_enter(other.fetch()) == (Entry.BUSY, "0")
    assert hand.ledger.holds(ORDER, fence=fence)
    hand.hand_over(delivery, fence, following=job(SECOND))


def test_a_second_message_of_the_run_enters_when_the_first_has_been_at_it_for_too_long(hand: Hand, other: Hand) -> None:
    _, fence = hand.begin()
    other.send(FIRST)
    hand.store.hset(keys.claim(ORDER), "busy_until", 1)
    assert other.try_to_enter(other.fetch())[0] is Entry.ENTERED
    assert not hand.ledger.holds(ORDER, fence=fence)


def test_the_same_message_again_enters_under_a_higher_number(hand: Hand, other: Hand) -> None:
    delivery, fence = hand.begin()
    hand.let_go(delivery)
    again = other.enter(other.fetch())
    assert int(again) > int(fence)
    assert not hand.ledger.holds(ORDER, fence=fence)
    assert hand.ledger.holds(ORDER, fence=again)


def test_a_run_that_has_ended_is_over(hand: Hand, other: Hand) -> None:
    hand.run()
    other.send(FIRST)
    assert other.try_to_enter(other.fetch()) == (Entry.OVER, "0")


def test_a_message_that_was_given_to_another_worker_does_not_enter(hand: Hand) -> None:
    hand.admit()
    delivery = hand.fetch()
    hand.let_go(delivery)
    assert hand.try_to_enter(delivery) == (Entry.NOT_OURS, "0")
    assert hand.ledger.remember(ORDER).state is OrderState.QUEUED


def test_a_run_whose_claim_expired_takes_it_again(hand: Hand) -> None:
    hand.admit()
    hand.store.delete(keys.claim(ORDER))
    assert hand.ledger.holds(ORDER, fence=hand.enter(hand.fetch()))


def test_entering_renews_the_claim(hand: Hand) -> None:
    hand.admit()
    hand.store.pexpire(keys.claim(ORDER), 1000)
    hand.enter(hand.fetch())
    assert hand.store.pttl(keys.claim(ORDER)) > 1000


def test_entering_is_a_sign_of_life(hand: Hand) -> None:
    hand.admit()
    hand.store.zadd(keys.UNFINISHED, {ORDER: 1})
    hand.enter(hand.fetch())
    score = hand.store.zscore(keys.UNFINISHED, ORDER)
    assert isinstance(score, float)
    assert score > 1
