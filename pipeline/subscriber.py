"""The subscriber process: one stream of order events, kept alive for years, handed to the pipeline.

    python -m pipeline.subscriber

A position is stored only together with the events before it; whatever ends the stream, the next one starts there.
The process itself ends only when it is asked to: under honcho, one that ends takes all others with it.
"""

import sys
import threading
from contextlib import closing
from dataclasses import dataclass, field

import dramatiq
import redis
import structlog

from actors.broker import make_broker
from clients.clock import Clock, SystemClock
from clients.ledger.lease import Lease, LeaseLostError
from clients.ledger.ledger import Ledger
from clients.ledger.stream_memory import StreamMemory
from clients.salesforce.auth import SalesforceAuth
from clients.salesforce.events import Delivery
from clients.salesforce.stream_errors import StreamAction, StreamError
from config.names import Names
from config.settings import Settings
from pipeline.assembly import make_auth, make_ledger
from pipeline.intake import Intake
from pipeline.leaving import leave_on_signals
from pipeline.patience import LeftUnstored, Patience
from pipeline.reconnect import Reconnect, ending_of
from pipeline.stream import Stream, StreamLimits
from pipeline.stream_source import StreamSource
from pipeline.worker import settings_or_exit

log = structlog.get_logger(__name__)

# A platform kills 30 s after it asks to stop, and starts our successor at once. What is not stored by then comes again.
LEAVE_WITHIN_S = 4.0
# How often one that stands by looks whether it is needed.
STAND_BY_S = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The subscriber's patience: `look_up_s` is how often it looks up from waiting, `second_s` scales its back-off."""

    stream: StreamLimits = field(default_factory=StreamLimits)
    look_up_s: float = 0.5
    second_s: float = 1.0


class Subscriber:
    """Keeps one stream open and takes in what it delivers."""

    def __init__(
        self,
        settings: Settings,
        *,
        auth: SalesforceAuth,
        ledger: Ledger,
        broker: dramatiq.Broker,
        clock: Clock,
        limits: Limits | None = None,
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._broker = broker
        self._clock = clock
        self._limits = limits or Limits()
        self._source = StreamSource(settings, auth, self._limits.stream)
        self._reconnect = Reconnect(self._limits.second_s)
        self._stopping = threading.Event()
        self._redis = Patience(self._stopping)
        self._lease = Lease(ledger.redis, _lease_name(settings))
        self._stands_by = False

    def run(self) -> None:
        """Run streams, one after the other, until stopped."""
        if not self._settings.sf_events_enabled:
            log.warning("subscriber.idle", reason="SF_EVENTS_ENABLED is false: no event is consumed")
            self._stopping.wait()
        while not self._stopping.is_set():
            self._stopping.wait(self.run_once())
        self._step_down()
        log.info("subscriber.stopped")

    def stop(self) -> None:
        """Ask the subscriber to store what came, save the position and leave."""
        self._stopping.set()

    def run_once(self) -> float:
        """Run one stream from opening to end; return how many seconds to wait before the next one."""
        try:
            if not self._leads():
                return STAND_BY_S * self._limits.second_s
            self._run_stream()
        except LeaseLostError:
            log.warning("subscriber.lease_lost", reason="another subscriber leads now")
        except LeftUnstored:
            log.warning("subscriber.left_unstored", reason="Redis is away: what is not stored comes again")
        except Exception as error:  # noqa: BLE001 - the loop of the process, which tells and goes on
            return self._pause(error)
        return 0.0

    def _leads(self) -> bool:
        """Take the lease, or stand by while another subscriber has it: each copy of an event costs an allowance."""
        leads = self._redis.until_done(self._lease.take)
        if leads is self._stands_by:
            self._stands_by = not leads
            log.info("subscriber.leads" if leads else "subscriber.stands_by")
        return leads

    def _step_down(self) -> None:
        """Let the next one lead at once; should Redis be away, it waits for the lease to run out."""
        try:
            self._lease.release()
        except redis.RedisError as error:
            log.warning("subscriber.lease_not_released", reason=type(error).__name__)

    def _run_stream(self) -> None:
        token = self._source.log_in()
        memory = self._memory(token.org_id)
        position = None if self._is_managed else self._redis.until_done(memory.position)
        with closing(self._source.open(token, replay_id=position)) as stream:
            try:
                self._take_in_all(stream, self._intake(memory))
            except StreamError as error:
                if position and error.action is StreamAction.REPOSITION:
                    self._give_up(position, memory)
                raise

    def _take_in_all(self, stream: Stream, intake: Intake) -> None:
        while not stream.is_over:
            self._redis.until_done(self._lease.keep)
            delivery = stream.next(timeout_s=self._limits.look_up_s)
            if delivery is not None:
                self._take_in(stream, intake, delivery)
            elif self._stopping.is_set():
                stream.finish()
            if self._stopping.is_set():
                stream.ask_no_more()

    def _take_in(self, stream: Stream, intake: Intake, delivery: Delivery) -> None:
        if delivery.commit is not None and delivery.commit.error:
            log.warning("stream.commit_refused", reason=delivery.commit.error)
        batch = intake.read(delivery)
        self._redis.until_done(lambda: intake.store(batch))
        if batch.position:
            stream.commit(batch.position)
        if failures := self._reconnect.succeeded():
            log.info("stream.restored", after_failures=failures)

    def _give_up(self, position: bytes, memory: StreamMemory) -> None:
        log.warning("stream.position_refused", position=position.hex(), start_again_at=self._settings.sf_replay_preset)
        self._redis.until_done(memory.forget_position)

    def _pause(self, error: Exception) -> float:
        ending = ending_of(error)
        wait_s = self._reconnect.failed(ending)
        tell = getattr(log, self._reconnect.level(ending))
        tell(
            "stream.ended",
            reason=ending.reason,
            action=ending.action,
            detail=ending.detail,
            wait_s=round(wait_s, 4),
            exc_info=error if ending.is_bug else None,
        )
        return wait_s

    @property
    def _is_managed(self) -> bool:
        return self._settings.sf_pubsub_subscription is not None

    def _memory(self, org_id: str) -> StreamMemory:
        return StreamMemory(
            self._ledger.redis,
            org_id=org_id,
            topic=self._settings.sf_provision_event_channel,
            endpoint=self._settings.sf_pubsub_endpoint,
        )

    def _intake(self, memory: StreamMemory) -> Intake:
        return Intake(
            ledger=self._ledger,
            memory=memory,
            keeps_position=not self._is_managed,
            lease=self._lease,
            broker=self._broker,
            decode=self._source.decode,
            names=Names().event,
            clock=self._clock,
        )


def _lease_name(settings: Settings) -> str:
    """Return what one subscriber at a time leads: a topic of an org, whose user and app stand for it."""
    return f"{settings.sf_pubsub_endpoint}:{settings.sf_provision_event_channel}:{settings.sf_client_id}"


def main() -> int:
    """Run the subscriber until it is asked to stop."""
    settings = settings_or_exit()
    auth, ledger = make_auth(settings), make_ledger(settings)
    subscriber = Subscriber(settings, auth=auth, ledger=ledger, broker=make_broker(ledger), clock=SystemClock())
    leave_on_signals(subscriber.stop, within_s=LEAVE_WITHIN_S)
    log.info("subscriber.started")
    subscriber.run()
    ledger.redis.close()
    auth.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
