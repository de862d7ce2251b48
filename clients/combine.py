"""Combine: calls of different threads that come at about the same time go out as one.

While a call is under way, those that come meanwhile gather; when it is back, they leave together. So a lone caller
waits no longer than he would have alone, and a crowd shares round trips. There is no thread of its own behind it: one
of the callers carries the batch of all.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class _Place(Generic[T, R]):
    """One caller in the queue: woken with an answer, or to carry the next batch."""

    __slots__ = ("answer", "carries", "error", "item", "woken")

    def __init__(self, item: T) -> None:
        self.item = item
        self.woken = threading.Event()
        self.carries = False
        self.answer: R | None = None
        self.error: BaseException | None = None


class Combiner(Generic[T, R]):
    """Collects what threads ask for and hands it to `run` in batches.

    Shape:  `run` takes up to `most` items and returns as many answers in the same order; an exception in the place of
            an answer is raised for its caller alone, one that `run` raises is raised for all of the batch.
    """

    def __init__(self, run: Callable[[Sequence[T]], Sequence[R | Exception]], *, most: int) -> None:
        self._run = run
        self._most = most
        self._is_busy = False
        self._queue: deque[_Place[T, R]] = deque()
        self._lock = threading.Lock()

    def call(self, item: T) -> R:
        """Ask for one item; returns its answer or raises its error."""
        place: _Place[T, R] = _Place(item)
        with self._lock:
            self._queue.append(place)
            if not self._is_busy:
                self._is_busy = place.carries = True
        if not place.carries:
            place.woken.wait()
        if place.carries:
            self._carry()
        if place.error is not None:
            raise place.error
        return place.answer  # type: ignore[return-value]  # set together with no error

    def _carry(self) -> None:
        """Run one batch, which begins with one's own item, then pass the task on to the first who came meanwhile."""
        with self._lock:
            batch = [self._queue.popleft() for _ in range(min(self._most, len(self._queue)))]
        try:
            self._settle(batch)
        finally:
            self._pass_on()
            for place in batch:
                place.woken.set()

    def _settle(self, batch: Sequence[_Place[T, R]]) -> None:
        try:
            answers = self._run([place.item for place in batch])
        except BaseException as error:  # noqa: BLE001 - it belongs to every caller of the batch
            for place in batch:
                place.error = error
            return
        for place, answer in zip(batch, answers, strict=True):
            if isinstance(answer, Exception):
                place.error = answer
            else:
                place.answer = answer

    def _pass_on(self) -> None:
        with self._lock:
            if not self._queue:
                self._is_busy = False
                return
            heir = self._queue[0]
            heir.carries = True
        heir.woken.set()
