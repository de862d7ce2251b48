"""What a stage may use: the clients, made once per process, and the claim of the order it works on."""

from dataclasses import dataclass, replace

from actors.marker_check import MarkerCheck
from actors.trouble_watch import TroubleWatch
from clients.clock import Clock
from clients.ledger.claim import Claim
from clients.ledger.ledger import Ledger
from clients.salesforce.orders import SalesforceOrders
from clients.whmcs.client import Whmcs
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients of this process and, inside a stage, the claim on its order."""

    salesforce: SalesforceOrders
    whmcs: Whmcs
    ledger: Ledger
    settings: Settings
    clock: Clock
    troubles: TroubleWatch
    marker: MarkerCheck
    held: Claim | None = None

    @property
    def claim(self) -> Claim:
        """Return the claim of the running stage."""
        if self.held is None:
            raise RuntimeError("There is a claim only inside a stage.")
        return self.held

    def holding(self, claim: Claim) -> "Clients":
        """Return the same clients with the claim of one stage run."""
        return replace(self, held=claim)

    def close(self) -> None:
        """Close every connection."""
        self.salesforce.close()
        self.whmcs.close()
        self.ledger.redis.close()
