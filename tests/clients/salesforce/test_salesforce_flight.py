"""Single flight: one call for all who want the same at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from clients.salesforce.flight import SingleFlight

THREADS = 32


class TimeLimit(BaseException):
    """What a time limit raises inside the thread of a worker."""


def _crowd(flight: SingleFlight[str, int], make: "Gate") -> list[object]:
    """Have all threads ask while the first call is still under way, and return what each got."""

    def ask() -> object:
        try:
            return flight.do("key", make)
        except ValueError as error:
            return type(error)

    with ThreadPoolExecutor(THREADS) as pool:
        asked = [pool.submit(ask) for _ in range(THREADS)]
        make.entered.wait(5)
        make.open.set()
        return [each.result(5) for each in asked]


class Gate:
    """A call that counts itself and waits until it is let through; the first `failures` end with an error."""

    def __init__(self, failure: type[BaseException] | None = None) -> None:
        self.calls = 0
        self.failure = failure
        self.entered = threading.Event()
        self.open = threading.Event()
        self._lock = threading.Lock()

    def __call__(self) -> int:
        with self._lock:
            self.calls += 1
            call = self.calls
        self.entered.set()
        self.open.wait(5)
        if self.failure and call == 1:
            raise self.failure
        return call


def test_nothing_is_remembered_once_a_call_is_over() -> None:
    flight: SingleFlight[str, int] = SingleFlight()
    answers = iter((1, 2))
    assert [flight.do("key", lambda: next(answers)) for _ in range(2)] == [1, 2]


def test_different_keys_do_not_wait_for_each_other() -> None:
    flight: SingleFlight[str, str] = SingleFlight()
    assert flight.do("outer", lambda: flight.do("inner", lambda: "made")) == "made"


def test_those_who_wait_share_one_answer() -> None:
    """Threads that come late may call again, but nobody who waited did."""
    make = Gate()
    answers = _crowd(SingleFlight(), make)
    assert len(answers) == THREADS
    assert make.calls < THREADS
    assert set(answers) <= set(range(1, make.calls + 1))


def test_those_who_wait_share_one_error() -> None:
    flight: SingleFlight[str, int] = SingleFlight()
    make = Gate(ValueError)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(flight.do, "key", make)
        make.entered.wait(5)
        follower = pool.submit(flight.do, "key", make)
        _until_waiting(flight)
        make.open.set()
        assert isinstance(first.exception(5), ValueError)
        assert isinstance(follower.exception(5), ValueError)
    assert make.calls == 1


def test_an_interrupted_call_is_taken_over_by_one_who_waits() -> None:
    flight: SingleFlight[str, int] = SingleFlight()
    make = Gate(TimeLimit)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(flight.do, "key", make)
        make.entered.wait(5)
        follower = pool.submit(flight.do, "key", make)
        _until_waiting(flight)
        make.open.set()
        assert follower.result(5) == 2
        assert isinstance(first.exception(5), TimeLimit)


def _until_waiting(flight: SingleFlight[str, int]) -> None:
    """Wait until a second thread waits for the call under way."""
    under_way = flight._under_way["key"]
    deadline = threading.Event()
    for _ in range(500):
        if under_way._condition._waiters:  # type: ignore[attr-defined]
            return
        deadline.wait(0.01)
    pytest.fail("nobody waits")
