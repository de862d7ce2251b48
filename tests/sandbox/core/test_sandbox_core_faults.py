"""Faults and counts themselves: seeded, counted down, and safe to set from any thread."""

import threading

from sandbox.calls import Calls
from sandbox.faults import Fault, Faults


def _struck(seed: int) -> list[bool]:
    faults = Faults(seed)
    faults.add(Fault("whmcs.*", "http_500", rate=0.3))
    return [faults.draw("whmcs.AddOrder") is not None for _ in range(300)]


def test_chance_is_the_same_for_the_same_seed() -> None:
    assert _struck(1) == _struck(1)
    assert _struck(1) != _struck(2)
    assert 50 < sum(_struck(1)) < 130


def test_a_fault_strikes_where_its_pattern_fits() -> None:
    faults = Faults(1)
    faults.add(Fault("salesforce.*", "http_500"))
    assert faults.draw("whmcs.AddOrder") is None
    assert faults.draw("salesforce.query") is not None


def test_a_fault_is_spent_after_its_times() -> None:
    faults = Faults(1)
    faults.add(Fault("*", "http_500", times=2))
    faults.add(Fault("*", "http_503"))
    kinds = [fault.kind for _ in range(4) if (fault := faults.draw("x")) is not None]
    assert kinds == ["http_500", "http_500", "http_503", "http_503"]
    assert faults.played() == {"x http_500": 2, "x http_503": 2}
    assert [fault.kind for fault in faults.active()] == ["http_503"]


def test_a_fault_of_no_times_never_strikes() -> None:
    faults = Faults(1)
    faults.add(Fault("*", "http_500", times=0))
    assert faults.draw("x") is None


def test_a_draw_can_leave_out_what_it_cannot_play() -> None:
    faults = Faults(1)
    faults.add(Fault("*", "silent_stream", times=1))
    assert faults.draw("x", only=lambda fault: fault.kind == "latency") is None
    assert faults.draw("x") is not None


def test_clearing_ends_every_fault() -> None:
    faults = Faults(1)
    faults.add(Fault("*", "http_500"))
    faults.clear()
    assert faults.draw("x") is None


def test_threads_together_spend_a_fault_exactly_as_often_as_it_has_times() -> None:
    faults = Faults(1)
    faults.add(Fault("*", "http_500", times=500))
    drawn: list[int] = []
    threads = [
        threading.Thread(target=lambda: drawn.append(sum(faults.draw("x") is not None for _ in range(300))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(drawn) == 500


def test_calls_are_counted_by_endpoint() -> None:
    calls = Calls()
    calls.count("a")
    calls.count("a")
    calls.count("b")
    assert calls.counts() == {"a": 2, "b": 1}
    calls.reset()
    assert calls.counts() == {}
