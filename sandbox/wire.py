"""One HTTP call: count it, draw a fault, play it around the effect.

The effect does the work and makes the answer. Where a fault stands relative to it is the whole point: "before" means
that nothing happened, "after" that it did and nobody was told.
"""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.calls import Calls
from sandbox.faults import Fault, Faults

Effect = Callable[[Fault | None], web.Response]
_Play = Callable[[web.Request, Fault, Effect], Awaitable[web.StreamResponse]]

_MS = 1000
_HTML = "text/html"
_MAINTENANCE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>"


async def answer(
    request: web.Request, endpoint: str, effect: Effect, *, faults: Faults, calls: Calls
) -> web.StreamResponse:
    """Answer one call, with at most one fault; a kind that is not generic is handed to the effect."""
    calls.count(endpoint)
    fault = faults.draw(endpoint)
    if fault is None:
        return effect(None)
    play = GENERIC_KINDS.get(fault.kind)
    return await play(request, fault, effect) if play else effect(fault)


async def _latency(_request: web.Request, fault: Fault, effect: Effect) -> web.StreamResponse:
    await asyncio.sleep(fault.value / _MS)
    return effect(None)


async def _http_500(_request: web.Request, _fault: Fault, _effect: Effect) -> web.StreamResponse:
    return web.Response(status=500, text=_page("Internal Server Error", "Please try again."), content_type=_HTML)


async def _http_503(_request: web.Request, _fault: Fault, _effect: Effect) -> web.StreamResponse:
    return web.Response(status=503, text="Service Unavailable", content_type="text/plain")


async def _html_page(_request: web.Request, _fault: Fault, _effect: Effect) -> web.StreamResponse:
    return web.Response(text=_page("Just a moment...", "Checking your browser."), content_type=_HTML)


async def _bad_gateway(_request: web.Request, _fault: Fault, _effect: Effect) -> web.StreamResponse:
    return web.Response(status=502, text=_page("502 Bad Gateway", "The proxy got no answer."), content_type=_HTML)


async def _throttle(_request: web.Request, fault: Fault, _effect: Effect) -> web.StreamResponse:
    headers = {"Retry-After": f"{fault.value:g}"}
    return web.Response(status=429, text="Too Many Requests", content_type="text/plain", headers=headers)


async def _reset_before(request: web.Request, _fault: Fault, _effect: Effect) -> web.StreamResponse:
    return _aborted(request)


async def _drop_after_effect(request: web.Request, _fault: Fault, effect: Effect) -> web.StreamResponse:
    effect(None)
    return _aborted(request)


async def _late_effect(request: web.Request, fault: Fault, effect: Effect) -> web.StreamResponse:
    """Hang up at once and do the work later: PHP goes on after its caller has gone."""
    asyncio.get_running_loop().call_later(fault.value / _MS, effect, None)
    return _aborted(request)


async def _slow_after_effect(_request: web.Request, fault: Fault, effect: Effect) -> web.StreamResponse:
    response = effect(None)
    await asyncio.sleep(fault.value / _MS)
    return response


async def _truncated_json(_request: web.Request, _fault: Fault, effect: Effect) -> web.StreamResponse:
    """Send half the body as if it were the whole, as a proxy with a full disk does: the client sees broken JSON."""
    response = effect(None)
    body = _bytes(response)
    cut = web.Response(status=response.status, body=body[: len(body) // 2], content_type=response.content_type)
    cut.force_close()
    return cut


async def _cut_body(request: web.Request, _fault: Fault, effect: Effect) -> web.StreamResponse:
    """Promise the whole body, send half and abort: the client sees a connection that ends too early."""
    response = effect(None)
    body = _bytes(response)
    cut = web.StreamResponse(status=response.status)
    cut.content_type, cut.content_length = response.content_type, len(body)
    await cut.prepare(request)
    await cut.write(body[: len(body) // 2])
    return _aborted(request, linger=True)


GENERIC_KINDS: dict[str, _Play] = {
    "latency": _latency,
    "http_500": _http_500,
    "http_503": _http_503,
    "html_page": _html_page,
    "bad_gateway": _bad_gateway,
    "throttle": _throttle,
    "reset_before": _reset_before,
    "drop_after_effect": _drop_after_effect,
    "late_effect": _late_effect,
    "slow_after_effect": _slow_after_effect,
    "truncated_json": _truncated_json,
    "cut_body": _cut_body,
}


def _page(title: str, text: str) -> str:
    return _MAINTENANCE.format(title, text)


def _bytes(response: web.Response) -> bytes:
    return response.body if isinstance(response.body, bytes) else b""


def _aborted(request: web.Request, *, linger: bool = False) -> web.StreamResponse:
    """Abort the TCP connection; the answer that is returned finds nobody to go to."""
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        if connection is not None and not linger:
            # No lingering: the other side gets a reset, not an orderly end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()
