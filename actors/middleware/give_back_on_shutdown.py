"""When a worker is asked to stop: give everything back at once that it has fetched and not begun.

Dramatiq does so only after the running stages have ended, and for those a platform leaves up to 30 s.
"""

from collections import defaultdict
from typing import Any

import redis
import structlog
from dramatiq import Broker, Worker
from dramatiq.common import iter_queue
from dramatiq.middleware import Middleware

log = structlog.get_logger(__name__)


class GiveBackOnShutdown(Middleware):
    """Stop fetching, give back what waits in memory, let what runs end."""

    def before_worker_shutdown(self, broker: Any, worker: Worker) -> None:
        """Hand the waiting messages of this process to the others."""
        broker.stop_fetching()
        waiting: defaultdict[str, list[Any]] = defaultdict(list)
        for item in iter_queue(worker.work_queue):
            waiting[item.message.queue_name].append(item.message)
            worker.work_queue.task_done()
        try:
            for queue_name, messages in waiting.items():
                broker.give_back(queue_name, [message.options["redis_message_id"] for message in messages])
            for thread in list(worker.consumers.values()):
                if thread.consumer is not None:
                    thread.consumer.close()
        except redis.RedisError as error:
            # They go back when this worker is found to be gone.
            log.warning("worker.could_not_give_back", error=type(error).__name__)

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002 - Dramatiq's signature
        """End the broker's own threads."""
        broker.close()
