"""Payment: whether a client may buy and has a way to pay, and which gateway AddOrder is told to charge.

A stored pay method is no usable one yet: WHMCS lists expired cards, and a tokenised method needs its own gateway.

Source: WHMCS fact sheet 2.5.
"""

import re
from collections.abc import Sequence
from datetime import date

from actors.rules.texts import fit, letters, quoted
from clients.errors import ErrorCode, NeedsHuman, Permanent
from clients.whmcs.values import ClientDetails, PayMethod

# MM/YY; a four-digit year is read too, as it cannot be misunderstood.
_EXPIRY = re.compile(r"\s*(0?[1-9]|1[0-2])\s*/\s*(?:20)?([0-9]{2})\s*")


def ensure_open(client: ClientDetails) -> None:
    """Raise Permanent(CLIENT_CLOSED) for a closed client: WHMCS takes no orders for it."""
    if letters(client.status) == "closed":
        text = (
            f"WHMCS client {client.id} is closed: reopen it in WHMCS or map the account to another, then request again."
        )
        raise Permanent(ErrorCode.CLIENT_CLOSED, text)


def usable(method: PayMethod, *, today: date) -> bool:
    """Tell whether a pay method can still be charged.

    A card is good to the end of its month. Bank accounts do not expire. A card kept by its gateway may have no
    readable expiry, as the gateway knows it; a card stored in WHMCS itself without one cannot be charged.
    """
    if "bank" in letters(method.type):
        return True
    expires = _expires(method.expiry)
    if expires is None:
        return bool(method.gateway_name.strip()) or letters(method.type).startswith("remote")
    return expires >= (today.year, today.month)


def gateway_of_methods(
    methods: Sequence[PayMethod], *, today: date, active_gateways: Sequence[str], default: str | None
) -> str | None:
    """Return the gateway that the pay methods alone decide on, None where the client's own data has to be looked at.

    It is what `choose_gateway` would choose, whatever the client's own gateway is.
    """
    active = {_key(name): name for name in active_gateways}
    good = [method for method in methods if usable(method, today=today)]
    local = [_key(default)] if any(not _key(method.gateway_name) for method in good) else []
    return next((active[name] for name in [*_named(good), *local] if name in active), None)


def choose_gateway(
    client: ClientDetails,
    methods: Sequence[PayMethod],
    *,
    today: date,
    active_gateways: Sequence[str],
    default: str | None,
    no_pay_method_needed: frozenset[str],
) -> str:
    """Return the module name of the gateway for AddOrder.

    The gateway of the first usable method that names an active one; for a method stored in WHMCS itself `default`, or
    else the client's own. Without any such method: the client's own or `default`, if it needs none.
    Raises: Permanent(PAYMENT_METHOD_MISSING) when the client has to act, NeedsHuman(PAYMENT_METHOD_MISSING) when an
            operator has to, as no active gateway fits.
    """
    active = {_key(name): name for name in active_gateways}
    good = [method for method in methods if usable(method, today=today)]
    settled = [*_for_local(good, client, default), *_offline(client, default, no_pay_method_needed)]
    wanted = [*_named(good), *settled]
    chosen = next((active[name] for name in wanted if name in active), None)
    if chosen is not None:
        return chosen
    if not wanted:
        raise _no_method(client, methods)
    raise _no_gateway(client, wanted, "set WHMCS_PAYMENT_METHOD to an active one" if settled else "add a pay method")


def _named(methods: Sequence[PayMethod]) -> list[str]:
    return [_key(method.gateway_name) for method in methods if _key(method.gateway_name)]


def _for_local(methods: Sequence[PayMethod], client: ClientDetails, default: str | None) -> list[str]:
    """Return the gateway for a method kept in WHMCS itself: none without such a method, "" when nothing names one."""
    is_needed = any(not _key(method.gateway_name) for method in methods)
    return [_key(default) or _key(client.default_gateway)] if is_needed else []


def _offline(client: ClientDetails, default: str | None, no_pay_method_needed: frozenset[str]) -> list[str]:
    free = {_key(name) for name in no_pay_method_needed}
    return [name for name in (_key(client.default_gateway), _key(default)) if name and name in free]


def _key(name: str | None) -> str:
    return (name or "").strip().lower()


def _expires(text: str) -> tuple[int, int] | None:
    found = _EXPIRY.fullmatch(text)
    return (2000 + int(found[2]), int(found[1])) if found else None


def _no_method(client: ClientDetails, methods: Sequence[PayMethod]) -> Permanent:
    found = f"only pay methods that have expired or cannot be charged ({len(methods)})" if methods else "no pay method"
    text = f"WHMCS client {client.id} has {found}: add a valid one to the client in WHMCS, then request again."
    return Permanent(ErrorCode.PAYMENT_METHOD_MISSING, text)


def _no_gateway(client: ClientDetails, wanted: Sequence[str], other_remedy: str) -> NeedsHuman:
    names = [quoted(name, 20) for name in dict.fromkeys(wanted) if name]
    found = f"the gateway {' or '.join(names[:2])} is not active in WHMCS" if names else "no gateway is named for it"
    remedy = f"activate it there, or {other_remedy}" if names else other_remedy
    text = f"WHMCS client {client.id} could pay, but {found}: {remedy}, then request again."
    return NeedsHuman(ErrorCode.PAYMENT_METHOD_MISSING, fit(text))
