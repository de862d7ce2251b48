"""Single flight: however many threads want the same thing at once, it is fetched once.

Those who come while it is under way get the outcome of the first, its error included: thirty threads that meet a
dead server wait for one time-out, not for thirty in a row. If the first is interrupted (a time limit raises in its
thread), that is its own affair: one of the others takes its place.
"""

from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class SingleFlight(Generic[Key, Made]):
    """Calls under way, by key; nothing is remembered once they are over."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._under_way: dict[Key, Future[Made]] = {}

    def do(self, key: Key, make: Callable[[], Made]) -> Made:
        """Return what `make` returns, joining a call for the same key that is already under way.

        `make` looks first whether the thing is there by now: a flight may have landed since the caller looked.
        Raises: whatever `make` raises, in every thread that waited for it.
        """
        while True:
            own: Future[Made] = Future()
            with self._lock:
                flight = self._under_way.setdefault(key, own)
            if flight is own:
                return self._fly(key, flight, make)
            try:
                return flight.result()
            except CancelledError:
                continue

    def _fly(self, key: Key, flight: Future[Made], make: Callable[[], Made]) -> Made:
        try:
            made = make()
            self._land(key, flight)
            flight.set_result(made)
        except Exception as error:
            self._land(key, flight)
            flight.set_exception(error)
            raise
        finally:
            # Without effect on a flight that has an outcome: only those who wait for an interrupted one are woken.
            self._land(key, flight)
            flight.cancel()
        return made

    def _land(self, key: Key, flight: Future[Made]) -> None:
        with self._lock:
            if self._under_way.get(key) is flight:
                del self._under_way[key]
