"""Wait for a condition with a deadline: no test sleeps a fixed time and hopes."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Far beyond what anything here needs, so that only a real fault meets it, even on a busy machine.
PATIENCE_S = 30.0
_LOOK_EVERY_S = 0.01


def eventually(look: Callable[[], T | None], *, what: str, within_s: float = PATIENCE_S) -> T:
    """Return the first truthy answer of `look`; fail, naming what did not happen, when none came in time."""
    deadline = time.monotonic() + within_s
    while not (answer := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"Within {within_s:.0f} s it did not happen that {what}; last answer: {answer!r}")
        time.sleep(_LOOK_EVERY_S)
    return answer
