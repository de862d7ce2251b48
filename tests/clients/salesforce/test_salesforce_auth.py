"""The login: one token per process, renewed once per need, and a refusal that says what to mend."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from clients.errors import ErrorCode, Misconfigured, Retryable
from clients.salesforce.auth import SalesforceAuth, Token

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.clients.salesforce.conftest import ScriptedSalesforce

THREADS = 32
ORG_ID = "00D58000000arpqEAA"
TOKEN_PATH = "/services/oauth2/token"


def reply(**parts: Any) -> dict[str, Any]:
    return parts


HTML = reply(body="<html>maintenance</html>", content_type="text/html")


def refused(error: str, description: str = "") -> dict[str, Any]:
    return reply(status=400, body={"error": error, "error_description": description})


def test_a_login_yields_token_instance_and_org(salesforce: ScriptedSalesforce, auth: SalesforceAuth) -> None:
    assert auth.token() == Token("token-1", salesforce.url, ORG_ID)


def test_a_token_does_not_show_itself(auth: SalesforceAuth) -> None:
    assert "token-1" not in repr(auth.token())


def test_the_assertion_is_what_salesforce_wants(salesforce: ScriptedSalesforce, auth: SalesforceAuth, pem: str) -> None:
    """RS256, whole seconds, at most three minutes from now, and nothing else in it."""
    auth.token()
    form = parse_qs(salesforce.of(TOKEN_PATH)[0].body.decode())
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    public = serialization.load_pem_private_key(pem.encode(), None).public_key()
    claims = jwt.decode(form["assertion"][0], public, algorithms=["RS256"], audience="https://login.salesforce.com")  # type: ignore[arg-type]
    assert isinstance(claims["exp"], int)
    assert 170 <= claims.pop("exp") - time.time() <= 180
    assert claims == {"iss": "consumer-key", "sub": "integration@example.com", "aud": "https://login.salesforce.com"}


def test_the_token_is_made_once_however_many_threads_ask(
    salesforce: ScriptedSalesforce, make_auth: Callable[..., SalesforceAuth]
) -> None:
    salesforce.script(TOKEN_PATH, reply(body=salesforce.token_reply()["body"], delay_s=0.05))
    auth = make_auth()
    with ThreadPoolExecutor(THREADS) as pool:
        tokens = list(pool.map(lambda _: auth.token(), range(THREADS)))
    assert salesforce.count(TOKEN_PATH) == 1
    assert len({id(token) for token in tokens}) == 1


def test_a_stale_token_is_renewed_once_however_many_threads_met_it(
    salesforce: ScriptedSalesforce, auth: SalesforceAuth
) -> None:
    stale = auth.token()
    with ThreadPoolExecutor(THREADS) as pool:
        tokens = set(pool.map(lambda _: auth.renew(stale), range(THREADS)))
    assert {token.access_token for token in tokens} == {"token-2"}
    assert salesforce.count(TOKEN_PATH) == 2


def test_who_comes_late_with_an_old_token_gets_the_current_one(
    salesforce: ScriptedSalesforce, auth: SalesforceAuth
) -> None:
    old = auth.token()
    current = auth.renew(old)
    assert auth.renew(old) is current
    assert auth.token() is current
    assert salesforce.count(TOKEN_PATH) == 2


def test_a_login_that_landed_between_the_look_and_the_turn_is_used(
    salesforce: ScriptedSalesforce, auth: SalesforceAuth
) -> None:
    stale = auth.token()
    current = auth.renew(stale)
    assert auth._login_unless_newer(stale) is current
    assert salesforce.count(TOKEN_PATH) == 2


def test_a_renewal_may_bring_the_same_session_again(salesforce: ScriptedSalesforce, auth: SalesforceAuth) -> None:
    """Each renewal of the current token asks once, whether the session text changes or not."""
    salesforce.script(TOKEN_PATH, salesforce.token_reply())
    first = auth.token()
    second = auth.renew(first)
    assert second.access_token == first.access_token
    auth.renew(second)
    assert salesforce.count(TOKEN_PATH) == 3


@pytest.mark.parametrize(
    ("error", "description", "remedy"),
    [
        ("invalid_grant", "Audience validation failed", "SF_JWT_AUDIENCE"),
        ("invalid_grant", "expired authorization code", "clock"),
        ("invalid_grant", "user hasn't approved this consumer", "pre-authorise"),
        ("invalid_grant", "invalid assertion", "SF_PRIVATE_KEY"),
        ("invalid_client_id", "client identifier invalid", "SF_CLIENT_ID"),
        ("invalid_client", "invalid client credentials", "SF_CLIENT_ID"),
        ("invalid_app_access", "user is not admin approved to access this app", "pre-authorise"),
        ("inactive_user", "user is inactive", "activate"),
        ("inactive_org", "organization is inactive", "org"),
        ("unsupported_grant_type", "grant type not supported", "JWT bearer"),
        ("something_new", "no idea", "check the app"),
    ],
)
def test_a_refused_login_names_the_error_and_the_remedy(
    salesforce: ScriptedSalesforce, auth: SalesforceAuth, error: str, description: str, remedy: str
) -> None:
    salesforce.script(TOKEN_PATH, refused(error, description))
    with pytest.raises(Misconfigured) as caught:
        auth.token()
    assert caught.value.code is ErrorCode.SALESFORCE_UNAVAILABLE
    assert error in caught.value.message
    assert remedy in caught.value.message
    assert description in caught.value.detail
    for secret in ("consumer-key", "integration@example.com", "127.0.0.1", "PRIVATE KEY"):
        assert secret not in caught.value.message + caught.value.detail


def test_an_error_that_is_no_name_is_not_repeated_to_readers(
    salesforce: ScriptedSalesforce, auth: SalesforceAuth
) -> None:
    salesforce.script(TOKEN_PATH, refused("Bearer 00D!secret at host"))
    with pytest.raises(Misconfigured) as caught:
        auth.token()
    assert "unnamed error" in caught.value.message
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("status", [302, 400, 401, 404])
@pytest.mark.parametrize("body", ["<html>not here</html>", ["no", "object"], {"error": 1}])
def test_a_host_that_speaks_no_oauth_is_a_wrong_login_url(
    salesforce: ScriptedSalesforce, auth: SalesforceAuth, status: int, body: object
) -> None:
    salesforce.script(TOKEN_PATH, reply(status=status, body=body, headers={"Location": f"{salesforce.url}/x"}))
    with pytest.raises(Misconfigured, match="SF_LOGIN_URL"):
        auth.token()
    assert salesforce.count("/x") == 0


@pytest.mark.parametrize(
    "answer",
    [
        reply(status=500, body="oops"),
        reply(status=503, body={"error": "invalid_grant"}),
        refused("unknown_error", "retry your request"),
        refused("server_error"),
        HTML,
        reply(body=["a list"]),
        reply(body={"access_token": "x"}),
        reply(status=200, body='{"access_token": "x", "instance'),
    ],
)
def test_no_answer_of_oauth_is_tried_again(
    salesforce: ScriptedSalesforce, auth: SalesforceAuth, answer: dict[str, Any]
) -> None:
    salesforce.script(TOKEN_PATH, answer)
    for _ in range(2):
        with pytest.raises(Retryable) as caught:
            auth.token()
        assert type(caught.value) is Retryable
        assert caught.value.code is ErrorCode.SALESFORCE_UNAVAILABLE
    assert salesforce.count(TOKEN_PATH) == 2


@pytest.mark.parametrize(("header", "wait_s"), [("7", 7.0), ("soon", None), ("", None)])
def test_a_throttled_login_waits_as_long_as_it_is_told(
    salesforce: ScriptedSalesforce, auth: SalesforceAuth, header: str, wait_s: float | None
) -> None:
    salesforce.script(TOKEN_PATH, reply(status=429, body="slow down", headers={"Retry-After": header}))
    with pytest.raises(Retryable) as caught:
        auth.token()
    assert (type(caught.value), caught.value.retry_after_s) == (Retryable, wait_s)


def test_a_login_that_hangs_ends_in_time(
    salesforce: ScriptedSalesforce, make_auth: Callable[..., SalesforceAuth]
) -> None:
    salesforce.script(TOKEN_PATH, reply(delay_s=5))
    started = time.monotonic()
    with pytest.raises(Retryable, match="did not answer") as caught:
        make_auth(timeout_s=0.05).token()
    assert "ReadTimeout" in caught.value.detail
    assert time.monotonic() - started < 2


def test_a_login_host_that_is_away_is_tried_again(make_auth: Callable[..., SalesforceAuth]) -> None:
    with pytest.raises(Retryable) as caught:
        make_auth(login_url="http://127.0.0.1:1").token()
    assert type(caught.value) is Retryable


def test_a_refused_login_is_not_hammered(
    salesforce: ScriptedSalesforce, make_auth: Callable[..., SalesforceAuth]
) -> None:
    """For five seconds the same refusal is told again without a request; then Salesforce is asked anew."""
    now = [100.0]
    auth = make_auth(clock=lambda: now[0])
    salesforce.script(TOKEN_PATH, refused("inactive_user"), salesforce.token_reply())
    for moment in (100.0, 102.0, 104.9):
        now[0] = moment
        with pytest.raises(Misconfigured, match="inactive_user"):
            auth.token()
    assert salesforce.count(TOKEN_PATH) == 1
    now[0] = 105.0
    assert auth.token().org_id == ORG_ID


def test_a_key_that_is_none_is_a_setting_to_mend(make_auth: Callable[..., SalesforceAuth]) -> None:
    with pytest.raises(Misconfigured, match="SF_PRIVATE_KEY") as caught:
        make_auth(private_key_pem="-----BEGIN NONSENSE-----").token()
    assert "NONSENSE" not in caught.value.message + caught.value.detail


@pytest.mark.parametrize("url", ["http://login.salesforce.com", "http://10.0.0.1", "ftp://127.0.0.1"])
def test_a_login_url_without_encryption_is_refused(make_auth: Callable[..., SalesforceAuth], url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        make_auth(login_url=url)


@pytest.mark.parametrize(
    "changes",
    [
        {"instance_url": "http://evil.example.com"},
        {"id": "https://login.salesforce.com/id/0055J000001D89MQAS/00D58000000arpqEAA"},
        {"id": "nothing"},
        {"id": ""},
    ],
)
def test_a_token_for_no_org_or_an_open_line_is_not_used(
    salesforce: ScriptedSalesforce, auth: SalesforceAuth, changes: dict[str, str]
) -> None:
    salesforce.script(TOKEN_PATH, salesforce.token_reply(**changes))
    with pytest.raises(Misconfigured, match="unusable token answer"):
        auth.token()


def test_an_org_id_of_15_characters_becomes_18(salesforce: ScriptedSalesforce, auth: SalesforceAuth) -> None:
    salesforce.script(TOKEN_PATH, salesforce.token_reply(id="https://x/id/00D58000000arpq/0055J000001D89M"))
    assert auth.token().org_id == ORG_ID


def test_a_login_url_may_have_a_path(salesforce: ScriptedSalesforce, make_auth: Callable[..., SalesforceAuth]) -> None:
    """An Experience Cloud site logs in below its own path."""
    salesforce.script("/site" + TOKEN_PATH, salesforce.token_reply())
    assert make_auth(login_url=f"{salesforce.url}/site/").token().org_id == ORG_ID
