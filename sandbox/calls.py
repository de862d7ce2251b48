"""Counts of calls, by endpoint: what a run costs, and proof that something was asked, or was not."""

from collections import Counter


class Calls:
    """How often each endpoint was called. Counted by one thread (the sandbox's), read by any."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def count(self, endpoint: str) -> None:
        """Count one call, whatever becomes of it."""
        self._counts[endpoint] += 1

    def counts(self) -> dict[str, int]:
        """Return the calls of each endpoint since the start or the last reset."""
        # dict() of a Counter runs in C without letting another thread in; a comprehension would not.
        return dict(self._counts)

    def reset(self) -> None:
        """Start to count from nothing."""
        self._counts = Counter()
