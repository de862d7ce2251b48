"""Patience with Redis: what has to be stored is tried until it is stored, and an outage is told once, not per try."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import redis
import structlog

log = structlog.get_logger(__name__)

T = TypeVar("T")

# (first, longest) wait between two tries, doubling: a failover is over within seconds, and one look in two seconds
# costs nobody anything.
_WAITS_S = (0.05, 2.0)
# An outage that lasts is told again now and then: it is told once, but not forgotten.
_TELL_AGAIN_AFTER_S = 600.0
_MAX_DETAIL = 200


class LeftUnstored(Exception):  # noqa: N818 - named for what it means: it was not stored, and will come again
    """We were asked to leave while Redis was away."""


@dataclass(slots=True)
class Patience:
    """Repeats what Redis did not do, until it is done or we are asked to leave."""

    stopping: threading.Event
    _failures: int = field(default=0, init=False)
    _tell_at_s: float = field(default=0.0, init=False)

    def until_done(self, work: Callable[[], T]) -> T:
        """Return what `work` returns once Redis answers; `work` must be safe to repeat after an answer was lost.

        Raises: LeftUnstored; whatever else `work` raises.
        """
        while True:
            try:
                done = work()
            except redis.RedisError as error:
                if self.stopping.wait(self._note_failure(error)):
                    raise LeftUnstored from error
            else:
                self._note_success()
                return done

    def _note_failure(self, error: redis.RedisError) -> float:
        if not self._failures or time.monotonic() > self._tell_at_s:
            log.warning("redis.away", reason=type(error).__name__, detail=str(error)[:_MAX_DETAIL])
            self._tell_at_s = time.monotonic() + _TELL_AGAIN_AFTER_S
        self._failures += 1
        first, longest = _WAITS_S
        return min(longest, first * 2.0 ** min(self._failures - 1, 20))

    def _note_success(self) -> None:
        if self._failures:
            log.info("redis.back", failed_tries=self._failures)
        self._failures = 0
