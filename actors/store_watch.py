"""Tell of a store that is away: once when it goes, once when it is back, and in between how long to wait."""

import threading
import time

import structlog

log = structlog.get_logger(__name__)

# Between two tries while the store is away: it is usually back within a second, and everybody tries.
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.1, 2.0


class StoreWatch:
    """What the threads of a process know together about the store."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._away_since_s: float | None = None

    @property
    def is_away(self) -> bool:
        """Tell whether the last command got no answer."""
        return self._away_since_s is not None

    def failed(self, error: Exception) -> float:
        """Note a command that got no answer; returns how many seconds to wait before the next try."""
        with self._lock:
            now_s = time.monotonic()
            if self._away_since_s is None:
                self._away_since_s = now_s
                log.warning("store.went_away", error=type(error).__name__, detail=str(error))
            return min(_LONGEST_WAIT_S, max(_FIRST_WAIT_S, (now_s - self._away_since_s) / 2))

    def answered(self) -> None:
        """Note an answer."""
        if self._away_since_s is None:
            return
        with self._lock:
            if self._away_since_s is not None:
                log.info("store.came_back", away_s=round(time.monotonic() - self._away_since_s, 1))
                self._away_since_s = None
