"""The REST API without its transport: a session is needed, every call counts, and a fault may stand in the way.

Source: Salesforce fact sheet 4.6, 4.7.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from sandbox.faults import Fault
from sandbox.salesforce.collection_calls import collections
from sandbox.salesforce.composite_calls import composite
from sandbox.salesforce.exchange import Call, Reply, refusal_reply
from sandbox.salesforce.org import Org
from sandbox.salesforce.query_calls import query
from sandbox.salesforce.refusal import Refused, not_found
from sandbox.salesforce.sobject_calls import sobjects
from sandbox.salesforce.troubles import call_trouble, row_trouble


def perform(org: Org, call: Call, fault: Fault | None) -> Reply:
    """Answer one call of a client, refusals included."""
    token = call.headers.get("authorization", "").removeprefix("Bearer ").removeprefix("OAuth ")
    if fault is not None and fault.kind == "expired_session":
        org.sessions.end(token)
    try:
        if not org.sessions.use(token):
            raise _expired()
        reply = _counted(org, call, fault)
    except Refused as refused:
        reply = refusal_reply(refused)
    return replace(reply, headers={**reply.headers, "Sforce-Limit-Info": _usage(org)})


def respond(org: Org, call: Call) -> Reply:
    """Answer one call, on its own or inside a composite one; raise Refused."""
    handler = _HANDLERS.get(call.parts[0])
    if handler is None:
        raise not_found()
    return handler(org, call)


def endpoint_of(parts: tuple[str, ...]) -> str:
    """Return the name under which a call is counted and under which its faults are drawn."""
    if parts[:2] == ("composite", "sobjects"):
        return "salesforce.collections"
    return f"salesforce.{_ENDPOINTS.get(parts[0], 'other')}"


def _counted(org: Org, call: Call, fault: Fault | None) -> Reply:
    trouble = call_trouble(fault)
    if trouble is None and org.enforce_limits and org.api_requests >= org.daily_api_requests:
        trouble = call_trouble(Fault("", "request_limit"))
    if trouble is not None:
        raise trouble
    org.api_requests += 1
    rows = row_trouble(fault)
    if rows is not None and fault is not None:
        call = replace(call, trouble=rows, troubled_rows=int(fault.value) or None)
        if call.method == "GET":
            raise rows
    return respond(org, call)


def _limits(org: Org, _call: Call) -> Reply:
    requests = {"Max": org.daily_api_requests, "Remaining": max(0, org.daily_api_requests - org.api_requests)}
    delivered = {"Max": org.daily_deliveries, "Remaining": max(0, org.daily_deliveries - org.bus.delivered)}
    published = {"Max": 250_000, "Remaining": max(0, 250_000 - org.bus.published)}
    entitlement = {"Max": 0, "Remaining": 0}
    return Reply(
        body={
            "DailyApiRequests": requests,
            "DailyDeliveredPlatformEvents": delivered,
            "HourlyPublishedPlatformEvents": published,
            "MonthlyPlatformEventsUsageEntitlement": entitlement,
        }
    )


def _resources(_org: Org, call: Call) -> Reply:
    return Reply(
        body={name: f"{call.base}/{name}" for name in ("query", "queryAll", "sobjects", "composite", "limits")}
    )


def _composite(org: Org, call: Call) -> Reply:
    return collections(org, call) if call.parts[1:2] == ("sobjects",) else composite(org, call, respond)


def _event_schema(org: Org, call: Call) -> Reply:
    match call.parts:
        case (_, "eventSchema", schema_id) if schema_id in org.bus.schemas:
            return Reply(body=json.loads(org.bus.schemas[schema_id].json_text) | {"uuid": schema_id})
        case _:
            raise not_found()


def _expired() -> Refused:
    return Refused("INVALID_SESSION_ID", "Session expired or invalid", status=HTTPStatus.UNAUTHORIZED)


def _usage(org: Org) -> str:
    return f"api-usage={org.api_requests}/{org.daily_api_requests}"


_HANDLERS: dict[str, Callable[[Org, Call], Reply]] = {
    "": _resources,
    "query": query,
    "queryAll": query,
    "sobjects": sobjects,
    "composite": _composite,
    "limits": _limits,
    "event": _event_schema,
}
_ENDPOINTS = {
    "query": "query",
    "queryAll": "query",
    "sobjects": "sobjects",
    "composite": "composite",
    "limits": "limits",
}
