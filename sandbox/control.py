"""The control API: the sandbox for other processes, over HTTP.

GET    /sandbox/health            is it up
GET    /sandbox/env               the environment variables that reach it
GET    /sandbox/kinds             the kinds of orders, each with a sentence
POST   /sandbox/orders            {"count": 40, "kinds": [...]?} makes orders
GET    /sandbox/orders            every order with its expected end and its present status
POST   /sandbox/publish           {"order_ids": [...], "duplicates": 0?} requests them
                                  {"count": 10, "kinds": [...]?, "duplicates": 0?} makes new ones and requests those
POST   /sandbox/faults            {"endpoint": "whmcs.*", "kind": "latency", "rate"?, "times"?, "value"?}, or a list
GET    /sandbox/faults            the faults in force and how often each struck
DELETE /sandbox/faults            ends them all
GET    /sandbox/calls             calls by endpoint
DELETE /sandbox/calls             counts from nothing
GET    /sandbox/audit             the audit
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from sandbox.calls import Calls
from sandbox.catalogue import KINDS
from sandbox.faults import Fault, Faults
from sandbox.play import Play
from sandbox.samples import PlacedSample

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Reply = Callable[[dict[str, Any]], object]


def control_routes(
    play: Play, faults: Faults, calls: Calls, env: Callable[[], dict[str, str]]
) -> list[web.AbstractRouteDef]:
    """Return the routes of the control API."""
    return [
        web.get("/sandbox/health", _answering(lambda _: {"status": "up"})),
        web.get("/sandbox/env", _answering(lambda _: env())),
        web.get("/sandbox/kinds", _answering(lambda _: {name: kind.text for name, kind in KINDS.items()})),
        *_order_routes(play),
        *_fault_routes(faults),
        *_call_routes(calls),
    ]


def _call_routes(calls: Calls) -> list[web.AbstractRouteDef]:
    def reset(_: object) -> object:
        calls.reset()
        return calls.counts()

    return [
        web.get("/sandbox/calls", _answering(lambda _: calls.counts())),
        web.delete("/sandbox/calls", _answering(reset)),
    ]


def _order_routes(play: Play) -> list[web.AbstractRouteDef]:
    def make(body: dict[str, Any]) -> object:
        return _shown(play, play.make_orders(int(body.get("count", 1)), kinds=body.get("kinds")))

    def publish(body: dict[str, Any]) -> object:
        new = {} if "order_ids" in body else {"order_ids": _new_order_ids(play, body)}
        order_ids = (body | new)["order_ids"]
        play.publish(order_ids, duplicates=int(body.get("duplicates", 0)))
        return {"published": len(order_ids)} | new

    return [
        web.post("/sandbox/orders", _answering(make)),
        web.get("/sandbox/orders", _answering(lambda _: _shown(play, play.samples()))),
        web.post("/sandbox/publish", _answering(publish)),
        web.get("/sandbox/audit", _answering(lambda _: play.audit().as_json())),
    ]


def _fault_routes(faults: Faults) -> list[web.AbstractRouteDef]:
    def shown(_: object = None) -> object:
        return {"faults": [asdict(fault) for fault in faults.active()], "played": faults.played()}

    def add(body: dict[str, Any]) -> object:
        for each in body.get("faults", [body]):
            faults.add(Fault(**each))
        return shown()

    def clear(_: object) -> object:
        faults.clear()
        return shown()

    return [
        web.post("/sandbox/faults", _answering(add)),
        web.get("/sandbox/faults", _answering(shown)),
        web.delete("/sandbox/faults", _answering(clear)),
    ]


def _new_order_ids(play: Play, body: dict[str, Any]) -> list[str]:
    return [sample.order_id for sample in play.make_orders(int(body["count"]), kinds=body.get("kinds"))]


def _shown(play: Play, samples: list[PlacedSample]) -> object:
    return {"orders": [sample.as_json() | {"status": play.status(sample)} for sample in samples]}


def _answering(reply: Reply) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            answer = reply(_as_object(await request.text()))
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
        return web.json_response(answer, dumps=_as_line)

    return handle


def _as_line(answer: object) -> str:
    """Return the answer with an end of line: people read it on a terminal."""
    return json.dumps(answer) + "\n"


def _as_object(text: str) -> dict[str, Any]:
    """Return the body as an object; a list stands for the faults of a request that can name several."""
    body = json.loads(text or "{}")
    return body if isinstance(body, dict) else {"faults": body}
