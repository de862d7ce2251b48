"""Salesforce over HTTP.

Source: Salesforce fact sheet 3.1, 4.1, 4.7.
"""

import json
from collections.abc import Callable
from urllib.parse import parse_qsl

from aiohttp import web

from sandbox.calls import Calls
from sandbox.faults import Fault, Faults
from sandbox.salesforce import oauth
from sandbox.salesforce.exchange import Call, Reply
from sandbox.salesforce.org import Org
from sandbox.salesforce.rest import endpoint_of, perform
from sandbox.wire import answer

# Salesforce refuses a longer address, and a longer one together with all headers. The server in front of this has to
# read more than that to be able to say so: give aiohttp's runner this for max_line_size and max_field_size.
_LONGEST_URI = 16_384
LONGEST_LINE = 65_536
_VERSIONS = ("65.0", "66.0", "67.0")


def salesforce_routes(
    org: Org, faults: Faults, calls: Calls, base_url: Callable[[], str]
) -> list[web.AbstractRouteDef]:
    """Return the routes of the login host and of the org's own host, which are one here."""

    async def token(request: web.Request) -> web.StreamResponse:
        form = dict(parse_qsl((await request.read()).decode("utf-8", "replace")))

        def effect(fault: Fault | None) -> web.Response:
            if fault is not None and fault.kind in oauth.OAUTH_ERRORS:
                return _response(oauth.LoginRefused(fault.kind, oauth.OAUTH_ERRORS[fault.kind]).reply)
            return _response(oauth.log_in(org, form, base_url()))

        return await answer(request, "salesforce.token", effect, faults=faults, calls=calls)

    async def userinfo(request: web.Request) -> web.StreamResponse:
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")

        def effect(_fault: Fault | None) -> web.Response:
            return _response(oauth.user_info(org, bearer, base_url()))

        return await answer(request, "salesforce.userinfo", effect, faults=faults, calls=calls)

    async def rest(request: web.Request) -> web.StreamResponse:
        parts = tuple(part for part in request.match_info["path"].split("/") if part) or ("",)
        too_long = _too_long(request)
        call = await _call(request, parts)

        def effect(fault: Fault | None) -> web.Response:
            return too_long or _response(perform(org, call, fault))

        return await answer(request, endpoint_of(parts), effect, faults=faults, calls=calls)

    return [
        web.post("/services/oauth2/token", token),
        web.get("/services/oauth2/userinfo", userinfo, allow_head=False),
        web.get("/services/data", _versions, allow_head=False),
        web.route("*", r"/services/data/v{version:\d+\.\d+}{path:(?:/.*)?}", rest),
    ]


async def _call(request: web.Request, parts: tuple[str, ...]) -> Call:
    return Call(
        method=request.method,
        parts=parts,
        version=request.match_info["version"],
        query=request.query,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.read() if request.body_exists else b"",
    )


async def _versions(_request: web.Request) -> web.Response:
    rows = [{"label": "Sandbox", "url": f"/services/data/v{each}", "version": each} for each in _VERSIONS]
    return web.json_response(rows)


def _too_long(request: web.Request) -> web.Response | None:
    uri = len(request.raw_path)
    if uri > _LONGEST_URI:
        return web.Response(status=414, text="URI Too Long")
    if uri + sum(len(name) + len(value) for name, value in request.raw_headers) > _LONGEST_URI:
        return web.Response(status=431, text="Request Header Fields Too Large")
    return None


def _response(reply: Reply) -> web.Response:
    if reply.body is None:
        return web.Response(status=reply.status, headers=reply.headers)
    if isinstance(reply.body, str):
        return web.Response(status=reply.status, text=reply.body, headers=reply.headers)
    body = json.dumps(reply.body, ensure_ascii=False).encode()
    return web.Response(
        status=reply.status, body=body, content_type="application/json", charset="utf-8", headers=reply.headers
    )
