"""Leave when the master process is gone: killed alone, it would leave a worker behind that nobody restarts or sees.

Such a worker would go on for ever, with the code and the settings of its day, and its log lines would go nowhere.
"""

import multiprocessing
import os
import signal
import threading

from dramatiq import Broker
from dramatiq.middleware import Middleware


class LeaveWithMaster(Middleware):
    """Ask this worker process to stop as soon as the process that started it has ended."""

    def after_process_boot(self, broker: Broker) -> None:  # noqa: ARG002 - Dramatiq's signature
        """Wait for the master's end in a thread."""
        threading.Thread(target=_stop_after_master, name="leave-with-master", daemon=True).start()


def _stop_after_master() -> None:
    master = multiprocessing.parent_process()
    if master is not None:
        master.join()
        os.kill(os.getpid(), signal.SIGTERM)
