"""When to open the stream again: what its end means, and how long to wait after each way in which it can end."""

import random
from dataclasses import dataclass, field

from clients.errors import Misconfigured, Retryable
from clients.salesforce.stream_errors import StreamAction, StreamError

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


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a stream ended or never began; `retry_after_s` is the wait that the other side asked for."""

    action: StreamAction
    reason: str
    detail: str = ""
    retry_after_s: float = 0.0
    is_bug: bool = False


def ending_of(error: Exception) -> Ending:
    """Sort whatever ended a stream."""
    if isinstance(error, StreamError):
        return Ending(error.action, error.error_code or error.status, error.details)
    if isinstance(error, Misconfigured):
        return Ending(StreamAction.STOP_AND_ALERT, error.message, error.detail)
    if isinstance(error, Retryable):
        return Ending(StreamAction.RETRY, error.message, error.detail, error.retry_after_s or 0.0)
    # Ours or the machine's: the process stays, because leaving would take every other process down with it.
    return Ending(StreamAction.STOP_AND_ALERT, type(error).__name__, is_bug=True)


@dataclass(slots=True)
class Reconnect:
    """The back-off of one stream; it starts anew with the first response, not with the opening of the call.

    A server that accepts a call and then fails it would else be asked in a tight loop for ever.
    `second_s` is how long a second is: a test makes it short.
    """

    second_s: float = 1.0
    failures: int = 0
    chance: random.Random = field(default_factory=random.SystemRandom)

    def succeeded(self) -> int:
        """Note a response, and return how many failures came before it."""
        failures, self.failures = self.failures, 0
        return failures

    def failed(self, ending: Ending) -> float:
        """Note a failure and return how many seconds to wait before the next try."""
        self.failures += 1
        first, longest = _PACES[ending.action]
        ceiling = min(longest, first * 2.0 ** min(self.failures - 1, 20))
        wait_s = ceiling / 2 + self.chance.uniform(0, ceiling / 2)
        return max(wait_s, ending.retry_after_s) * self.second_s

    def level(self, ending: Ending) -> str:
        """Return how loudly the last failure is told: each one that a person must mend, of the others the first."""
        if self._needs_person(ending.action):
            return "error"
        return "warning" if self.failures == 1 else "info"

    def _needs_person(self, action: StreamAction) -> bool:
        if action is StreamAction.REAUTHENTICATE:
            return self.failures >= _REFUSALS_BELIEVED
        return action in {StreamAction.STOP_AND_ALERT, StreamAction.WAIT_LONG}
