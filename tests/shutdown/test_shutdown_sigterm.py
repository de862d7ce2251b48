"""SIGTERM: what runs is finished, what has not begun goes to others at once, and no attempt is spent."""

import signal
import time
from pathlib import Path

import pytest

from clients.ledger import queues
from sandbox.faults import Fault
from sandbox.samples import PlacedSample
from tests.shutdown.conftest import StartWorker, calls, request
from tests.support.dynos import Dyno, procfile, running_dyno
from tests.support.stack import Stack
from tests.support.waiting import eventually

QUEUE = "accept-order"
OTHERS = "validate-order check-payment map-items add-order write-back"
RUNNING, WAITING = 20, 10
CALL_MS = 3000
# A platform repeats itself, and Dramatiq's master passes the signal on to its workers as well.
SIGNALS = 3


def _ask_to_stop(dyno: Dyno) -> float:
    for _ in range(SIGNALS):
        dyno.signal(signal.SIGTERM)
    return time.monotonic()


def _runs(stack: Stack, sample: PlacedSample) -> tuple[tuple[object, object], ...]:
    """Return attempt and outcome of each run of the stage that was interrupted."""
    history = stack.ledger.remember(sample.order_id).history
    return tuple((entry.get("attempt"), entry.get("outcome")) for entry in history if entry.get("stage") == QUEUE)


def test_a_signal_to_the_whole_group_cuts_none_of_20_running_calls_and_hands_the_rest_over(
    stack: Stack, start_worker: StartWorker
) -> None:
    stack.box.faults.add(Fault("whmcs.AcceptOrder", "latency", value=CALL_MS))
    everything = RUNNING + WAITING
    with start_worker("others", threads=8, queues=OTHERS):
        samples = request(stack, everything)
        waiting = queues.queue(QUEUE)
        eventually(lambda: stack.ledger.redis.llen(waiting) == everything, what="all orders waited for AcceptOrder")
        with start_worker("old", threads=RUNNING, queues=QUEUE) as old:
            eventually(lambda: calls(stack, "AcceptOrder") == RUNNING, what="all threads were inside AcceptOrder")
            # The others are threads of this process: they are there at once.
            stack.start_workers(threads=RUNNING, queues=[QUEUE])
            assert calls(stack, "AcceptOrder") == RUNNING
            _ask_to_stop(old)
            eventually(lambda: calls(stack, "AcceptOrder") == everything, what="the waiting ones began elsewhere")
            # At once: the old one is still inside its calls.
            assert old.code is None
            assert old.wait() == 0
        for sample in samples:
            stack.ended(sample.order_id)
    assert calls(stack, "AcceptOrder") == everything
    assert {_runs(stack, sample) for sample in samples} == {((1, "passed"),)}
    assert stack.box.audit().ok


@pytest.mark.parametrize("name", list(procfile()))
def test_every_line_of_the_procfile_leaves_quietly_when_its_group_is_asked_to(
    env: dict[str, str], tmp_path: Path, name: str
) -> None:
    sign = {"subscriber": "stream.opening", "scheduler": "Scheduling"}.get(name, "ready for action")
    with running_dyno(name, procfile()[name], env=env, folder=tmp_path) as dyno:
        eventually(lambda: sign in dyno.said(), what=f"{name} was up")
        asked_at_s = _ask_to_stop(dyno)
        assert dyno.wait() == 0, dyno.said()
        assert time.monotonic() - asked_at_s < 10
        assert not dyno.pids()
        assert "Traceback" not in dyno.said()
