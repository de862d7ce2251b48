"""The faults that only a WHMCS has: played inside the effect of a call, some before the action runs and some after.

Source: WHMCS fact sheet 1.3.
"""

from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web

from sandbox.faults import Fault
from sandbox.whmcs.access import authentication_failed, invalid_ip, not_permitted
from sandbox.whmcs.encode import encoded, nvp
from sandbox.whmcs.refusals import AccessRefusal
from sandbox.whmcs.shapes import Answer

Run = Callable[[], web.Response]

_WARNING = "Invalid or Missing Payment Information - Please Reload and Try Again"
_NOTICE_PAGE = (
    "<!DOCTYPE html><html><body><h1>Oops!</h1><p>Something went wrong and we couldn't process your request.</p>"
    "<pre>Laminas\\HttpHandlerRunner\\Exception\\EmitterException: Unable to emit response; output has been emitted "
    "previously in /var/www/whmcs/vendor/laminas/src/Exception/EmitterException.php:24</pre></body></html>"
)


def play(fault: Fault, action: str, peer: str, run: Run) -> web.Response:
    """Answer a call with a fault; `value` 1 of a warning lets the action run all the same.

    Raises: ValueError for a kind that nobody knows: a fault that strikes in silence would prove nothing.
    """
    if fault.kind in _REFUSALS:
        refusal = _REFUSALS[fault.kind](action, peer)
        return encoded({"result": "error", "message": refusal.message}, "json", status=refusal.status)
    if fault.kind == "notice_html_500":
        run()
        return web.Response(status=HTTPStatus.INTERNAL_SERVER_ERROR, text=_NOTICE_PAGE, content_type="text/html")
    if fault.kind == "warning_answer":
        if fault.value:
            run()
        return encoded({"warning": _WARNING}, "json")
    if fault.kind == "nvp_error":
        text = nvp({"result": "error", "message": f"Invalid IP {peer}"})
        return web.Response(status=HTTPStatus.FORBIDDEN, text=text, content_type="text/html")
    return encoded(_clean_error(fault.kind), "json")


_REFUSALS: dict[str, Callable[[str, str], AccessRefusal]] = {
    "ip_denied": lambda _action, peer: invalid_ip(peer),
    "auth_failed": lambda _action, _peer: authentication_failed(),
    "permission_denied": lambda action, _peer: not_permitted(action),
}


def _clean_error(kind: str) -> Answer:
    if kind == "status_error":
        return {"status": "error", "message": "The request could not be completed"}
    if kind == "api_function_not_found":
        return {"result": "error", "message": "API Function Not Found"}
    raise ValueError(f"no fault of WHMCS has the kind {kind!r}")
