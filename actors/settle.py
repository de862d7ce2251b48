"""Wait until a write whose answer was lost can no longer take effect.

A PHP request goes on after its caller has hung up. Until WHMCS's own time limit has passed, an empty look-up proves
nothing, and a second call could meet the first one still at work. The limit counts from the sending, and what the
ledger knows is when the intent was written: so a request is sent within a short window after that, or not at all.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from actors.toolbox import Clients
from clients.elapsed import elapsed_s
from clients.errors import ErrorCode, OutcomeUnknown, StillOpen, Verdict
from clients.ledger.values import Intent

# Between two looks at something that may still appear.
LOOK_AGAIN_S = 5.0
# From writing the intent to the first byte of the request: far more than it takes, unless the process was frozen.
LONGEST_SEND_WINDOW_S = 10.0
# The window, and as much again for the way there: the network may hold a sent request back for a while.
WINDOWS = 2


def begin_write(use: Clients, action: str, *, may_be_first: bool) -> float:
    """Write down that an action is about to be sent; come back later when an earlier one may still be running.

    `may_be_first`: an earlier one could only have been sent with this ledger's knowledge.
    Returns the moment until which it may be sent (see `send_before_s`).
    Raises: StillOpen while an earlier one may still take effect, ClaimLostError.
    """
    until_s = send_before_s(use)
    intent = use.claim.intend(action)
    return until_s if is_first_write(intent, may_be_first=may_be_first) else renew_when_settled(use, action, intent)


def is_first_write(intent: Intent, *, may_be_first: bool) -> bool:
    """Tell whether nothing older of this kind can be under way; `may_be_first` as with `begin_write`."""
    return may_be_first and intent.is_new and intent.same_memory


def renew_when_settled(use: Clients, action: str, intent: Intent) -> float:
    """Write the intent anew once the last send can no longer take effect; returns until when it may be sent.

    Raises: StillOpen before that, or when the store may have forgotten something meanwhile; ClaimLostError.
    """
    wait_until_settled(use, intent)
    until_s = send_before_s(use)
    if not use.claim.renew(action, seen=intent):
        raise not_yet(look_again_s(use))
    return until_s


@contextmanager
def sending(use: Clients, action: str) -> Iterator[None]:
    """Take the intent back when the block ends with a clean refusal, or before anything was sent: nothing happened."""
    try:
        yield
    except OutcomeUnknown:
        raise
    except Verdict:
        use.claim.retract(action)
        raise


def wait_until_settled(use: Clients, intent: Intent) -> None:
    """Return when the last send is older than the server's time limit. Raises: StillOpen before that."""
    left_s = use.settings.whmcs_time_limit_s + WINDOWS * send_window_s(use) - intent.age_s
    if left_s > 0:
        raise not_yet(min(left_s, look_again_s(use)))


def send_window_s(use: Clients) -> float:
    """Return how long after its intent was written a request may still be sent."""
    return min(LONGEST_SEND_WINDOW_S, use.settings.whmcs_time_limit_s)


def send_before_s(use: Clients) -> float:
    """Return the moment until which a request may be sent; ask before the intent is written: too early, never too late.

    Units: seconds of `clients.elapsed`.
    """
    return elapsed_s() + send_window_s(use)


def look_again_s(use: Clients) -> float:
    """Return the wait before the next look."""
    return min(LOOK_AGAIN_S, use.settings.whmcs_time_limit_s)


def not_yet(wait_s: float) -> StillOpen:
    """Say that the outcome is still open, and when to look again."""
    return StillOpen(
        ErrorCode.WHMCS_ORDER_UNCERTAIN,
        "It is not certain yet what WHMCS made of the last request; it is being looked up.",
        retry_after_s=wait_s,
    )
