"""Waking: a message that comes while a consumer is being told "nothing there" is fetched at once, not seconds later."""

from types import SimpleNamespace
from typing import Any

import dramatiq

from actors.consumers import QueueConsumer
from actors.store_watch import StoreWatch


class _Broker:
    """Says once that there is nothing, and wakes the consumer before that answer has arrived."""

    def __init__(self) -> None:
        self.stopping = SimpleNamespace(is_set=lambda: False)
        self.store_watch = StoreWatch()
        self.consumer: Any = None
        self.fetches = 0

    def fetch(self, queue_name: str, most: int) -> list[tuple[str, bytes]]:
        self.fetches += 1
        if self.fetches == 1:
            self.consumer.wake()
            return []
        message: dramatiq.Message[Any] = dramatiq.Message(
            queue_name=queue_name, actor_name="map_items", args=(), kwargs={}, options={}
        )
        return [("1", message.encode())]


def test_a_waking_during_a_fetch_that_finds_nothing_is_not_lost() -> None:
    broker = _Broker()
    broker.consumer = QueueConsumer(broker, "map-items", prefetch=4, timeout_s=30)  # type: ignore[arg-type]
    assert next(broker.consumer) is None
    assert next(broker.consumer) is not None
    assert broker.fetches == 2
