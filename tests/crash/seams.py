"""The seams at which a process meets the world: its Redis client, and the transports under its HTTP clients."""

import hashlib
from collections.abc import Callable
from functools import cache, partial
from importlib import resources
from typing import Any, NoReturn
from urllib.parse import parse_qs, urlsplit

import httpx
import redis
import requests
from requests.adapters import HTTPAdapter

from clients.salesforce.auth import SalesforceAuth
from clients.salesforce.orders import SalesforceOrders
from clients.whmcs.client import Whmcs
from tests.crash.effects import Effects


class WatchedRedis(redis.Redis):
    """A client whose every command and script is one effect."""

    effects: Effects

    def execute_command(self, *args: Any, **options: Any) -> Any:
        send: Callable[[], Any] = partial(super().execute_command, *args, **options)
        return self.effects.happen(_command_name(args), send)

    def pipeline(self, *_args: Any, **_options: Any) -> NoReturn:
        raise NotImplementedError("A worker sends scripts and single commands; a pipeline would go by uncounted.")


class _WatchedTransport(httpx.BaseTransport):
    def __init__(self, inner: httpx.BaseTransport, effects: Effects) -> None:
        self._inner, self._effects = inner, effects

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._effects.happen(_request_name(request), lambda: self._answered(request))

    def close(self) -> None:
        self._inner.close()

    def _answered(self, request: httpx.Request) -> httpx.Response:
        if self._effects.is_dead:
            # Sent before its process was killed: whether it was still time to send it was asked then.
            request.extensions.pop("trace", None)
        response = self._inner.handle_request(request)
        response.read()
        return response


class _WatchedAdapter(HTTPAdapter):
    effects: Effects

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        # Without the version before it and the id behind it.
        path = "/".join(urlsplit(request.url or "").path.split("/")[4:6])
        name = f"salesforce {request.method} {path}"
        return self.effects.happen(name, lambda: self._answered(request, *args, **options))

    def _answered(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        response = super().send(request, *args, **options)
        # Read to its end, so that the connection is free again whatever becomes of the process.
        _ = response.content
        return response


def watched_redis(client: redis.Redis, effects: Effects) -> WatchedRedis:
    """Return a watched client on the pool of another."""
    watched = WatchedRedis(connection_pool=client.connection_pool)
    watched.effects = effects
    return watched


def watch_http(auth: SalesforceAuth, salesforce: SalesforceOrders, whmcs: Whmcs, effects: Effects) -> None:
    """Put the effects between the HTTP clients and their sockets."""
    for client in (auth._http, whmcs._api._clients.get()):
        client._transport = _WatchedTransport(client._transport, effects)
    adapter = _WatchedAdapter()
    adapter.effects = effects
    salesforce._rest._session.mount("http://", adapter)


def _command_name(args: tuple[Any, ...]) -> str:
    if args[0] == "EVALSHA":
        return f"script {names_by_digest().get(args[1], args[1])}"
    return f"redis {args[0]}"


def _request_name(request: httpx.Request) -> str:
    action = parse_qs(request.content.decode()).get("action")
    return f"whmcs {action[0]}" if action else f"{request.method} {request.url.path}"


@cache
def scripts() -> dict[str, str]:
    """Return our scripts, as they are sent to a store, by their names."""
    folders = [resources.files(package).joinpath("scripts") for package in ("clients.ledger", "actors")]
    texts = {each.name: each.read_text("utf-8") for folder in folders for each in folder.iterdir()}
    return {name: texts["prelude.lua"] + text for name, text in texts.items() if name != "prelude.lua"}


@cache
def names_by_digest() -> dict[str, str]:
    """Return the names of our scripts by that under which a store knows them."""
    return {hashlib.sha1(text.encode()).hexdigest(): name for name, text in scripts().items()}  # noqa: S324 - as Redis
