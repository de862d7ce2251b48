"""A clock that a test sets."""

from datetime import UTC, date, datetime, timedelta


class SetClock:
    """Stands still until it is moved."""

    def __init__(self, moment: datetime | None = None) -> None:
        self.moment = moment or datetime.now(UTC)

    def now(self) -> datetime:
        """Return the set moment."""
        return self.moment

    def today(self) -> date:
        """Return its day."""
        return self.moment.date()

    def move(self, **span: float) -> datetime:
        """Go on by a span, given as for timedelta; returns where that leads."""
        self.moment += timedelta(**span)
        return self.moment
