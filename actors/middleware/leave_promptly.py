"""When a worker is asked to stop: have its idle threads notice soon.

Dramatiq's threads look up from their waits once a second, first the workers, then the consumers. With honcho's 5 s from
the first end to the kill, and Dramatiq's own waits, that is too close on a busy machine. Messages do not come sooner by
it: consumers are woken.
"""

from dramatiq import Broker, Worker
from dramatiq.middleware import Middleware

# Idle threads that look up four times a second cost nothing that can be measured.
LOOK_UP_EVERY_MS = 250


class LeavePromptly(Middleware):
    """Shorten the waits of a worker's threads."""

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002 - Dramatiq's signature
        """Set the wait before the threads are made."""
        worker.worker_timeout = min(worker.worker_timeout, LOOK_UP_EVERY_MS)
