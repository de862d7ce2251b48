"""Payloads: decoded by the schema that the event names, fetched once, and never trusted."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from fastavro import parse_schema
from hypothesis import given
from hypothesis import strategies as st

from clients.salesforce.avro import SchemaCache, UndecodableEvent, encode

TYPES = ["string", "double", "boolean", "long"]
THREADS = 32


def schema_json(*fields: dict[str, Any], name: str = "OrderProvisionRequested__e") -> str:
    own = [{"name": "CreatedDate", "type": "long"}, {"name": "CreatedById", "type": "string"}]
    return json.dumps({"type": "record", "name": name, "namespace": "com.sforce.eventbus", "fields": [*own, *fields]})


def optional(name: str, kind: str = "string") -> dict[str, Any]:
    return {"name": name, "type": ["null", kind], "default": None, "doc": "Data:Text:00N58000003w"}


OLD = schema_json(optional("OrderId__c"))
NEW = schema_json(optional("IdemKey__c"), optional("OrderId__c"), {"name": "Count__c", "type": "double"})
OWN = {"CreatedDate": 1772359200000, "CreatedById": "0055J000001D89MQAS"}


def payload(schema: str, **fields: object) -> bytes:
    return encode(parse_schema(json.loads(schema)), OWN | fields)


class Library:
    """Schemas by id, counting how often each is fetched."""

    def __init__(self, **schemas: str) -> None:
        self.schemas = schemas
        self.fetched: list[str] = []
        self.down = False
        self.gate = threading.Event()
        self.gate.set()

    def fetch(self, schema_id: str) -> str:
        self.fetched.append(schema_id)
        self.gate.wait(5)
        if self.down:
            raise ConnectionError("no schema today")
        return self.schemas[schema_id]


def test_each_event_is_decoded_by_its_own_schema() -> None:
    """Retained events keep the schema they were written with, whatever the topic's is by now."""
    cache = SchemaCache(Library(old=OLD, new=NEW).fetch)
    events = [
        ("old", payload(OLD, OrderId__c="801A")),
        ("new", payload(NEW, OrderId__c="801B", Count__c=2.0)),
        ("old", payload(OLD)),
    ]
    assert [cache.decode(*event) for event in events] == [
        OWN | {"OrderId__c": "801A"},
        OWN | {"OrderId__c": "801B", "IdemKey__c": None, "Count__c": 2.0},
        OWN | {"OrderId__c": None},
    ]


def test_a_schema_is_fetched_once() -> None:
    library = Library(old=OLD)
    cache = SchemaCache(library.fetch)
    for _ in range(3):
        cache.decode("old", payload(OLD))
    assert library.fetched == ["old"]


def test_a_schema_that_landed_between_the_look_and_the_turn_is_used() -> None:
    library = Library(old=OLD)
    cache = SchemaCache(library.fetch)
    assert cache.schema("old") is cache._fetched("old")
    assert library.fetched == ["old"]


def test_a_burst_of_events_with_an_unknown_schema_fetches_it_once() -> None:
    library = Library(old=OLD)
    library.gate.clear()
    cache = SchemaCache(library.fetch)
    with ThreadPoolExecutor(THREADS) as pool:
        decoded = [pool.submit(cache.decode, "old", payload(OLD, OrderId__c=str(n))) for n in range(THREADS)]
        library.gate.set()
        assert [each.result(5)["OrderId__c"] for each in decoded] == [str(n) for n in range(THREADS)]
    assert library.fetched == ["old"]


def test_a_failed_fetch_is_no_fault_of_the_event_and_is_not_remembered() -> None:
    library = Library(old=OLD)
    library.down = True
    cache = SchemaCache(library.fetch)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            cache.decode("old", payload(OLD))
    library.down = False
    assert cache.decode("old", payload(OLD))["OrderId__c"] is None


def test_the_cache_is_bounded_and_forgets_what_was_used_longest_ago() -> None:
    library = Library(a=OLD, b=OLD, c=OLD)
    cache = SchemaCache(library.fetch, max_schemas=2)
    for schema_id in ("a", "b", "a", "c", "a", "b"):
        cache.decode(schema_id, payload(OLD))
    assert library.fetched == ["a", "b", "c", "b"]


def test_an_event_without_a_schema_is_undecodable() -> None:
    library = Library()
    with pytest.raises(UndecodableEvent, match="names no schema"):
        SchemaCache(library.fetch).decode("", b"x")
    assert library.fetched == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "{}",
        '{"type": "record"}',
        '{"type": "unheard-of"}',
        "[1]",
        "null",
    ],
)
def test_an_unreadable_schema_makes_the_event_undecodable(text: str) -> None:
    with pytest.raises(UndecodableEvent, match="schema"):
        SchemaCache(Library(bad=text).fetch).decode("bad", b"")


def test_a_schema_that_is_no_record_makes_the_event_undecodable() -> None:
    with pytest.raises(UndecodableEvent, match="no record"):
        SchemaCache(Library(text='"string"').fetch).decode("text", b"\x02x")


@pytest.mark.parametrize("cut", [1, 5, 1000])
def test_a_truncated_payload_is_undecodable(cut: int) -> None:
    with pytest.raises(UndecodableEvent, match="does not fit"):
        SchemaCache(Library(old=OLD).fetch).decode("old", payload(OLD, OrderId__c="801")[:-cut])


def test_a_payload_that_is_too_long_is_undecodable() -> None:
    """Bytes left over mean that the schema was the wrong one: what was read is not to be trusted."""
    with pytest.raises(UndecodableEvent, match="3 bytes too many"):
        SchemaCache(Library(old=OLD).fetch).decode("old", payload(OLD) + b"abc")


@given(st.binary(max_size=60))
def test_any_bytes_are_an_event_or_undecodable(noise: bytes) -> None:
    cache = SchemaCache(Library(new=NEW).fetch)
    try:
        fields = cache.decode("new", noise)
    except UndecodableEvent:
        return
    assert set(fields) == {"CreatedDate", "CreatedById", "IdemKey__c", "OrderId__c", "Count__c"}


@given(st.integers(0, 40), st.binary(min_size=1, max_size=8))
def test_a_payload_that_was_damaged_never_breaks_the_decoder(at: int, noise: bytes) -> None:
    """A length prefix of several gigabytes, a negative one, bytes that are no UTF-8: all are the event's fault."""
    good = payload(NEW, OrderId__c="801R00000064wdtIAA", Count__c=1.0)
    damaged = good[:at] + noise + good[at + len(noise) :]
    with suppress(UndecodableEvent):
        assert "CreatedById" in SchemaCache(Library(new=NEW).fetch).decode("new", damaged)


@given(st.none() | st.text())
def test_what_is_encoded_comes_back(order_id: str | None) -> None:
    cache = SchemaCache(Library(old=OLD).fetch)
    assert cache.decode("old", cache.encode("old", OWN | {"OrderId__c": order_id})) == OWN | {"OrderId__c": order_id}


@pytest.mark.parametrize(
    "fields",
    [OWN | {"Typo__c": "x"}, {"CreatedById": "x"}, OWN | {"CreatedDate": "today"}, OWN | {"OrderId__c": 1}],
)
def test_an_event_that_does_not_fit_its_schema_is_not_published(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"field|fit|Type|schema"):
        SchemaCache(Library(old=OLD).fetch).encode("old", fields)
