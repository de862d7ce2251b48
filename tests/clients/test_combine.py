"""Combining: a crowd shares calls, each caller gets its own answer or error, and a lone caller waits for nobody."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from clients.combine import Combiner
from tests.support.waiting import PATIENCE_S, eventually


class Doubler:
    """Doubles numbers, slowly if told to; negative ones are refused, and a zero breaks the whole batch."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, items: Sequence[int]) -> Sequence[int | Exception]:
        self.batches.append(list(items))
        assert self.go_on.wait(PATIENCE_S)
        if 0 in items:
            raise ZeroDivisionError("the whole batch")
        return [ValueError(str(item)) if item < 0 else item * 2 for item in items]


@pytest.fixture
def doubler() -> Doubler:
    return Doubler()


def test_a_lone_caller_is_served_at_once_and_alone(doubler: Doubler) -> None:
    combiner = Combiner(doubler, most=10)
    assert [combiner.call(1), combiner.call(2)] == [2, 4]
    assert doubler.batches == [[1], [2]]


def test_those_who_come_while_a_call_is_under_way_leave_together(doubler: Doubler) -> None:
    combiner = Combiner(doubler, most=10)
    doubler.go_on.clear()
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(combiner.call, 1)
        eventually(lambda: doubler.batches, what="the first call is under way")
        others = [pool.submit(combiner.call, number) for number in range(2, 10)]
        eventually(lambda: len(combiner._queue) == 8, what="the others wait")
        doubler.go_on.set()
        assert first.result() == 2
        assert [other.result() for other in others] == [number * 2 for number in range(2, 10)]
    assert sorted(map(len, doubler.batches)) == [1, 8]


def test_no_batch_is_larger_than_allowed(doubler: Doubler) -> None:
    combiner = Combiner(doubler, most=3)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(combiner.call, range(1, 101))) == [number * 2 for number in range(1, 101)]
    assert max(map(len, doubler.batches)) <= 3


def test_each_caller_gets_its_own_error(doubler: Doubler) -> None:
    combiner = Combiner(doubler, most=10)
    doubler.go_on.clear()
    with ThreadPoolExecutor(4) as pool:
        pool.submit(combiner.call, 1)
        eventually(lambda: doubler.batches, what="the first call is under way")
        bad, good = pool.submit(combiner.call, -5), pool.submit(combiner.call, 5)
        eventually(lambda: len(combiner._queue) == 2, what="the others wait")
        doubler.go_on.set()
        assert good.result() == 10
        with pytest.raises(ValueError, match="-5"):
            bad.result()


def test_an_error_of_the_whole_batch_reaches_every_waiter_and_the_next_call_goes_on(doubler: Doubler) -> None:
    combiner = Combiner(doubler, most=10)
    doubler.go_on.clear()
    with ThreadPoolExecutor(8) as pool:
        pool.submit(combiner.call, 1)
        eventually(lambda: doubler.batches, what="the first call is under way")
        broken = [pool.submit(combiner.call, number) for number in (0, 3, 4)]
        eventually(lambda: len(combiner._queue) == 3, what="the others wait")
        doubler.go_on.set()
        for each in broken:
            with pytest.raises(ZeroDivisionError):
                each.result()
    assert combiner.call(7) == 14


def test_many_threads_for_long_get_the_right_answers(doubler: Doubler) -> None:
    combiner = Combiner(doubler, most=7)

    def caller(start: int) -> bool:
        return all(combiner.call(number) == number * 2 for number in range(start, start + 300))

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(caller, range(1, 16_000, 1000)))
