"""Fencing numbers: each is higher than every one before it, whatever the store has forgotten."""

from clients.ledger import keys
from tests.ledger.hand import FIRST, Hand


def _numbers_of_one_run(hand: Hand, run_id: str) -> list[int]:
    numbers = []
    hand.admit(run_id=run_id)
    for _ in range(3):
        delivery = hand.fetch()
        numbers.append(int(hand.enter(delivery, run_id)))
        hand.let_go(delivery)
    return numbers


def test_each_entry_gets_a_higher_number(hand: Hand) -> None:
    numbers = _numbers_of_one_run(hand, "run-1")
    assert numbers == sorted(set(numbers))


def test_numbers_go_on_growing_after_a_flush(hand: Hand) -> None:
    before = _numbers_of_one_run(hand, "run-1")
    hand.store.flushall()
    after = _numbers_of_one_run(hand, "run-2")
    assert max(before) < min(after)


def test_numbers_go_on_growing_when_the_last_ones_were_forgotten(hand: Hand) -> None:
    before = _numbers_of_one_run(hand, "run-1")
    hand.store.set(keys.FENCE, before[0] - 1_000_000)
    hand.lose_messages()
    assert max(before) < min(_numbers_of_one_run(hand, "run-2"))


def test_numbers_go_on_growing_when_the_clock_is_behind_them(hand: Hand) -> None:
    """The counter stands an hour ahead, as after a failover to a machine whose clock is late."""
    [first, *_] = _numbers_of_one_run(hand, "run-1")
    ahead = first + 3_600_000_000
    hand.store.set(keys.FENCE, ahead)
    hand.lose_messages(FIRST)
    assert min(_numbers_of_one_run(hand, "run-2")) > ahead


def test_a_number_is_whole_and_never_rounded(hand: Hand) -> None:
    """Sixteen digits do not fit every way in which Lua writes numbers."""
    _, fence = hand.begin()
    assert fence.isdecimal()
    assert len(fence) == 16
    assert hand.ledger.holds("801R00000000001AAA", fence=fence)
