"""Collapsed calls to Salesforce: a crowd of orders shares queries and collections, and each gets its own result."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from clients.errors import Permanent, Retryable
from clients.salesforce.orders import SalesforceOrders
from sandbox.faults import Fault
from tests.support.stack import Stack, running_stack

CROWD = 24


@pytest.fixture
def idle(redis_url: str) -> Iterator[Stack]:
    with running_stack(redis_url, workers=False, threads=CROWD) as stack:
        stack.assembly.auth.token()
        yield stack


def _order_ids(stack: Stack, count: int = CROWD) -> list[str]:
    return [sample.order_id for sample in stack.box.make_orders(count, kinds=["plain_monthly"])]


def _salesforce(stack: Stack) -> SalesforceOrders:
    return stack.assembly.clients.salesforce


def test_a_crowd_of_readers_shares_queries_and_each_gets_its_own_order(idle: Stack) -> None:
    wanted = _order_ids(idle)
    idle.box.faults.add(Fault("salesforce.query", "latency", value=50))
    with ThreadPoolExecutor(CROWD) as pool:
        records = list(pool.map(_salesforce(idle).read_order, wanted))
    assert [record and record.id for record in records] == wanted
    assert all(record and len(record.items) == 1 for record in records)
    assert idle.box.calls.counts()["salesforce.query"] <= 4


def test_an_order_that_is_not_there_is_none_for_its_reader_alone(idle: Stack) -> None:
    [there] = _order_ids(idle, 1)
    missing = idle.box.make_orders(1, kinds=["order_missing"])[0].order_id
    idle.box.faults.add(Fault("salesforce.query", "latency", value=50))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(_salesforce(idle).read_order, [there, missing] * 4))
    assert [record is not None for record in found] == [True, False] * 4


def test_a_crowd_of_writers_shares_collections(idle: Stack) -> None:
    wanted = _order_ids(idle)
    at = datetime.now(UTC)
    idle.box.faults.add(Fault("salesforce.*", "latency", value=50))
    with ThreadPoolExecutor(CROWD) as pool:
        list(pool.map(lambda order_id: _salesforce(idle).mark_activating(order_id, at=at), wanted))
    assert {idle.order(order_id)["Activation_Status__c"] for order_id in wanted} == {"Activating"}
    counts = idle.box.calls.counts()
    assert counts.get("salesforce.collections", 0) + counts.get("salesforce.sobjects", 0) <= 4


def test_one_order_that_is_gone_fails_its_own_writer_only(idle: Stack) -> None:
    wanted = _order_ids(idle)
    missing = idle.box.make_orders(1, kinds=["order_missing"])[0].order_id
    at = datetime.now(UTC)
    idle.box.faults.add(Fault("salesforce.*", "latency", value=50))

    def write(order_id: str) -> str:
        try:
            _salesforce(idle).mark_activating(order_id, at=at)
        except Permanent as verdict:
            return verdict.code
        return "written"

    with ThreadPoolExecutor(CROWD + 1) as pool:
        ends = dict(zip([*wanted, missing], pool.map(write, [*wanted, missing]), strict=True))
    assert ends.pop(missing) == "ORDER_NOT_FOUND"
    assert set(ends.values()) == {"written"}


def test_an_order_shows_activated_only_when_its_items_are_written(idle: Stack) -> None:
    samples = idle.box.make_orders(CROWD, kinds=["plain_monthly"])
    items = {sample.order_id: sample.lines[0].item_id for sample in samples}
    broken = samples[5].order_id
    gone = items[broken]
    idle.box.call(lambda: idle.box.org.delete("OrderItem", gone))
    idle.box.faults.add(Fault("salesforce.*", "latency", value=50))

    def write(order_id: str) -> str:
        try:
            _salesforce(idle).write_fulfilment(order_id, whmcs_order_id=1, service_ids={items[order_id]: "7"})
        except Exception as verdict:  # noqa: BLE001 - whichever it is, the caller got it
            return type(verdict).__name__
        return "written"

    with ThreadPoolExecutor(CROWD) as pool:
        ends = dict(zip(items, pool.map(write, items), strict=True))
    assert ends.pop(broken) == "NeedsHuman"
    assert set(ends.values()) == {"written"}
    assert idle.order(broken)["Activation_Status__c"] != "Activated"
    assert {idle.order(order_id)["Activation_Status__c"] for order_id in ends} == {"Activated"}


def test_a_call_that_fails_as_a_whole_fails_every_order_of_it_and_the_next_one_works(idle: Stack) -> None:
    wanted = _order_ids(idle)
    idle.box.faults.add(Fault("salesforce.query", "latency", value=50, times=1))
    idle.box.faults.add(Fault("salesforce.query", "http_503", times=1))

    def read(order_id: str) -> bool:
        try:
            return _salesforce(idle).read_order(order_id) is not None
        except Retryable:
            return False

    with ThreadPoolExecutor(CROWD) as pool:
        assert False in pool.map(read, wanted)
        assert all(pool.map(read, wanted))
