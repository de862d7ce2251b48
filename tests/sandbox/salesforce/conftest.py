"""A Salesforce alone, served over loopback: real HTTP, real gRPC, and clients that know nothing but the wire."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
import httpx
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization

from clients.salesforce.proto.pubsub_api_pb2_grpc import PubSubStub
from sandbox.calls import Calls
from sandbox.faults import Fault, Faults
from sandbox.salesforce.app import LONGEST_LINE, salesforce_routes
from sandbox.salesforce.org import TOPIC, Org
from sandbox.salesforce.pubsub import start_pubsub
from sandbox.server import key_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
DATA = "/services/data/v67.0"
_PATIENCE_S = 10
_PREFIX = "sfdc.platform.eventbus.grpc."


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, time_span: timedelta) -> None:
        self.at += time_span


class Feed:
    """A stream as its subscriber sees it; `error` waits for its end and tells status, code and trailers."""

    def __init__(self, method: Any, metadata: Any) -> None:
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._call = method(iter(self._requests.get, None), metadata=metadata, timeout=_PATIENCE_S)

    def send(self, request: Any) -> None:
        self._requests.put(request)

    def next(self) -> Any:
        return next(self._call)

    def events(self, count: int) -> list[Any]:
        found: list[Any] = []
        while len(found) < count:
            found += self.next().events
        return found

    def half_close(self) -> list[Any]:
        """End our side, and return what still comes until theirs ends."""
        self._requests.put(None)
        return list(self._call)

    def error(self) -> tuple[str, str]:
        with pytest.raises(grpc.RpcError):
            for _ in self._call:
                pass
        return self._call.code().name, self.trailers().get("error-code", "").removeprefix(_PREFIX)

    def trailers(self) -> dict[str, str]:
        return dict(self._call.trailing_metadata() or ())

    def details(self) -> str:
        return str(self._call.details())

    def close(self) -> None:
        self._requests.put(None)
        self._call.cancel()


class Box:
    """The org behind its two ports, a session of its user, and clients."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.org, self.faults, self.calls = Org(seed=7, clock=self.clock), Faults(7), Calls()
        self.private_key_pem, self.org.public_key_pem = key_pair()
        self.url = self.endpoint = ""
        self.loop: asyncio.AbstractEventLoop | None = None
        self.http = httpx.Client(timeout=_PATIENCE_S, verify=False)  # noqa: S501 - no TLS here, and reading roots takes long
        self.channel: grpc.Channel | None = None
        self.token = ""
        self._feeds: list[Feed] = []

    @property
    def stub(self) -> Any:
        return PubSubStub(self.channel)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        return ("accesstoken", self.token), ("instanceurl", self.url), ("tenantid", self.org.org_id)

    def run(self, work: Callable[[], T]) -> T:
        """Do something where the state lives."""
        done: Future[T] = Future()
        assert self.loop is not None
        self.loop.call_soon_threadsafe(lambda: done.set_result(work()))
        return done.result(_PATIENCE_S)

    def fault(self, endpoint: str, kind: str, **more: Any) -> None:
        self.faults.add(Fault(endpoint, kind, **more))

    def assertion(self, *, key: str = "", **changes: Any) -> str:
        claims = {"iss": self.org.client_id, "sub": self.org.username, "aud": self.url} | {"exp": self.seconds(120)}
        claims = {name: value for name, value in (claims | changes).items() if value is not None}
        return jwt.encode(claims, private_key(key or self.private_key_pem), algorithm="RS256")

    def seconds(self, from_now: float) -> int:
        return int(self.clock.at.timestamp() + from_now)

    def log_in(self, assertion: str = "", **changes: str) -> httpx.Response:
        form = {"grant_type": GRANT, "assertion": assertion or self.assertion()} | changes
        return self.http.post(f"{self.url}/services/oauth2/token", data=form)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Call a path below the version, with the session."""
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        return self.http.request(method, f"{self.url}{DATA}/{path}", headers=headers, **options)

    def soql(self, soql: str, **options: Any) -> httpx.Response:
        return self.ask("GET", "query", params={"q": soql}, **options)

    def records(self, soql: str) -> list[dict[str, Any]]:
        response = self.soql(soql)
        assert response.status_code == 200, response.text
        found: list[dict[str, Any]] = response.json()["records"]
        return found

    def make_order(self, *, items: int = 1, **fields: Any) -> str:
        return self.run(lambda: self._make_order(items, fields))

    def feed(self, rpc: str = "Subscribe", **first: Any) -> Feed:
        """Open a stream with a first request of these fields."""
        feed = Feed(getattr(self.stub, rpc), first.pop("metadata", self.metadata))
        self._feeds.append(feed)
        if first:
            feed.send(first.pop("request"))
        return feed

    def publish(self, *order_ids: str) -> list[bytes]:
        return self.run(lambda: [self.org.bus.publish(TOPIC, {"OrderId__c": each}) for each in order_ids])

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not self.run(condition):
            assert time.monotonic() < deadline, "it did not come about"

    def close(self) -> None:
        for feed in self._feeds:
            feed.close()
        if self.channel is not None:
            self.channel.close()
        self.http.close()

    def _make_order(self, items: int, fields: dict[str, Any]) -> str:
        org = self.org
        account = org.create("Account", Name="Acme", WHMCS_Client_Id__c="7")
        book = org.create("Pricebook2", Name="Standard", IsStandard=True)
        product = org.create("Product2", Name="eSIM 5 GB", WHMCS_Product_Id__c="12", Billing_Cycle__c="Monthly")
        entry = org.create("PricebookEntry", Pricebook2Id=book, Product2Id=product, UnitPrice=9.5)
        order = {"AccountId": account, "Pricebook2Id": book, "EffectiveDate": "2026-11-01", "Status": "Draft"}
        order_id = org.create("Order", **(order | fields))
        for _ in range(items):
            org.create("OrderItem", OrderId=order_id, PricebookEntryId=entry, Quantity=2, UnitPrice=9.5)
        return order_id


@cache
def private_key(pem: str) -> Any:
    """Read a key once: checking its primes takes longer than most tests."""
    return serialization.load_pem_private_key(pem.encode(), None)


@contextmanager
def served() -> Iterator[Box]:
    box, ready, stop = Box(), Future[None](), asyncio.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(box, ready, stop)))
    thread.start()
    ready.result(_PATIENCE_S)
    box.token = box.log_in().json()["access_token"]
    try:
        yield box
    finally:
        box.close()
        assert box.loop is not None
        box.loop.call_soon_threadsafe(stop.set)
        thread.join(_PATIENCE_S)


@pytest.fixture
def box() -> Iterator[Box]:
    """Serve an org of its own for one test."""
    with served() as one:
        yield one


async def _serve(box: Box, ready: Future[None], stop: asyncio.Event) -> None:
    app = web.Application()
    app.add_routes(salesforce_routes(box.org, box.faults, box.calls, lambda: box.url))
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=0.1, max_line_size=LONGEST_LINE, max_field_size=LONGEST_LINE
    )
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server, port = await start_pubsub(box.org, box.faults, box.calls)
    box.loop, box.url, box.endpoint = asyncio.get_running_loop(), f"http://127.0.0.1:{runner.addresses[0][1]}", ""
    box.endpoint = f"127.0.0.1:{port}"
    box.channel = grpc.insecure_channel(box.endpoint)
    ready.set_result(None)
    await stop.wait()
    await server.stop(None)
    await runner.cleanup()
