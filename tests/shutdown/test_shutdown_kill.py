"""SIGKILL: nobody is asked; what a dead worker held runs again elsewhere within 20 s, on an idle system."""

import os
import signal
import time

from sandbox.faults import Fault
from tests.shutdown.conftest import StartWorker, calls, ready, request
from tests.support.stack import Stack
from tests.support.waiting import eventually

RUNNING = 8
OTHERS = "validate-order map-items add-order accept-order write-back"
WITHIN_S = 20.0


def test_what_a_killed_worker_held_runs_again_within_20_seconds(stack: Stack, start_worker: StartWorker) -> None:
    stack.box.faults.add(Fault("whmcs.GetPayMethods", "latency", value=60_000))
    with (
        start_worker("others", threads=8, queues=OTHERS),
        start_worker("killed", threads=RUNNING, queues="check-payment") as killed,
    ):
        ready(killed)
        samples = request(stack, RUNNING)
        eventually(lambda: calls(stack, "GetPayMethods") == RUNNING, what="all threads were inside a call")
        stack.box.faults.clear()
        with start_worker("spare", threads=RUNNING, queues="check-payment") as spare:
            ready(spare)
            killed.signal(signal.SIGKILL)
            killed_at_s = time.monotonic()
            for sample in samples:
                stack.ended(sample.order_id)
            took_s = time.monotonic() - killed_at_s
    assert took_s < WITHIN_S
    assert stack.box.audit().ok


def test_a_worker_whose_master_was_killed_alone_leaves_too(start_worker: StartWorker) -> None:
    with start_worker("orphan", threads=2, queues="map-items") as dyno:
        ready(dyno)
        master, _ = dyno.pids()
        os.kill(master, signal.SIGKILL)
        dyno.wait()
        eventually(lambda: not dyno.pids(), what="the worker left")
