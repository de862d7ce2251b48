"""What happens when: single events and repeated ones, run by whoever ticks."""

import heapq
from collections.abc import Callable
from itertools import count

Action = Callable[[], None]


class Timeline:
    """Actions by the seconds after the start."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Action]] = []
        self._numbers = count()

    def at(self, moment_s: float, action: Action) -> None:
        """Run an action once."""
        heapq.heappush(self._due, (moment_s, next(self._numbers), action))

    def every(self, seconds: float, action: Action, *, first_s: float, until_s: float) -> None:
        """Run an action again and again; one that comes late is not made up for."""
        if first_s > until_s:
            return

        def run() -> None:
            action()
            self.every(seconds, action, first_s=max(first_s + seconds, self.now_s), until_s=until_s)

        self.at(first_s, run)

    now_s = 0.0

    def run_due(self, now_s: float) -> None:
        """Run everything whose moment has come."""
        self.now_s = now_s
        while self._due and self._due[0][0] <= now_s:
            heapq.heappop(self._due)[2]()
