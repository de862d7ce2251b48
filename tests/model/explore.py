"""An explicit-state model checker: breadth first over every interleaving, so that a counter-example is shortest."""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Step(Generic[S]):
    """One atomic step: what happens, whether it is a fault, and the state that it leads to."""

    label: str
    after: S
    is_fault: bool = False


Steps = Callable[[S], Iterable[Step[S]]]
Check = Callable[[S], bool]


@dataclass(frozen=True, slots=True)
class Found(Generic[S]):
    """What the search came to: how many states, and the shortest trace to a bad one, empty when there is none."""

    states: int
    trace: tuple[str, ...] = ()
    last: S | None = None

    def __str__(self) -> str:
        if not self.trace:
            return f"safe in all {self.states} states"
        lines = [f"{number:3}. {label}" for number, label in enumerate(self.trace, start=1)]
        return "\n".join([f"bad after {len(self.trace)} steps ({self.states} states)", *lines])


class Graph(Generic[S]):
    """The states found so far, numbered, each with the step by which it was first reached."""

    def __init__(self, start: S) -> None:
        self.numbers: dict[S, int] = {start: 0}
        self.reached_by: list[tuple[int, str]] = [(-1, "")]
        # Who leads here without a fault: what the search for a way out walks backwards.
        self.sources: list[list[int]] = [[]]

    def add(self, source: int, step: Step[S]) -> bool:
        """Note a step; tells whether its state is new."""
        number = self.numbers.setdefault(step.after, len(self.numbers))
        is_new = number == len(self.reached_by)
        if is_new:
            self.reached_by.append((source, step.label))
            self.sources.append([])
        if not step.is_fault:
            self.sources[number].append(source)
        return is_new

    def trace(self, state: S) -> tuple[str, ...]:
        """Return the labels of the steps that lead to a state."""
        return tuple(self._backwards(self.numbers[state]))[::-1]

    def _backwards(self, number: int) -> Iterator[str]:
        while number > 0:
            number, label = self.reached_by[number]
            yield label


def explore(start: S, steps: Steps[S], is_bad: Check[S]) -> tuple[Found[S], Graph[S]]:
    """Visit every reachable state; stop at the first bad one."""
    graph = Graph(start)
    ahead = deque([(0, start)])
    while ahead:
        source, state = ahead.popleft()
        for step in steps(state):
            if not graph.add(source, step):
                continue
            if is_bad(step.after):
                return Found(len(graph.numbers), graph.trace(step.after), step.after), graph
            ahead.append((len(graph.numbers) - 1, step.after))
    return Found(len(graph.numbers)), graph


def stuck(graph: Graph[S], is_final: Check[S]) -> S | None:
    """Return a state from which no way leads to a final one once faults have stopped, None when there is none."""
    ahead = [number for state, number in graph.numbers.items() if is_final(state)]
    can_end = set(ahead)
    while ahead:
        for source in graph.sources[ahead.pop()]:
            if source not in can_end:
                can_end.add(source)
                ahead.append(source)
    return next((state for state, number in graph.numbers.items() if number not in can_end), None)
