"""The one table of WHMCS's error texts, and what each means.

Pure. The texts are free, vary in letter case between actions and sometimes carry a tail, so they are matched by prefix,
ignoring case. What no row matches is a business error that only its own text explains.

Source: WHMCS fact sheet 1.3, 2.1, 2.2.
"""

import html
from dataclasses import dataclass

from clients.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class AccessText:
    """A text by which WHMCS refuses the caller, before it looks at what was asked.

    `module_may_say_it`: the module of a server answers in the same words about its own log-in, so inside a clean
    error of AcceptOrder or ModuleCreate the text says nothing about our access.
    """

    prefix: str
    remedy: str
    module_may_say_it: bool = True


_ADDRESS = "WHMCS refuses the network address of this service: add it to the API IP Access Restriction"
_CREDENTIALS = "WHMCS refuses the API credentials: check identifier and secret, and that their admin is active"
_ROLE = "The WHMCS API role of our credentials lacks an action: allow it in the API role"
_VERSION = "This WHMCS does not know an action that is needed: update WHMCS"

ACCESS_TEXTS = (
    AccessText("invalid ip", _ADDRESS),
    AccessText("forbidden ip", _ADDRESS),
    AccessText("authentication failed", _CREDENTIALS),
    AccessText("invalid or missing credentials", _CREDENTIALS),
    AccessText("invalid password provided", _CREDENTIALS),
    AccessText("administrator account disabled", _CREDENTIALS),
    AccessText("access denied", _CREDENTIALS),
    AccessText("empty action request", "WHMCS did not receive our request: check the WHMCS API address"),
    AccessText("invalid permissions", _ROLE, module_may_say_it=False),
    AccessText("api function not found", _VERSION, module_may_say_it=False),
)
UNKNOWN_ACCESS_REMEDY = "WHMCS refuses access: check credentials, API role and API IP Access Restriction"


@dataclass(frozen=True, slots=True)
class OrderText:
    """A text about the order itself: the code and the words for the seller."""

    prefix: str
    code: ErrorCode
    message: str


_NO_CLIENT = "WHMCS has no client with the id of this account: correct the account's WHMCS client id"

ORDER_TEXTS = (
    OrderText("client id not found", ErrorCode.CLIENT_NOT_FOUND, _NO_CLIENT),
    OrderText("client not found", ErrorCode.CLIENT_NOT_FOUND, _NO_CLIENT),
    OrderText(
        "unable to add order when client status is closed",
        ErrorCode.CLIENT_CLOSED,
        "The WHMCS client of this account is closed: reopen it, or map the account to another client",
    ),
)

# Said of a wrong id as of a wrong status: only GetOrders tells which.
_NOT_PENDING = "order id not found or status not pending"
_NO_ORDER = "order id not found"


def access_text(text: str) -> AccessText | None:
    """Return the row of a text that refuses the caller, or None."""
    plain = _plain(text)
    return next((row for row in ACCESS_TEXTS if plain.startswith(row.prefix)), None)


def order_text(text: str) -> OrderText | None:
    """Return the row of a text about the order, or None."""
    plain = _plain(text)
    return next((row for row in ORDER_TEXTS if plain.startswith(row.prefix)), None)


def says_not_pending(text: str) -> bool:
    """Tell whether AcceptOrder found no Pending order of that id."""
    return _plain(text).startswith(_NOT_PENDING)


def says_no_order(text: str) -> bool:
    """Tell whether a look-up found no order of that id."""
    return _plain(text).startswith(_NO_ORDER)


def _plain(text: str) -> str:
    return " ".join(html.unescape(text).split()).casefold()
