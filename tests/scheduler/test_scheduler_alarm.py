"""The scheduler's alarm: it may come at any moment, on a busy machine also before periodiq listens for it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

# In a process of its own: the test runner uses the same signal.
_PROGRAM = """
import os, signal
from pipeline.scheduler import Scheduler
scheduler = Scheduler([])
for _ in range(3):
    os.kill(os.getpid(), signal.SIGALRM)
print([scheduler.alarm_q.get(timeout=5) for _ in range(3)])
"""


def test_an_alarm_before_the_first_round_wakes_the_scheduler_instead_of_killing_it() -> None:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", _PROGRAM], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode != -signal.SIGALRM
    assert done.stdout == "[True, True, True]\n", done.stderr
