"""The claim that a running stage holds on its order."""

from dataclasses import dataclass

from clients.ledger.ledger import ClaimLostError, Ledger
from clients.ledger.values import Intent


@dataclass(frozen=True, slots=True)
class Claim:
    """One order, held under one fencing number; a higher number elsewhere ends it."""

    ledger: Ledger
    order_id: str
    fence: str

    def hold(self, *, untouched: bool = False) -> None:
        """Make sure, before an outside write, that nobody took over. Raises: ClaimLostError.

        `untouched` notes that Salesforce shows no attempt before this one.
        """
        if not self.ledger.holds(self.order_id, fence=self.fence, untouched=untouched):
            raise ClaimLostError(self.order_id)

    def intend(self, action: str) -> Intent:
        """Write down, before an outside write, that it may have been sent. Raises: ClaimLostError."""
        return self.ledger.intend(self.order_id, action, fence=self.fence)

    def renew(self, action: str, *, seen: Intent) -> bool:
        """Write an intent anew before the write is sent again; False when nothing is known any more."""
        return self.ledger.renew(self.order_id, action, fence=self.fence, seen=seen)

    def retract(self, action: str) -> None:
        """Take the intent back after a clean refusal: nothing happened."""
        self.ledger.retract(self.order_id, action, fence=self.fence)

    def note_empty_look(self, action: str, *, seen: int) -> int:
        """Count a late enough look-up that found nothing, behind `seen` others; returns how many there were."""
        return self.ledger.note_empty_look(self.order_id, action, fence=self.fence, seen=seen)
