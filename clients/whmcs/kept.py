"""Keep an answer that changes rarely for a while, so that not every order asks for it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from clients.clock import Clock

T = TypeVar("T")


class Kept(Generic[T]):
    """The last answer of `ask` and its age; shared by threads (a tuple is swapped whole)."""

    def __init__(self, ask: Callable[[], T], *, for_: timedelta, clock: Clock) -> None:
        self._ask = ask
        self._for = for_
        self._clock = clock
        self._last: tuple[T, datetime] | None = None

    def get(self, *, fresh: bool = False) -> T:
        """Return the answer, asked for anew when it is too old or when a fresh one is wanted."""
        last = self._last
        if not fresh and last is not None and self._clock.now() - last[1] < self._for:
            return last[0]
        answer = self._ask()
        self._last = answer, self._clock.now()
        return answer
