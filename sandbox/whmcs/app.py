"""The one address of WHMCS over HTTP."""

from aiohttp import web

from sandbox.calls import Calls
from sandbox.faults import Faults
from sandbox.whmcs import api
from sandbox.whmcs.params import Params
from sandbox.whmcs.php import parse_form
from sandbox.whmcs.shop import Shop
from sandbox.wire import answer

# An installation may live under a sub-path, so this one does.
PATH = "/whmcs/includes/api.php"
_FORM = "application/x-www-form-urlencoded"


def whmcs_routes(shop: Shop, faults: Faults, calls: Calls) -> list[web.AbstractRouteDef]:
    """Return the route of api.php."""

    async def handle(request: web.Request) -> web.StreamResponse:
        # Anything but a form leaves $_POST empty, as with JSON: WHMCS then sees no action.
        body = await request.read() if request.content_type == _FORM else b""
        params = Params(parse_form(body), request.remote or "")
        action = api.action_of(params)
        return await answer(
            request,
            f"whmcs.{action}",
            lambda fault: api.perform(shop, action, params, fault),
            faults=faults,
            calls=calls,
        )

    return [web.post(PATH, handle)]
