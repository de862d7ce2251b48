"""Time as a port: what needs the time is given a clock, so that a test can hand in its own."""

from datetime import UTC, date, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware, UTC."""
        ...

    def today(self) -> date:
        """Return the present day, UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment, aware, UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """Return the present day, UTC."""
        return self.now().date()
