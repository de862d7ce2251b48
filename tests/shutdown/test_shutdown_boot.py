"""SIGTERM while a worker boots: the signals that follow must not cut what it has begun meanwhile."""

import signal
from collections.abc import Iterator
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

from actors.middleware.ignore_repeated_sigterm import IgnoreRepeatedSigterm


@pytest.fixture
def dramatiqs_handler() -> Iterator[list[int]]:
    """Set a handler that stops at the first signal and exits at the second; return the signals that it saw."""
    seen: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        seen.append(number)
        if len(seen) > 1:
            raise SystemExit(1)

    before = signal.signal(signal.SIGTERM, handle)
    yield seen
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("before_boot", [0, 1])
def test_no_signal_after_the_boot_exits_whether_or_not_one_came_before(
    dramatiqs_handler: list[int], before_boot: int
) -> None:
    for _ in range(before_boot):
        signal.raise_signal(signal.SIGTERM)
    broker: Any = SimpleNamespace()
    IgnoreRepeatedSigterm().after_process_boot(broker)
    for _ in range(3):
        signal.raise_signal(signal.SIGTERM)
    assert len(dramatiqs_handler) == before_boot + 1
