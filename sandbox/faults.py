"""Faults on demand: what shall go wrong, at which endpoint, how often.

Seeded, so that a run that found something can be played again.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Shape:  `endpoint` is a pattern over endpoint names (`whmcs.*`); `kind` is a name of `sandbox.wire.GENERIC_KINDS` or
            one that the endpoint's own system knows; `times` is how often it strikes in all, None for without end.
    Units:  `rate` is a share of the calls, 0 to 1; `value` is the kind's: ms of latency, seconds of Retry-After.
    """

    endpoint: str
    kind: str
    rate: float = 1.0
    times: int | None = None
    value: float = 0


class Faults:
    """The faults in force; added and cleared from any thread, drawn by the sandbox."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []
        self._played: Counter[tuple[str, str]] = Counter()

    def add(self, fault: Fault) -> None:
        """Put a fault in force, behind those that are."""
        with self._lock:
            self._armed.append(_Armed(fault))

    def clear(self) -> None:
        """Let everything work again."""
        with self._lock:
            self._armed.clear()

    def active(self) -> list[Fault]:
        """Return the faults in force, in the order in which they are tried."""
        with self._lock:
            return [armed.fault for armed in self._armed]

    def played(self) -> dict[str, int]:
        """Return how often each fault struck, as `endpoint kind`: proof that a test met what it asked for."""
        with self._lock:
            return {f"{endpoint} {kind}": count for (endpoint, kind), count in self._played.items()}

    def draw(self, endpoint: str, *, only: Callable[[Fault], bool] | None = None) -> Fault | None:
        """Return the fault that strikes this call, the first that does, or None.

        `only` leaves out faults that this point of the call cannot play; those are neither drawn nor counted.
        """
        # Read without the lock: nearly every call of a measured run finds no fault at all.
        if not self._armed:
            return None
        with self._lock:
            for armed in self._armed:
                if (only is None or only(armed.fault)) and armed.strikes(endpoint, self._chance):
                    self._spend(armed, endpoint)
                    return armed.fault
        return None

    def _spend(self, armed: "_Armed", endpoint: str) -> None:
        self._played[endpoint, armed.fault.kind] += 1
        if armed.left is not None:
            armed.left -= 1
            if armed.left <= 0:
                self._armed.remove(armed)


class _Armed:
    """A fault in force, with the number of strikes that it has left."""

    __slots__ = ("fault", "left")

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.left = fault.times

    def strikes(self, endpoint: str, chance: random.Random) -> bool:
        fault = self.fault
        if self.left == 0 or not fnmatchcase(endpoint, fault.endpoint):
            return False
        return fault.rate >= 1 or chance.random() < fault.rate
