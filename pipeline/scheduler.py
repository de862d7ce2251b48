"""The scheduler process: puts the periodic actors on their queues, every minute; the workers run them.

    python -m pipeline.scheduler

Two of them are harmless: a sweep that finds another one under way ends at once.
"""

import queue
import signal
import sys
from types import FrameType
from typing import Any

import dramatiq
import periodiq
import redis
import structlog

from pipeline.assembly import assemble
from pipeline.reconcile import declare_reconcile
from pipeline.worker import settings_or_exit

log = structlog.get_logger(__name__)


class Scheduler(periodiq.Scheduler):  # type: ignore[misc]  # periodiq has no types
    """periodiq's own, but a store that is away costs a round and not the process, and no alarm can kill or hang it.

    periodiq sets its alarm before it listens for it, and hands it on through a queue that a signal can find locked.
    """

    def __init__(self, actors: Any) -> None:
        super().__init__(actors)
        # The one queue that may be put to while the same thread takes from it.
        self.alarm_q = queue.SimpleQueue[bool]()
        signal.signal(signal.SIGALRM, self.signal_handler)

    def send_actors(self, actors: Any, now: Any) -> None:
        """Put the actors that are due on their queues."""
        try:
            super().send_actors(actors, now)
        except redis.RedisError as error:
            log.warning("scheduler.round_missed", error=type(error).__name__)


def main() -> int:
    """Run the scheduler until it is asked to stop."""
    assembly = assemble(settings_or_exit())
    dramatiq.set_broker(assembly.broker)
    declare_reconcile(assembly.broker, assembly.clients)
    scheduler = Scheduler(actors=list(assembly.broker.actors.values()))

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
        scheduler.alarm_q.put(False)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    scheduler.schedule()
    scheduler.loop()
    assembly.clients.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
