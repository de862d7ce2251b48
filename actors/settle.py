"""Wait until a write whose answer was lost can no longer take effect.

A PHP request goes on after its caller has hung up. Until WHMCS's own time limit has passed, an empty look-up proves
nothing, and a second call could meet the first one still at work. The limit counts from the sending, and what the
ledger knows is when the intent was written: so a request is sent within a short window after that, or not at all.
"""

import time

from actors.toolbox import Clients
from clients.errors import ErrorCode, OutcomeUnknown
from clients.ledger.values import Intent

# Between two looks at something that may still appear.
LOOK_AGAIN_S = 5.0
# From writing the intent to the first byte of the request: far more than it takes, unless the process was frozen.
LONGEST_SEND_WINDOW_S = 20.0


def begin_write(use: Clients, action: str) -> None:
    """Write down that an action is about to be sent; come back later when an earlier one may still be running.

    Raises: OutcomeUnknown while the earlier one may still take effect, ClaimLostError.
    """
    intent = use.claim.intend(action)
    if not intent.is_new:
        wait_until_settled(use, intent)
        use.claim.intend(action, again=True)


def wait_until_settled(use: Clients, intent: Intent) -> None:
    """Return when the last send is older than the server's time limit. Raises: OutcomeUnknown before that."""
    left_s = use.settings.whmcs_time_limit_s + send_window_s(use) - intent.age_s
    if left_s > 0:
        raise not_yet(min(left_s, look_again_s(use)))


def send_window_s(use: Clients) -> float:
    """Return how long after its intent was written a request may still be sent."""
    return min(LONGEST_SEND_WINDOW_S, use.settings.whmcs_time_limit_s)


def send_before_s(use: Clients) -> float:
    """Return the moment of the monotonic clock until which a request may be sent; ask before the intent is written."""
    return time.monotonic() + send_window_s(use)


def look_again_s(use: Clients) -> float:
    """Return the wait before the next look."""
    return min(LOOK_AGAIN_S, use.settings.whmcs_time_limit_s)


def not_yet(wait_s: float) -> OutcomeUnknown:
    """Say that the outcome is still open, and when to look again."""
    return OutcomeUnknown(
        ErrorCode.WHMCS_ORDER_UNCERTAIN,
        "It is not certain yet what WHMCS made of the last request; it is being looked up.",
        retry_after_s=wait_s,
    )
