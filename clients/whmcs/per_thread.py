"""One thing for each thread that asks, made when it first asks, all of them closed together."""

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """What can be closed."""

    def close(self) -> None:
        """Give everything back."""


C = TypeVar("C", bound=Closable)


class PerThread(Generic[C]):
    """Makes and remembers one thing a thread; threads live as long as their process."""

    def __init__(self, make: Callable[[], C]) -> None:
        self._make = make
        self._local = threading.local()
        self._made: list[C] = []

    def get(self) -> C:
        """Return this thread's own."""
        found: C | None = getattr(self._local, "own", None)
        if found is None:
            found = self._local.own = self._make()
            self._made.append(found)
        return found

    def close(self) -> None:
        """Close all that were made."""
        while self._made:
            self._made.pop().close()
