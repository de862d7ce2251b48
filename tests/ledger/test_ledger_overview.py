"""Overview: which orders have not ended, and which of them nobody works on."""

from datetime import timedelta

from clients.ledger import keys
from clients.ledger.ledger import Ledger
from clients.ledger.values import OrderState
from tests.ledger.hand import FIRST, ORDER, SECOND, Hand, job
from tests.support.set_clock import SetClock

ORDERS = [f"801R0000000000{number}AAA" for number in range(5)]
NOW = timedelta(seconds=-60)  # whatever the two clocks say


def _unfinished(ledger: Ledger, *, quiet_for: timedelta = NOW, page: int = 100) -> list[list[str]]:
    return list(ledger.unfinished(quiet_for=quiet_for, page=page))


def test_an_order_is_unfinished_from_its_admission_to_its_end(hand: Hand) -> None:
    delivery, fence = hand.begin()
    assert _unfinished(hand.ledger) == [[ORDER]]
    hand.hand_over(delivery, fence, OrderState.ACTIVATED)
    assert _unfinished(hand.ledger) == []


def test_unfinished_orders_come_page_by_page_the_quietest_first(hand: Hand) -> None:
    for number, order_id in enumerate(ORDERS):
        hand.admit(order_id)
        hand.store.zadd(keys.UNFINISHED, {order_id: 1000 - number})
    assert _unfinished(hand.ledger, page=2) == [[ORDERS[4], ORDERS[3]], [ORDERS[2], ORDERS[1]], [ORDERS[0]]]


def test_orders_that_moved_a_moment_ago_are_left_out(hand: Hand, clock: SetClock) -> None:
    hand.admit()
    ledger = Ledger(hand.store, clock=clock)
    assert _unfinished(ledger, quiet_for=timedelta(minutes=2)) == []
    clock.move(minutes=3)
    assert _unfinished(ledger, quiet_for=timedelta(minutes=2)) == [[ORDER]]


def test_an_order_is_not_idle_while_its_message_waits_runs_or_is_delayed(hand: Hand) -> None:
    hand.admit()
    assert hand.ledger.idle([ORDER]) == []
    delivery = hand.fetch()
    assert hand.ledger.idle([ORDER]) == []
    due_at = hand.ledger.touch_mark()
    hand.hand_over(delivery, hand.enter(delivery), OrderState.WAITING, job(FIRST, due_at=due_at))
    assert hand.ledger.idle([ORDER]) == []


def test_an_order_is_not_idle_between_two_stages(hand: Hand) -> None:
    delivery, fence = hand.begin()
    hand.hand_over(delivery, fence, following=job(SECOND))
    assert hand.ledger.idle([ORDER]) == []


def test_an_order_whose_message_is_lost_is_idle(hand: Hand) -> None:
    hand.admit(ORDERS[0])
    hand.lose_messages()
    hand.admit(ORDERS[1])
    assert hand.ledger.idle(ORDERS[:2]) == [ORDERS[0]]


def test_an_order_that_nobody_knows_is_idle_and_of_none_none_is(hand: Hand) -> None:
    assert hand.ledger.idle([ORDER]) == [ORDER]
    assert hand.ledger.idle([]) == []


def test_an_order_that_ended_is_idle(hand: Hand) -> None:
    hand.run()
    assert hand.ledger.idle([ORDER]) == [ORDER]


def test_the_states_of_many_orders_come_in_one_answer(hand: Hand) -> None:
    hand.admit(ORDERS[0])
    states = hand.ledger.states(ORDERS[:2])
    assert (states[ORDERS[0]]["state"], states[ORDERS[1]]) == ("queued", {})


def test_of_an_unknown_order_nothing_is_remembered(hand: Hand) -> None:
    memory = hand.ledger.remember(ORDER)
    assert (memory.state, memory.history, memory.claimed_by, memory.failure) == (None, (), None, None)
