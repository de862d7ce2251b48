"""Shutdown: what runs is finished, what waits goes back at once."""

import threading

import redis

from tests.broker.chain import FIRST, Chain
from tests.broker.conftest import MakeBroker, StartWorker
from tests.support.waiting import eventually


def test_what_has_not_begun_is_given_back_while_the_running_stage_goes_on(
    brokers: MakeBroker, store: redis.Redis, start_worker: StartWorker
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def block(_order: object) -> None:
        begun.set()
        go_on.wait(30)

    leaving, staying, chain = brokers(), brokers(), Chain(during=block)
    chain.declare(leaving)
    chain.admit(leaving, range(3))
    worker = start_worker(leaving, threads=1)
    assert begun.wait(30)
    eventually(lambda: store.llen(f"dramatiq:{FIRST}") <= 1, what="the worker fetched ahead")
    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    eventually(lambda: store.llen(f"dramatiq:{FIRST}") == 2, what="the waiting ones went back")
    assert len(chain.ran_first) == 1
    chain.during = lambda _order: None
    chain.declare(staying)
    start_worker(staying)
    eventually(lambda: len(chain.ran_second) == 2, what="another worker ran them")
    go_on.set()
    stopping.join(30)
    eventually(lambda: len(chain.ran_second) == 3, what="the running one went on as well")
    assert len(chain.ran_first) == 3
