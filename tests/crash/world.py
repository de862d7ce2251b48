"""One process of the service, in one thread: what the subscriber, a worker, its housekeeper and the sweep do, in turn.

Everything between the outside effects is the real thing: stages, ledger, broker, consumers, scripts. Only Dramatiq's
threads are left out, so that a run is the same every time and a kill ends all of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from dramatiq.broker import MessageProxy

from actors.broker import FulfilmentBroker
from actors.consumers import QueueConsumer
from actors.marker_check import MarkerCheck
from actors.toolbox import Clients
from actors.trouble_watch import TroubleWatch
from clients.clock import Clock
from clients.ledger import queues
from clients.ledger.ledger import Ledger
from clients.ledger.values import Admission
from clients.redis_connection import connect_redis
from clients.salesforce.orders import SalesforceOrders
from config.names import Names
from config.settings import Settings
from pipeline.assembly import make_auth, make_whmcs
from pipeline.fulfilment import STAGE_QUEUES, declare_stages, ledger_request, new_request
from pipeline.reconcile import Reconcile
from tests.crash.effects import Effects
from tests.crash.seams import watch_http, watched_redis

# As many as a worker with one thread holds.
_PREFETCH = 2


@cache
def _checked_key(pem: str) -> Any:
    return load_pem_private_key(pem.encode(), password=None)


@dataclass(frozen=True, slots=True)
class Make:
    """What a process is made of; a test that takes a safeguard away hands in others."""

    ledger: Callable[..., Ledger] = Ledger
    broker: Callable[[Ledger], FulfilmentBroker] = FulfilmentBroker


USUAL = Make()


class World:
    """A process from its start to its end."""

    def __init__(self, settings: Settings, effects: Effects, clock: Clock, make: Make) -> None:
        self.effects = effects
        self._store = connect_redis(settings.redis_url_for_client)
        ledger = make.ledger(
            watched_redis(self._store, effects), clock=clock, keep_finished=timedelta(days=settings.keep_finished_days)
        )
        self._auth, whmcs = make_auth(settings), make_whmcs(settings)
        # Checking an RSA key takes longer than everything else that a process does here: it is checked once.
        self._auth._private_key_pem = _checked_key(settings.private_key_pem.get_secret_value())
        salesforce = SalesforceOrders(self._auth, names=Names(), api_version=settings.sf_api_version)
        watch_http(self._auth, salesforce, whmcs, effects)
        self.clients = Clients(
            salesforce=salesforce,
            whmcs=whmcs,
            ledger=ledger,
            settings=settings,
            clock=clock,
            troubles=TroubleWatch(ledger.troubles),
            marker=MarkerCheck(whmcs),
        )
        self._broker = make.broker(ledger)
        declare_stages(self._broker, self.clients)
        self._consumers = {
            name: QueueConsumer(self._broker, name, prefetch=_PREFETCH, timeout_s=0) for name in STAGE_QUEUES
        }
        # Known to the housekeeper without its thread, which `look_after` would start.
        self._broker.housekeeper._consumers.update(self._consumers)

    def admit(self, order_id: str, *, event_id: str, event_at: datetime) -> Admission:
        """Take in an event as the subscriber does."""
        now = self.clients.clock.now()
        request = new_request(order_id, source="event", requested_at=now, event_id=event_id, event_at=event_at)
        [admission] = self.clients.ledger.admit([ledger_request(request, self._broker)])
        return admission

    def look(self) -> None:
        """Look after the queues as the housekeeper does."""
        self._broker.housekeeper.run_once()

    def sweep(self) -> None:
        """Sweep as the scheduler has it done."""
        Reconcile(self.clients, self._broker).run_once()

    def work_off(self) -> None:
        """Run stage after stage until no message waits."""
        while (consumer := self._next_consumer()) is not None:
            consumer.wake()
            message = next(consumer)
            if message is not None:
                self._process(consumer, message)

    def close(self) -> None:
        """Close what the operating system would."""
        self.clients.close()
        self._auth.close()
        self._store.connection_pool.disconnect()

    def _next_consumer(self) -> QueueConsumer | None:
        """Return a consumer whose queue has messages. Asked without an effect: in life a waking tells."""
        pipe = self._store.pipeline(transaction=False)
        for name in self._consumers:
            pipe.llen(queues.queue(name))
        waiting = dict(zip(self._consumers, cast("list[int]", pipe.execute()), strict=True))
        return next((each for name, each in self._consumers.items() if waiting[name] or each._fetched), None)

    def _process(self, consumer: QueueConsumer, message: MessageProxy) -> None:
        """Do what Dramatiq's worker thread does with a message."""
        broker = self._broker
        try:
            broker.emit_before("process_message", message)
            broker.get_actor(message.actor_name)(*message.args, **message.kwargs)
            broker.emit_after("process_message", message, result=None)
        except Exception as error:  # noqa: BLE001 - as Dramatiq does
            message.stuff_exception(error)
            broker.emit_after("process_message", message, exception=error)
        broker.emit_before("ack", message)
        consumer.ack(message)
        broker.emit_after("ack", message)
        message.clear_exception()
