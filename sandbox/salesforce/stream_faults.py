"""The faults of streams: drawn when one is opened, and again for each response."""

from collections.abc import Set as AbstractSet
from dataclasses import replace

from sandbox.faults import Fault, Faults
from sandbox.salesforce.bus import StoredEvent

# An end of a stream may come at once or later; what spoils events needs events.
_ENDS = frozenset({"silent", "cut", "unavailable", "auth_error", "limit_exceeded"})
_AT_OPENING = _ENDS | {"latency"}
_WITH_EVENTS = frozenset({"duplicate_event", "undecodable_event"})
# The first field is a number whose bytes never end.
_UNDECODABLE = b"\xff\xfe\xfd\xfc\xfb\xfa"


class StreamFaults:
    """Draws the faults of one stream."""

    def __init__(self, faults: Faults, endpoint: str) -> None:
        self._faults = faults
        self._endpoint = endpoint

    def draw_at_opening(self) -> Fault | None:
        """Return the fault that befalls the opening of the stream."""
        return self._draw(_AT_OPENING)

    def strikes(self, kind: str) -> bool:
        """Tell whether a fault of this kind befalls the stream here."""
        return self._draw({kind}) is not None

    def draw_for_response(self, *, has_events: bool) -> Fault | None:
        """Return the fault that befalls the next response."""
        fitting = _ENDS | _WITH_EVENTS if has_events else _ENDS
        return self._draw(fitting)

    def _draw(self, kinds: AbstractSet[str]) -> Fault | None:
        return self._faults.draw(self._endpoint, only=lambda fault: fault.kind in kinds)

    @staticmethod
    def spoilt(events: list[StoredEvent], fault: Fault | None) -> list[StoredEvent]:
        """Return the events as they go out; an undecodable one is so for this delivery only."""
        if fault is None or fault.kind != "undecodable_event" or not events:
            return events
        return [replace(events[0], payload=_UNDECODABLE), *events[1:]]
