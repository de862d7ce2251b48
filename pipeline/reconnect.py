"""When to open the stream again: how long to wait after each way in which it can end."""

import random
from dataclasses import dataclass, field

from clients.salesforce.stream_errors import StreamAction

# Waits in seconds: (first, longest). They double, the upper half of each is random.
_PACES: dict[StreamAction, tuple[float, float]] = {
    StreamAction.RESTART: (0.2, 10),
    StreamAction.REPOSITION: (0.2, 60),
    StreamAction.RETRY: (0.5, 60),
    StreamAction.REAUTHENTICATE: (0.5, 60),
    StreamAction.RETRY_SLOWER: (15, 120),
    StreamAction.WAIT_LONG: (300, 300),
    # Only a person can mend it, but nobody should have to restart us afterwards.
    StreamAction.STOP_AND_ALERT: (60, 300),
}
# After this many refusals in a row it is not the token that is wrong.
_REFUSALS_BELIEVED = 3


@dataclass(slots=True)
class Reconnect:
    """The back-off of one stream; it starts anew with the first response, not with the opening of the call.

    A server that accepts a call and then fails it would else be asked in a tight loop for ever.
    """

    failures: int = 0
    chance: random.Random = field(default_factory=random.SystemRandom)

    def succeeded(self) -> None:
        """Note a response."""
        self.failures = 0

    def wait_s(self, action: StreamAction) -> float:
        """Note a failure and return how long to wait before the next try."""
        self.failures += 1
        first, longest = _PACES[action]
        ceiling = min(longest, first * 2.0 ** min(self.failures - 1, 20))
        return ceiling / 2 + self.chance.uniform(0, ceiling / 2)

    def needs_person(self, action: StreamAction) -> bool:
        """Tell whether this way of failing is one that does not mend itself."""
        if action is StreamAction.REAUTHENTICATE:
            return self.failures >= _REFUSALS_BELIEVED
        return action in {StreamAction.STOP_AND_ALERT, StreamAction.WAIT_LONG}
