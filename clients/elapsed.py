"""A clock for "not later than": it goes on while the machine is suspended, which the monotonic one does not."""

import time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def elapsed_s() -> float:
    """Return the seconds since some fixed moment; only differences mean anything."""
    return time.clock_gettime(_CLOCK)
