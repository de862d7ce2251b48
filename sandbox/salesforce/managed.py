"""Managed subscriptions: Salesforce itself keeps the position, moved by commits.

Source: Salesforce fact sheet 2.7.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class ManagedSubscription:
    """One managed subscription: its configuration, the committed position, and whether a stream holds it.

    Shape:  `default_replay` and `error_recovery_replay` are LATEST or EARLIEST; `state` is RUN or STOP; `committed` is
            None before the first commit; `delivered` is the furthest position that a stream has seen.
    """

    subscription_id: str
    developer_name: str
    topic: str
    default_replay: str = "LATEST"
    error_recovery_replay: str = "EARLIEST"
    state: str = "RUN"
    committed: bytes | None = None
    delivered: int = 0
    active_until: float = 0.0

    def is_active(self, now: float) -> bool:
        """Tell whether a stream holds it, or is not given up yet."""
        return now < self.active_until
