"""Where streams come from: each has a new login and a new channel, and begins where it is told."""

import structlog

from clients.salesforce.auth import SalesforceAuth, Token
from clients.salesforce.avro import SchemaCache, UndecodableEvent
from clients.salesforce.events import ReplayPreset
from clients.salesforce.pubsub import PubSubChannel
from clients.salesforce.stream_errors import StreamError
from clients.salesforce.subscription import ManagedSubscription, Subscription
from config.settings import Settings
from pipeline.stream import Stream, StreamLimits

log = structlog.get_logger(__name__)


class StreamSource:
    """Opens the stream of the settings, as often as needed, and reads its events over the one that is open."""

    def __init__(self, settings: Settings, auth: SalesforceAuth, limits: StreamLimits) -> None:
        self._settings = settings
        self._auth = auth
        self._limits = limits
        self._token: Token | None = None
        self._channel: PubSubChannel | None = None
        self._schemas = SchemaCache(self._fetch_schema)

    def log_in(self) -> Token:
        """Return a token made for the next stream: the last one may be why the last stream ended.

        Raises: Retryable, Misconfigured.
        """
        self._token = self._auth.token() if self._token is None else self._auth.renew(self._token)
        return self._token

    def open(self, token: Token, *, replay_id: bytes | None) -> Stream:
        """Open a stream behind a stored position, at the preset without one, or where a managed subscription stands."""
        channel = self._open_channel(token)
        try:
            return Stream(channel, self._subscribe(channel, replay_id), self._limits)
        except BaseException:
            channel.close()
            raise

    def decode(self, schema_id: str, payload: bytes) -> dict[str, object]:
        """Return the fields of an event.

        Raises: UndecodableEvent; StreamError when the schema cannot be had at the moment.
        """
        return self._schemas.decode(schema_id, payload)

    def _open_channel(self, token: Token) -> PubSubChannel:
        self._channel = PubSubChannel(
            endpoint=self._settings.sf_pubsub_endpoint,
            tls=self._settings.sf_pubsub_tls,
            ca_file=self._settings.sf_pubsub_ca_file,
            token=token,
        )
        return self._channel

    def _subscribe(self, channel: PubSubChannel, replay_id: bytes | None) -> Subscription | ManagedSubscription:
        managed, topic = self._settings.sf_pubsub_subscription, self._settings.sf_provision_event_channel
        if managed:
            log.info("stream.opening", managed=managed)
            return channel.managed_subscribe(developer_name=managed)
        preset = ReplayPreset.CUSTOM if replay_id else ReplayPreset[self._settings.sf_replay_preset]
        log.info("stream.opening", topic=topic, preset=preset.name)
        return channel.subscribe(topic=topic, preset=preset, replay_id=replay_id)

    def _fetch_schema(self, schema_id: str) -> str:
        if self._channel is None:
            raise RuntimeError("A schema is asked for only while a stream is open.")
        try:
            return self._channel.fetch_schema(schema_id)
        except StreamError as error:
            if error.status == "NOT_FOUND" or error.error_code == "schema.validation.failed":
                # It will never be known, and waiting for it would hold up every order behind this event.
                raise UndecodableEvent("Salesforce does not know its schema") from error
            raise
