"""Who may call: the IP list, the credentials, the API role, in this order; three faults, all 403, told by their texts.

Source: WHMCS fact sheet 1.2, 1.3.
"""

import hmac

from sandbox.whmcs.params import Params
from sandbox.whmcs.refusals import AccessRefusal
from sandbox.whmcs.shop import Shop


def ensure_allowed(shop: Shop, params: Params, action: str) -> None:
    """Raise AccessRefusal unless this caller may call this action."""
    if not (_address_listed(shop, params.peer) or _has_access_key(shop, params)):
        raise invalid_ip(params.peer)
    if not _authenticated(shop, params):
        raise authentication_failed()
    if shop.allowed_actions is not None and action not in shop.allowed_actions:
        raise not_permitted(action)


def invalid_ip(peer: str) -> AccessRefusal:
    """Return the refusal of an address that is not on the list."""
    return AccessRefusal(f"Invalid IP {peer}")


def authentication_failed() -> AccessRefusal:
    """Return the refusal of wrong credentials."""
    return AccessRefusal("Authentication Failed")


def not_permitted(action: str) -> AccessRefusal:
    """Return the refusal of an action that no role of the credentials has; it names it in lower case."""
    return AccessRefusal(f'Invalid Permissions: API action "{action.lower()}" is not allowed')


def _address_listed(shop: Shop, peer: str) -> bool:
    return shop.allowed_ips is None or peer in shop.allowed_ips


def _has_access_key(shop: Shop, params: Params) -> bool:
    return bool(shop.access_key) and _same(params.text("accesskey"), shop.access_key)


def _authenticated(shop: Shop, params: Params) -> bool:
    """Tell whether the credentials are right, under their own names or under the old ones."""
    identifier = params.text("identifier") or params.text("username")
    secret = params.text("secret") or params.text("password")
    if not identifier or not secret:
        raise AccessRefusal("Invalid or missing credentials")
    return _same(identifier, shop.identifier) and _same(secret, shop.secret)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())
