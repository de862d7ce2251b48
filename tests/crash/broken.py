"""Parts with a safeguard taken out, handed in to show that the harness sees what the safeguard is for."""

from actors.broker import FulfilmentBroker
from actors.stage_end import StageEnd
from clients.ledger import keys, queues
from clients.ledger.ledger import Ledger
from clients.ledger.values import HandOver, Intent


class WithoutIntents(Ledger):
    """Forgets at once that a write may have been sent."""

    def intend(self, order_id: str, action: str, *, fence: str) -> Intent:
        intent = super().intend(order_id, action, fence=fence)
        self.redis.delete(keys.intent(order_id, action))
        return intent


class AcknowledgesFirst(FulfilmentBroker):
    """Acknowledges a message, and only then stores what follows."""

    def acknowledge(self, queue_name: str, message_id: str, end: StageEnd | None) -> HandOver | None:
        acks = queues.acks(self.broker_id, queue_name)
        self.client.srem(acks, message_id)
        self.client.sadd(acks, message_id)
        return super().acknowledge(queue_name, message_id, end)
