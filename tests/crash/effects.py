"""Numbers everything that a process does outside itself, and ends the process at one of these effects.

What a kill leaves behind is exact: before an effect nothing has reached the other side, after it the effect is there
and its answer has reached nobody. A dead process does nothing more: whatever runs while the stack unwinds (a lock that
is given back, a connection that is closed) meets the same end.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

T = TypeVar("T")


class Side(StrEnum):
    """Where a kill stands relative to its effect; LATE: the request is on its way and is acted upon only later."""

    BEFORE = "before"
    AFTER = "after"
    LATE = "after sending"


@dataclass(frozen=True, slots=True)
class Kill:
    """The end of a process at its n-th effect, counted from 1."""

    number: int
    side: Side


class KilledError(BaseException):
    """The process was killed. No Exception: no handler of the service may see it."""


@dataclass
class Effects:
    """The effects of one process, in order; `kill` says where it ends, `look_at` is called before effects by number."""

    kill: Kill | None = None
    look_at: dict[int, Callable[[], None]] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    is_dead: bool = False
    on_its_way: Callable[[], object] | None = None

    def happen(self, name: str, effect: Callable[[], T]) -> T:
        """Let an effect happen and return its answer, unless the process ends here or has ended."""
        if self.is_dead:
            raise KilledError
        self.names.append(name)
        self.look_at.get(len(self.names), _nothing)()
        if self._ends(Side.BEFORE):
            raise KilledError
        if self._ends(Side.LATE):
            self.on_its_way = effect
            raise KilledError
        answer = effect()
        if self._ends(Side.AFTER):
            raise KilledError
        return answer

    def _ends(self, side: Side) -> bool:
        self.is_dead = self.kill == Kill(len(self.names), side)
        return self.is_dead


def _nothing() -> None:
    """Look at nothing."""
