"""The login: an assertion is verified for real, and a session opened.

Source: Salesforce fact sheet 3.1.
"""

import json
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import jwt

from sandbox.salesforce.exchange import Reply
from sandbox.salesforce.org import Org

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Salesforce documents three minutes; clocks differ by some seconds.
_LONGEST_LIFE_S, _TOLERANCE_S = 180, 30
# The login URL of a client on this machine, whatever it calls the machine.
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# What a fault may name: every error of a login that the org can answer with.
OAUTH_ERRORS = {
    "invalid_grant": "user hasn't approved this consumer",
    "invalid_client_id": "client identifier invalid",
    "invalid_client": "invalid client credentials",
    "invalid_app_access": "user is not admin approved to access this app",
    "inactive_user": "user is inactive",
    "inactive_org": "organization is inactive",
    "unsupported_grant_type": "grant type not supported",
}


class LoginRefused(Exception):  # noqa: N818 - named for what the caller is told
    """A login that is refused; OAuth's errors are an object, not a list."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.reply = Reply(HTTPStatus.BAD_REQUEST, {"error": error, "error_description": description})


def log_in(org: Org, form: Mapping[str, str], instance_url: str) -> Reply:
    """Answer a request for a token."""
    try:
        _verify(org, form)
    except LoginRefused as refused:
        return refused.reply
    return Reply(body=_token(org, instance_url))


def user_info(org: Org, token: str, instance_url: str) -> Reply:
    """Answer who a session belongs to."""
    if not org.sessions.use(token):
        return Reply(HTTPStatus.FORBIDDEN, "Bad_OAuth_Token")
    identity = f"{instance_url}/id/{org.org_id}/{org.user_id}"
    user = {"user_id": org.user_id, "organization_id": org.org_id, "preferred_username": org.username}
    return Reply(body={"sub": identity, "name": "Integration User", "active": True, "user_type": "STANDARD"} | user)


def _verify(org: Org, form: Mapping[str, str]) -> None:
    if form.get("grant_type") != _GRANT:
        raise LoginRefused("unsupported_grant_type", OAUTH_ERRORS["unsupported_grant_type"])
    claims = _claims(org, form.get("assertion", ""))
    if not secrets.compare_digest(str(claims.get("iss", "")).encode(), org.client_id.encode()):
        raise LoginRefused("invalid_client_id", OAUTH_ERRORS["invalid_client_id"])
    audience = str(claims.get("aud", "")).rstrip("/")
    if audience not in org.audiences and urlsplit(audience).hostname not in _LOOPBACK:
        raise LoginRefused("invalid_grant", "Audience validation failed")
    _ensure_timely(org, claims.get("exp"))
    # An old name of the claim wins over the present one.
    if claims.get("prn", claims.get("sub")) != org.username:
        raise LoginRefused("invalid_grant", OAUTH_ERRORS["invalid_grant"])


def _claims(org: Org, assertion: str) -> dict[str, Any]:
    """Return the claims of an assertion that the app's key has signed.

    The times are checked by us: Salesforce takes a text where PyJWT wants a number, and bounds the future, too.
    """
    if not assertion:
        raise LoginRefused("invalid_grant", "assertion is missing")
    unchecked = {"verify_aud": False, "verify_exp": False, "verify_sub": False, "verify_iss": False}
    try:
        return jwt.decode(assertion, org.public_key_pem, algorithms=["RS256"], options=unchecked)  # type: ignore[arg-type]
    except (jwt.PyJWTError, ValueError, json.JSONDecodeError) as error:
        raise LoginRefused("invalid_grant", "invalid assertion") from error


def _ensure_timely(org: Org, expiry: object) -> None:
    now = org.now().timestamp()
    try:
        expires_at = float(str(expiry))
    except ValueError as error:
        raise LoginRefused("invalid_grant", "invalid assertion") from error
    if not now - _TOLERANCE_S < expires_at <= now + _LONGEST_LIFE_S + _TOLERANCE_S:
        raise LoginRefused("invalid_grant", "expired authorization code")


def _token(org: Org, instance_url: str) -> dict[str, str]:
    return {
        "access_token": org.sessions.open(),
        "scope": "api",
        "instance_url": instance_url,
        "id": f"https://login.salesforce.com/id/{org.org_id}/{org.user_id}",
        "token_type": "Bearer",
    }
