"""The sandbox: a Salesforce and a WHMCS on loopback, in a thread and an event loop of their own.

Everything that touches the state from another thread is handed to that loop: the state itself needs no locks.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import cache
from types import TracebackType
from typing import Self, TypeVar

import grpc.aio
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.audit import AuditReport
from sandbox.calls import Calls
from sandbox.control import control_routes
from sandbox.faults import Faults
from sandbox.market import DEFAULT_GATEWAY
from sandbox.play import Play
from sandbox.salesforce.app import salesforce_routes
from sandbox.salesforce.org import Org
from sandbox.salesforce.pubsub import start_pubsub
from sandbox.samples import PlacedSample
from sandbox.whmcs.app import PATH as WHMCS_PATH
from sandbox.whmcs.app import whmcs_routes
from sandbox.whmcs.shop import Shop

T = TypeVar("T")

_HOST = "127.0.0.1"
# A machine under load may take its time; one that needs more than this has another problem.
_START_WITHIN_S = 30.0
_STOP_WITHIN_S = 10.0
# Composite calls with hundreds of rows are larger than aiohttp's default of 1 MiB.
_LARGEST_BODY_BYTES = 64 * 1024**2
# Clients keep connections longer than a quiet spell of a test.
_KEEP_ALIVE_S = 75.0


class Sandbox:
    """A Salesforce and a WHMCS in a box. Start and stop it, or use it as a context manager.

    Port 0 takes a free one. `org`, `shop`, `faults` and `calls` are the state: reading single values from another
    thread is safe, and so are the methods of `faults` and `calls`; use `call` for everything that changes the rest.
    """

    def __init__(self, *, seed: int = 1, http_port: int = 0, grpc_port: int = 0) -> None:
        self.seed = seed
        self.faults, self.calls = Faults(seed), Calls()
        self.org, self.shop = Org(seed=seed), Shop(seed)
        self.play = Play(self.org, self.shop, seed=seed)
        self._ports = http_port, grpc_port
        self._private_key_pem, self.org.public_key_pem = key_pair()
        self.org.client_id = "3MVG9sandbox.ConnectedApp.ConsumerKey"
        self.org.username = "provisioning@sandbox.example.com"
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Open both ports and return when they answer."""
        ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="sandbox", daemon=True)
        self._thread.start()
        ready.result(_START_WITHIN_S)

    def stop(self) -> None:
        """Close both ports and end the thread; stopping twice is harmless."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None or self._stopping is None:
            return
        if thread.is_alive():
            loop.call_soon_threadsafe(self._stopping.set)
            thread.join(_STOP_WITHIN_S)
        self._thread = self._loop = None

    @property
    def url(self) -> str:
        """Return the base address of everything that speaks HTTP."""
        return f"http://{_HOST}:{self._ports[0]}"

    @property
    def pubsub_endpoint(self) -> str:
        """Return host and port of the Pub/Sub API."""
        return f"{_HOST}:{self._ports[1]}"

    @property
    def env(self) -> dict[str, str]:
        """Return the environment variables with which a service talks to this sandbox."""
        access = {"WHMCS_ACCESS_KEY": self.shop.access_key} if self.shop.access_key else {}
        return access | {
            "SF_LOGIN_URL": self.url,
            "SF_CLIENT_ID": self.org.client_id,
            "SF_USERNAME": self.org.username,
            "SF_PRIVATE_KEY": self._private_key_pem.replace("\n", "\\n"),
            "SF_PUBSUB_ENDPOINT": self.pubsub_endpoint,
            "SF_PUBSUB_TLS": "false",
            "WHMCS_API_URL": self.url + WHMCS_PATH,
            "WHMCS_API_IDENTIFIER": self.shop.identifier,
            "WHMCS_API_SECRET": self.shop.secret,
            "WHMCS_PAYMENT_METHOD": DEFAULT_GATEWAY,
        }

    def make_orders(self, count: int, *, kinds: Sequence[str] | None = None) -> list[PlacedSample]:
        """Make orders of the catalogue, of these kinds in turn or of all.

        Raises: ValueError for a kind that the catalogue does not have.
        """
        return self.call(lambda: self.play.make_orders(count, kinds=kinds))

    def publish(self, order_ids: Sequence[str], duplicates: int = 0) -> None:
        """Request orders as the flow does, and publish their events; `duplicates` of them come once more."""
        self.call(lambda: self.play.publish(order_ids, duplicates=duplicates))

    def audit(self) -> AuditReport:
        """Compare what both systems hold with what was expected of all published orders."""
        return self.call(self.play.audit)

    def call(self, work: Callable[[], T]) -> T:
        """Run something on the sandbox's own thread, or here when that is not running, and return what it returns."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None or thread is threading.current_thread():
            return work()
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(work())
            except BaseException as error:  # noqa: BLE001 - it belongs to the caller, who gets it
                done.set_exception(error)

        loop.call_soon_threadsafe(run)
        return done.result()

    def _run(self, ready: "Future[None]") -> None:
        asyncio.run(self._serve(ready))

    async def _serve(self, ready: "Future[None]") -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        try:
            runner, pubsub = await self._open()
        except BaseException as error:  # noqa: BLE001 - it belongs to the thread that waits in `start`
            ready.set_exception(error)
            return
        ready.set_result(None)
        await self._stopping.wait()
        await pubsub.stop(grace=None)
        await runner.cleanup()

    async def _open(self) -> tuple[web.AppRunner, grpc.aio.Server]:
        app = web.Application(client_max_size=_LARGEST_BODY_BYTES)
        app.add_routes(whmcs_routes(self.shop, self.faults, self.calls))
        app.add_routes(salesforce_routes(self.org, self.faults, self.calls, lambda: self.url))
        app.add_routes(control_routes(self.play, self.faults, self.calls, lambda: self.env))
        runner = web.AppRunner(app, access_log=None, keepalive_timeout=_KEEP_ALIVE_S, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, _HOST, self._ports[0], backlog=1024)
        await site.start()
        pubsub, grpc_port = await start_pubsub(self.org, self.faults, self.calls, self._ports[1])
        self._ports = runner.addresses[0][1], grpc_port
        return runner, pubsub


@cache
def key_pair() -> tuple[str, str]:
    """Return the private and the public key of the connected app, as PEM: one pair a process, as making it is slow."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), public.decode()
