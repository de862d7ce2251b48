"""The subscriber process: one stream of order events, kept alive for years, handed to the pipeline.

    python -m pipeline.subscriber

A position is stored only together with the events before it; whatever ends the stream, the next one starts there.
"""

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

import dramatiq
import redis
import structlog

from clients.clock import Clock
from clients.errors import Misconfigured, Retryable
from clients.ledger.ledger import Ledger
from clients.ledger.stream_memory import StreamMemory
from clients.salesforce.auth import SalesforceAuth, Token
from clients.salesforce.avro import SchemaCache
from clients.salesforce.events import Delivery, ReplayPreset
from clients.salesforce.pubsub import PubSubChannel
from clients.salesforce.stream_errors import StreamAction, StreamError
from config.names import Names
from config.settings import Settings
from pipeline.assembly import assemble
from pipeline.intake import Intake
from pipeline.reconnect import Reconnect
from pipeline.stream import Stream
from pipeline.worker import settings_or_exit

log = structlog.get_logger(__name__)

# The server says something at least every 270 s; longer silence is a dead connection that nobody has told us about.
SILENCE_LIMIT_S = 310.0
# How often the loop looks up from waiting, for a stop or for silence.
LOOK_UP_S = 0.5


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
        silence_limit_s: float = SILENCE_LIMIT_S,
    ) -> None:
        self._settings = settings
        self._auth = auth
        self._ledger = ledger
        self._broker = broker
        self._clock = clock
        self._silence_limit_s = silence_limit_s
        self._reconnect = Reconnect()
        self._stopping = threading.Event()
        self._token: Token | None = None
        self._schemas = SchemaCache(self._fetch_schema)
        self._channel: PubSubChannel | None = None

    def run(self) -> None:
        """Run streams, one after the other, until stopped."""
        if not self._settings.sf_events_enabled:
            log.warning("subscriber.idle", reason="SF_EVENTS_ENABLED is false: no event is consumed")
            self._stopping.wait()
        while not self._stopping.is_set():
            wait_s = self.run_once()
            self._stopping.wait(wait_s)
        log.info("subscriber.stopped")

    def stop(self) -> None:
        """Ask the subscriber to store what came, save the position and leave."""
        self._stopping.set()

    def run_once(self) -> float:
        """Run one stream from opening to end; return how many seconds to wait before the next one."""
        try:
            return self._run_stream()
        except Misconfigured as error:
            return self._paused(StreamAction.STOP_AND_ALERT, reason=error.message, detail=error.detail)
        except Retryable as error:
            return self._paused(StreamAction.RETRY, reason=error.message, detail=error.detail)
        except redis.RedisError as error:
            return self._paused(StreamAction.RETRY, reason="Redis does not answer", detail=type(error).__name__)

    def _run_stream(self) -> float:
        # A new token with every stream: the old one may be why the last stream ended.
        self._token = self._auth.token() if self._token is None else self._auth.renew(self._token)
        memory = self._memory(self._token)
        self._channel = channel = self._open_channel(self._token)
        stream = self._open_stream(channel, memory)
        try:
            return self._take_in_all(stream, self._intake(memory))
        except StreamError as error:
            return self._ended(error)
        finally:
            stream.close()

    def _take_in_all(self, stream: Stream, intake: Intake) -> float:
        while (item := stream.next(timeout_s=LOOK_UP_S)) is None or isinstance(item, Delivery):
            if item is not None:
                self._reconnect.succeeded()
                self._take_in(stream, intake, item)
            elif stream.silent_for_s() > self._silence_limit_s:
                return self._paused(StreamAction.RESTART, reason="nothing came, not even a keep-alive")
            if self._stopping.is_set():
                stream.stop()
        return 0.0 if item.error is None else self._ended(item.error)

    def _take_in(self, stream: Stream, intake: Intake, delivery: Delivery) -> None:
        if delivery.commit is not None and delivery.commit.error:
            log.warning("stream.commit_refused", reason=delivery.commit.error)
        position = intake.take_in(delivery)
        if position:
            stream.commit(position)

    def _ended(self, error: StreamError) -> float:
        if error.action is StreamAction.REPOSITION and self._token is not None:
            log.warning("stream.position_refused", start_again_at=self._settings.sf_replay_preset)
            self._memory(self._token).forget_position()
        return self._paused(error.action, reason=error.error_code or error.status, detail=error.details)

    def _paused(self, action: StreamAction, *, reason: str, detail: str = "") -> float:
        wait_s = self._reconnect.wait_s(action)
        tell = log.error if self._reconnect.needs_person(action) else log.warning
        tell("stream.ended", reason=reason, action=action, detail=detail, wait_s=round(wait_s, 2))
        return wait_s

    def _open_channel(self, token: Token) -> PubSubChannel:
        return PubSubChannel(
            endpoint=self._settings.sf_pubsub_endpoint,
            tls=self._settings.sf_pubsub_tls,
            ca_file=self._settings.sf_pubsub_ca_file,
            token=token,
        )

    def _open_stream(self, channel: PubSubChannel, memory: StreamMemory) -> Stream:
        managed = self._settings.sf_pubsub_subscription
        replay_id = None if managed else memory.position()
        preset = ReplayPreset.CUSTOM if replay_id else ReplayPreset[self._settings.sf_replay_preset]
        log.info("stream.opening", topic=self._settings.sf_provision_event_channel, preset=preset.name, managed=managed)
        return Stream.open(
            channel,
            topic=self._settings.sf_provision_event_channel,
            preset=preset,
            replay_id=replay_id,
            managed=managed,
        )

    def _memory(self, token: Token) -> StreamMemory:
        return StreamMemory(
            self._ledger.redis,
            org_id=token.org_id,
            topic=self._settings.sf_provision_event_channel,
            endpoint=self._settings.sf_pubsub_endpoint,
        )

    def _intake(self, memory: StreamMemory) -> Intake:
        return Intake(
            ledger=self._ledger,
            memory=memory,
            broker=self._broker,
            decode=self._schemas.decode,
            names=Names().event,
            clock=self._clock,
        )

    def _fetch_schema(self, schema_id: str) -> str:
        if self._channel is None:
            raise RuntimeError("A schema is asked for only while a stream is open.")
        return self._channel.fetch_schema(schema_id)


def stop_on_signals(stop: Callable[[], None]) -> None:
    """Have SIGTERM and SIGINT, however often they come, call `stop`."""

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
        stop()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)


def main() -> int:
    """Run the subscriber until it is asked to stop."""
    settings = settings_or_exit()
    assembly = assemble(settings)
    subscriber = Subscriber(
        settings,
        auth=assembly.auth,
        ledger=assembly.clients.ledger,
        broker=assembly.broker,
        clock=assembly.clients.clock,
    )
    stop_on_signals(subscriber.stop)
    subscriber.run()
    assembly.clients.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
