"""A WHMCS alone, served over loopback, and a bare HTTP client for it that encodes nothing by itself."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from aiohttp import web

from sandbox.calls import Calls
from sandbox.faults import Faults
from sandbox.whmcs.app import PATH, whmcs_routes
from sandbox.whmcs.records import Client, Product
from sandbox.whmcs.shop import Shop

Fields = list[tuple[str, str]]


class Wire:
    """The shop behind its one address."""

    def __init__(self) -> None:
        self.shop, self.faults, self.calls = Shop(seed=7), Faults(7), Calls()
        self.http = httpx.Client(timeout=5)
        self.url = ""

    def raw(self, body: str, *, content_type: str = "application/x-www-form-urlencoded") -> httpx.Response:
        """Post a body exactly as it is written."""
        return self.http.post(self.url, content=body.encode(), headers={"Content-Type": content_type})

    def post(self, action: str, fields: Fields | None = None, **scalars: object) -> httpx.Response:
        """Post a call with good credentials."""
        pairs = [
            ("action", action),
            ("identifier", self.shop.identifier),
            ("secret", self.shop.secret),
            ("responsetype", "json"),
            *((name, str(value)) for name, value in scalars.items()),
            *(fields or []),
        ]
        return self.raw(urlencode(pairs))

    def call(self, action: str, fields: Fields | None = None, **scalars: object) -> dict[str, Any]:
        """Return the JSON object that a call is answered with."""
        answer: dict[str, Any] = self.post(action, fields, **scalars).json()
        return answer


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Serve a shop of its own for one test."""
    served = Wire()
    ready: Future[asyncio.AbstractEventLoop] = Future()
    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(served, ready, stop)))
    thread.start()
    loop = ready.result(10)
    yield served
    served.http.close()
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)


async def _serve(served: Wire, ready: "Future[asyncio.AbstractEventLoop]", stop: asyncio.Event) -> None:
    app = web.Application()
    app.add_routes(whmcs_routes(served.shop, served.faults, served.calls))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
    ready.set_result(asyncio.get_running_loop())
    await stop.wait()
    await runner.cleanup()


@pytest.fixture
def shop(wire: Wire) -> Shop:
    return wire.shop


@pytest.fixture
def client(shop: Shop) -> Client:
    return shop.add_client("Ann", "O'Neil & Sons")


@pytest.fixture
def product(shop: Shop) -> Product:
    prices = {"monthly": Decimal(5), "semiannually": Decimal(30), "annually": Decimal(60)}
    return shop.add_product(Product(185, 'Data "10" & more', prices=prices))
