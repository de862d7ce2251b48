"""The transport of the WHMCS API: one form post to `includes/api.php`, one place that turns faults into verdicts.

Rules: WHMCS fact sheet 1 and 4. It neither retries nor waits: the queue does, where attempts survive a restart. It
keeps no cookies: PHP locks a session while a request runs, so calls that share one wait for each other, and AddOrder's
errors speak of a cart, which in PHP lives in the session.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar

import httpx

from clients.clock import Clock
from clients.elapsed import elapsed_s
from clients.whmcs import verdicts
from clients.whmcs.answers import Denied, Refused, Success, Unclear, Wire, retry_after_s, sort_answer
from clients.whmcs.encoding import FormValue, form_body, form_pairs
from clients.whmcs.fields import Fields, MalformedError
from clients.whmcs.per_thread import PerThread
from clients.whmcs.redact import Redactor

T = TypeVar("T")

# Under the 5 s after which Apache and LiteSpeed close an idle connection: a write on a connection that is just being
# closed ends as OutcomeUnknown and costs its order a look-up.
_IDLE_CONNECTION_S = 4.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# These are raised before the first byte of the request leaves; every other fault may come after.
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds. The long ones are for actions inside which WHMCS calls other servers."""

    connect_s: float = 5.0
    pool_s: float = 10.0
    write_s: float = 10.0
    read_s: float = 30.0
    add_order_s: float = 60.0
    accept_order_s: float = 120.0
    module_create_s: float = 120.0

    def of(self, action: str) -> httpx.Timeout:
        """Return the limits of one action."""
        longer = {
            "AddOrder": self.add_order_s,
            "AcceptOrder": self.accept_order_s,
            "ModuleCreate": self.module_create_s,
        }
        read_s = longer.get(action, self.read_s)
        return httpx.Timeout(connect=self.connect_s, read=read_s, write=self.write_s, pool=self.pool_s)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What every request carries; `repr` shows none of it."""

    identifier: str = field(repr=False)
    secret: str = field(repr=False)
    access_key: str | None = field(default=None, repr=False)

    def fields(self) -> dict[str, FormValue]:
        """Return the fields of a request that prove who we are."""
        return {"identifier": self.identifier, "secret": self.secret, "accesskey": self.access_key or None}


class Api:
    """One WHMCS installation; shared by threads, closed at shutdown."""

    def __init__(
        self,
        *,
        url: str,
        credentials: Credentials,
        timeouts: Timeouts,
        clock: Clock,
    ) -> None:
        self._url = httpx.URL(url)
        self._credentials = credentials
        self._timeouts = timeouts
        self._clock = clock
        self.redact = Redactor((credentials.secret, credentials.identifier, credentials.access_key))
        self._clients = PerThread(lambda: _http_client(self._url, self._tls))
        self._tls = httpx.create_ssl_context() if self._url.scheme == "https" else None

    def close(self) -> None:
        """Close all connections."""
        self._clients.close()

    def call(
        self,
        action: str,
        params: Mapping[str, FormValue],
        *,
        writes: bool,
        read: Callable[[Fields], T],
        on_error: Callable[[str], T | None] = lambda _text: None,
        send_before_s: float | None = None,
    ) -> T:
        """Run an action and read its answer; `on_error` makes a value of the clean errors that are answers, or None.

        Units:  `send_before_s` is a moment of `clients.elapsed`: later than that nothing is sent (Retryable).

        Raises: every verdict: Retryable, OutcomeUnknown (writes only), Misconfigured, Permanent, NeedsHuman.
        """
        answer = self._ask(action, params, writes=writes, send_before_s=send_before_s)
        if isinstance(answer, Refused):
            value = on_error(answer.text)
            if value is None:
                raise verdicts.refused(action, answer, self.redact)
            return value
        try:
            return read(answer.fields)
        except MalformedError as error:
            raise verdicts.unclear(action, Unclear(f"success, but {error}"), writes=writes) from error

    def _ask(
        self, action: str, params: Mapping[str, FormValue], *, writes: bool, send_before_s: float | None
    ) -> Success | Refused:
        answer = sort_answer(self._post(action, params, writes=writes, send_before_s=send_before_s))
        if isinstance(answer, Unclear):
            raise verdicts.unclear(action, answer, writes=writes)
        if isinstance(answer, Denied):
            raise verdicts.denied(action, answer, self.redact)
        if isinstance(answer, Refused) and writes and not answer.clean:
            raise verdicts.unclear(action, Unclear("an error, but not as JSON"), writes=True)
        if isinstance(answer, Refused) and verdicts.is_access_fault(action, answer):
            raise verdicts.refused(action, answer, self.redact)
        return answer

    def _post(self, action: str, params: Mapping[str, FormValue], *, writes: bool, send_before_s: float | None) -> Wire:
        try:
            response = self._clients.get().post(
                self._url,
                content=self._body(action, params),
                timeout=self._timeouts.of(action),
                extensions={} if send_before_s is None else {"trace": _refuse_after(send_before_s)},
            )
        except TooLateError as error:
            raise verdicts.never_sent("it took too long to get to the point of sending") from error
        except _NEVER_SENT as error:
            make = verdicts.untrusted if _is_certificate_fault(error) else verdicts.never_sent
            raise make(self._reason(error)) from error
        except httpx.RequestError as error:
            raise verdicts.unclear(action, Unclear(self._reason(error)), writes=writes) from error
        return Wire(
            status=response.status_code,
            body=response.content,
            content_type=response.headers.get("Content-Type", "").partition(";")[0],
            retry_after_s=retry_after_s(response.headers.get("Retry-After"), now=self._clock.now()),
        )

    def _body(self, action: str, params: Mapping[str, FormValue]) -> bytes:
        fixed: dict[str, FormValue] = {"action": action, "responsetype": "json"}
        return form_body(form_pairs(fixed | self._credentials.fields() | dict(params)))

    def _reason(self, error: Exception) -> str:
        return self.redact.detail(f"{type(error).__name__}: {error}")


class TooLateError(Exception):
    """The moment until which a request might be sent has passed."""


def _refuse_after(send_before_s: float) -> Callable[[str, dict[str, Any]], None]:
    """Return a trace hook that stops a request just before its first byte when the moment has passed."""

    def look(event: str, _info: dict[str, Any]) -> None:
        if event.endswith("send_request_headers.started") and elapsed_s() > send_before_s:
            raise TooLateError

    return look


def _http_client(url: httpx.URL, tls: ssl.SSLContext | None) -> httpx.Client:
    """Return a client for one thread: one that threads share may close a connection that another has just taken.

    (Seen under load: "Bad file descriptor" in the middle of a call, which for a write means doubt.)
    """
    return httpx.Client(
        limits=httpx.Limits(max_connections=1, keepalive_expiry=_IDLE_CONNECTION_S),
        verify=True if tls is None else tls,
        follow_redirects=False,
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        # A proxy with a fixed address is how a host without one passes WHMCS's IP list; it cannot see our loopback.
        trust_env=url.host not in _LOOPBACK,
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "User-Agent": "salesforce-whmcs-provisioning",
        },
    )


def _is_certificate_fault(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
