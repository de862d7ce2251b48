"""Log in to Salesforce by JWT bearer: one token for the whole process.

No password and no refresh token: each login signs a new assertion with the private key of the app's certificate.
Salesforce may hand out the same session again, so a renewed token is not proof of a better one: callers renew once
per call and then give up. Source: Salesforce fact sheet 3.1.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt

from clients.errors import Misconfigured
from clients.salesforce import oauth_errors
from clients.salesforce.flight import SingleFlight
from clients.salesforce.ids import is_record_id, to_18
from clients.salesforce.loopback import is_plain, safe_origin

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Salesforce accepts at most three minutes from now.
_ASSERTION_LIFE_S = 180
# After a refusal that only a person can mend, the next threads are told the same without asking again.
_REFUSAL_HOLDS_S = 5.0
_ORG_PREFIX = "00D"


@dataclass(frozen=True, slots=True)
class Token:
    """A session of the integration user; `org_id` has 18 characters."""

    access_token: str = field(repr=False)
    instance_url: str
    org_id: str


class SalesforceAuth:
    """The login of this process; safe to share between threads."""

    def __init__(
        self,
        *,
        login_url: str,
        audience: str,
        client_id: str,
        username: str,
        private_key_pem: str,
        timeout_s: float = 20,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._token_url = safe_origin(login_url) + urlsplit(login_url).path.rstrip("/") + "/services/oauth2/token"
        self._claims = {"iss": client_id, "sub": username, "aud": audience}
        self._private_key_pem = private_key_pem
        self._clock = clock
        self._wall_clock = wall_clock
        self._http = httpx.Client(timeout=timeout_s, trust_env=not is_plain(login_url))
        self._logins: SingleFlight[str, Token] = SingleFlight()
        self._current: Token | None = None
        self._refused: tuple[float, Misconfigured] | None = None

    def token(self) -> Token:
        """Return the token of this process, logging in if there is none.

        Raises: Retryable (no answer), Misconfigured (refused; a person must mend the set-up).
        """
        return self._newer_than(None)

    def renew(self, stale: Token) -> Token:
        """Return a token made after `stale`, logging in only if nobody else has done so yet.

        Raises: Retryable (no answer), Misconfigured (refused; a person must mend the set-up).
        """
        return self._newer_than(stale)

    def close(self) -> None:
        """Close the connections to the login host."""
        self._http.close()

    def _newer_than(self, stale: Token | None) -> Token:
        current = self._current
        if current is not None and current is not stale:
            return current
        return self._logins.do("login", lambda: self._login_unless_newer(stale))

    def _login_unless_newer(self, stale: Token | None) -> Token:
        """Log in, unless another thread did so between the caller's look and its turn."""
        if self._current is not None and self._current is not stale:
            return self._current
        self._repeat_refusal()
        try:
            self._current = self._login()
        except Misconfigured as refused:
            self._refused = (self._clock() + _REFUSAL_HOLDS_S, refused)
            raise
        return self._current

    def _repeat_refusal(self) -> None:
        if self._refused is not None and self._clock() < self._refused[0]:
            last = self._refused[1]
            raise Misconfigured(last.code, last.message, detail=last.detail)

    def _login(self) -> Token:
        form = {"grant_type": _GRANT, "assertion": self._assertion()}
        try:
            response = self._http.post(self._token_url, data=form)
        except httpx.HTTPError as error:
            raise oauth_errors.no_answer(type(error).__name__) from error
        if response.status_code != HTTPStatus.OK:
            raise oauth_errors.refusal(response)
        return _token(response)

    @cached_property
    def _signing_key(self) -> Any:
        """Read the key once: to check it takes a hundred times as long as to sign with it."""
        return jwt.get_algorithm_by_name("RS256").prepare_key(self._private_key_pem)

    def _assertion(self) -> str:
        claims = self._claims | {"exp": int(self._wall_clock()) + _ASSERTION_LIFE_S}
        try:
            return jwt.encode(claims, self._signing_key, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError) as error:
            remedy = "SF_PRIVATE_KEY is not a readable RSA key"
            raise oauth_errors.misconfigured("no assertion", remedy, detail=type(error).__name__) from error


def _token(response: httpx.Response) -> Token:
    """Read a token answer; a body that is none (a gateway's page) counts as no answer."""
    try:
        body = response.json()
        access_token, instance_url, identity = (str(body[name]) for name in ("access_token", "instance_url", "id"))
    except (ValueError, KeyError, TypeError) as error:
        raise oauth_errors.no_answer(f"unreadable token answer: {type(error).__name__}") from error
    try:
        return Token(access_token, safe_origin(instance_url), _org_id(identity))
    except ValueError as error:
        raise oauth_errors.misconfigured("unusable token answer", str(error), detail=instance_url) from error


def _org_id(identity_url: str) -> str:
    """Return the org's id: the last part but one of the identity URL."""
    candidate = (["", *identity_url.split("/")])[-2]
    if not is_record_id(candidate, _ORG_PREFIX):
        raise ValueError("the login answer names no org")
    return to_18(candidate)
