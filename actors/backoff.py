"""How long to wait before a stage is tried again."""

import random

# Full jitter keeps a thousand orders that failed together from coming back together.
_JITTER = random.SystemRandom()


def backoff_s(attempt: int, *, shortest_s: float, longest_s: float, asked_for_s: float | None = None) -> float:
    """Return the wait before the next attempt: doubling from the shortest to the longest, the upper half random.

    `asked_for_s` is what the other side asked for (Retry-After): never less than that, up to 12 times the longest wait,
    so that a silly header cannot park an order for a year.
    """
    exponent = min(attempt - 1, 30)
    ceiling = min(longest_s, shortest_s * 2.0**exponent)
    wait = ceiling / 2 + _JITTER.uniform(0, ceiling / 2)
    return max(wait, min(asked_for_s or 0.0, longest_s * 12))
