"""Wait until a write whose answer was lost can no longer take effect.

A PHP request goes on after its caller has hung up. Until WHMCS's own time limit has passed, an empty look-up proves
nothing, and a second call could meet the first one still at work.
"""

from datetime import timedelta

from actors.toolbox import Clients
from clients.errors import ErrorCode, OutcomeUnknown
from clients.ledger.values import Intent

# Between two looks at something that may still appear.
LOOK_AGAIN_S = 5.0


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
    settled_at = intent.sent_at + timedelta(seconds=use.settings.whmcs_time_limit_s)
    left_s = (settled_at - use.clock.now()).total_seconds()
    if left_s > 0:
        raise not_yet(min(left_s, LOOK_AGAIN_S))


def not_yet(wait_s: float) -> OutcomeUnknown:
    """Say that the outcome is still open, and when to look again."""
    return OutcomeUnknown(
        ErrorCode.WHMCS_ORDER_UNCERTAIN,
        "It is not certain yet what WHMCS made of the last request; it is being looked up.",
        retry_after_s=wait_s,
    )
