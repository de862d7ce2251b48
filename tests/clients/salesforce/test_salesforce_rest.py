"""The REST calls: bounded in time, renewed once, paged to the end, and never redirected or unencrypted."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from clients.errors import ErrorCode, Misconfigured, Permanent, Retryable
from clients.salesforce.rest import SalesforceRest
from clients.salesforce.session import BoundedSession
from clients.salesforce.verdicts import Attempt, on_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from clients.salesforce.auth import SalesforceAuth
    from tests.clients.salesforce.conftest import ScriptedSalesforce

TOKEN_PATH = "/services/oauth2/token"
BASE = "/services/data/v67.0"
QUERY = f"{BASE}/query"
ROW = f"{BASE}/sobjects/Order/801R00000064wdtIAA"
ATTEMPT = Attempt("order 801R00000064wdtIAA")
THREADS = 16


def reply(**parts: Any) -> dict[str, Any]:
    return parts


def page(*records: object, following: str | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"totalSize": 9, "done": following is None, "records": list(records)}
    return reply(body=body if following is None else body | {"nextRecordsUrl": following})


EXPIRED = reply(status=401, body=[{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])


def read(rest: SalesforceRest) -> list[Any]:
    return list(rest.query("SELECT", ATTEMPT))


@pytest.fixture
def make_rest(auth: SalesforceAuth) -> Iterator[Callable[..., SalesforceRest]]:
    made: list[SalesforceRest] = []

    def make(**changes: Any) -> SalesforceRest:
        made.append(SalesforceRest(changes.pop("auth", auth), api_version="67.0", **changes))
        return made[-1]

    yield make
    for rest in made:
        rest.close()


@pytest.fixture
def rest(make_rest: Callable[..., SalesforceRest]) -> SalesforceRest:
    return make_rest()


def test_a_loopback_org_is_reached_over_plain_http(salesforce: ScriptedSalesforce, rest: SalesforceRest) -> None:
    salesforce.script(QUERY, page({"Id": "1"}))
    assert list(rest.query("SELECT Id FROM Order WHERE A = '+ %2B'", ATTEMPT)) == [{"Id": "1"}]
    asked = salesforce.of(QUERY)[0]
    assert asked.params == {"q": "SELECT Id FROM Order WHERE A = '+ %2B'"}
    assert asked.headers["Authorization"] == "Bearer token-1"


def test_numbers_come_as_decimals(salesforce: ScriptedSalesforce, rest: SalesforceRest) -> None:
    salesforce.script(QUERY, reply(body='{"done": true, "records": [{"Quantity": 2.0, "UnitPrice": 0.1}]}'))
    [record] = rest.query("SELECT", ATTEMPT)
    assert record == {"Quantity": Decimal("2.0"), "UnitPrice": Decimal("0.1")}


def test_a_netrc_of_the_machine_does_not_replace_the_token(
    salesforce: ScriptedSalesforce, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session reads the environment for its proxies, and by default takes passwords from there too."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    salesforce.script(QUERY, page())
    with BoundedSession(connect_timeout_s=1, read_timeout_s=1, max_connections=1) as session:
        assert session.trust_env
        session.get(salesforce.url + QUERY, headers={"Authorization": "Bearer token-1"})
    assert salesforce.of(QUERY)[0].headers["Authorization"] == "Bearer token-1"


def test_cookies_are_not_carried_from_call_to_call(salesforce: ScriptedSalesforce, rest: SalesforceRest) -> None:
    salesforce.script(QUERY, page() | {"headers": {"Set-Cookie": "BrowserId=x; path=/"}})
    for _ in range(2):
        read(rest)
    assert all("Cookie" not in asked.headers for asked in salesforce.of(QUERY))


def test_all_pages_are_read(salesforce: ScriptedSalesforce, rest: SalesforceRest) -> None:
    salesforce.script(QUERY, page(1, 2, following=f"{BASE}/query/01gxx-2000"))
    salesforce.script(f"{QUERY}/01gxx-2000", page(3, following=f"{BASE}/query/01gxx-4000"))
    salesforce.script(f"{QUERY}/01gxx-4000", page(4))
    assert read(rest) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "following",
    ["https://evil.example.com/query/1", "@evil.example.com/query/1", "/services/data/v67.0/sobjects", "", None],
)
def test_a_next_page_elsewhere_is_not_followed(
    salesforce: ScriptedSalesforce, rest: SalesforceRest, following: str | None
) -> None:
    body = {"done": False, "records": [1], "nextRecordsUrl": following}
    salesforce.script(QUERY, reply(body=body))
    with pytest.raises(Retryable):
        read(rest)
    assert len(salesforce.asked) == 2


@pytest.mark.parametrize(
    "answer",
    [
        reply(status=200, body="<html>maintenance</html>", content_type="text/html"),
        reply(status=200, body='{"done": true, "records": [{"Id"'),
        reply(status=200, body=["a list"]),
        reply(status=200, body={"done": True}),
        reply(status=200, body=""),
        reply(status=204),
        reply(status=502, body="<html>bad gateway</html>"),
        reply(status=503, body=""),
        reply(status=302, body="", headers={"Location": "/elsewhere"}),
        reply(status=200, body="{}", headers={"Content-Length": "100"}),
    ],
)
def test_an_answer_that_cannot_be_used_is_tried_again(
    salesforce: ScriptedSalesforce, rest: SalesforceRest, answer: dict[str, Any]
) -> None:
    salesforce.script(QUERY, answer)
    with pytest.raises(Retryable) as caught:
        read(rest)
    assert type(caught.value) is Retryable
    assert caught.value.code is ErrorCode.SALESFORCE_UNAVAILABLE
    assert "127.0.0.1" not in caught.value.message
    assert salesforce.count("/elsewhere") == 0


def test_a_redirected_write_is_no_success(salesforce: ScriptedSalesforce, rest: SalesforceRest) -> None:
    """Followed, it would be repeated as a GET, which the row answers with 200."""
    salesforce.script(ROW, reply(status=302, headers={"Location": f"{salesforce.url}/ok"}))
    salesforce.script("/ok", reply(body={"Id": "x"}))
    with pytest.raises(Retryable):
        rest.call("PATCH", "sobjects/Order/801R00000064wdtIAA", ATTEMPT, body={"A": None})
    assert salesforce.count("/ok") == 0


def test_a_write_is_sent_as_json_and_answers_nothing(salesforce: ScriptedSalesforce, rest: SalesforceRest) -> None:
    salesforce.script(ROW, reply(status=204))
    assert rest.call("PATCH", "sobjects/Order/801R00000064wdtIAA", ATTEMPT, body={"A": None, "B": "ü"}) is None
    asked = salesforce.of(ROW)[0]
    assert (asked.method, asked.json()) == ("PATCH", {"A": None, "B": "ü"})


def test_an_error_is_sorted_with_what_was_tried(salesforce: ScriptedSalesforce, rest: SalesforceRest) -> None:
    salesforce.script(ROW, reply(status=404, body=[{"errorCode": "NOT_FOUND", "message": "gone"}]))
    with pytest.raises(Permanent) as caught:
        rest.call("PATCH", "sobjects/Order/801R00000064wdtIAA", on_order("801R00000064wdtIAA"), body={})
    assert caught.value.code is ErrorCode.ORDER_NOT_FOUND


def test_an_expired_session_is_renewed_once_and_the_call_repeated(
    salesforce: ScriptedSalesforce, rest: SalesforceRest
) -> None:
    salesforce.script(QUERY, EXPIRED, page(1))
    assert read(rest) == [1]
    assert [asked.headers["Authorization"] for asked in salesforce.of(QUERY)] == ["Bearer token-1", "Bearer token-2"]


def test_a_session_that_stays_refused_is_not_renewed_endlessly(
    salesforce: ScriptedSalesforce, rest: SalesforceRest
) -> None:
    salesforce.script(QUERY, EXPIRED)
    with pytest.raises(Misconfigured, match="INVALID_SESSION_ID"):
        read(rest)
    assert (salesforce.count(QUERY), salesforce.count(TOKEN_PATH)) == (2, 2)


def test_an_expired_session_with_an_unreadable_body_is_renewed_too(
    salesforce: ScriptedSalesforce, rest: SalesforceRest
) -> None:
    salesforce.script(QUERY, reply(status=401, body="<html>"), page(1))
    assert read(rest) == [1]


def test_an_error_after_the_renewal_is_sorted_as_usual(salesforce: ScriptedSalesforce, rest: SalesforceRest) -> None:
    salesforce.script(QUERY, EXPIRED, reply(status=400, body=[{"errorCode": "QUERY_TIMEOUT"}]))
    with pytest.raises(Retryable, match="QUERY_TIMEOUT"):
        read(rest)


def test_many_threads_with_an_expired_session_share_one_renewal(
    salesforce: ScriptedSalesforce, auth: SalesforceAuth, rest: SalesforceRest
) -> None:
    auth.token()
    salesforce.expired.add("token-1")
    salesforce.script(QUERY, page(1))
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda _: read(rest), range(THREADS)))
    assert answers == [[1]] * THREADS
    assert salesforce.count(TOKEN_PATH) == 2


def test_a_renewed_login_may_name_another_host(salesforce: ScriptedSalesforce, rest: SalesforceRest) -> None:
    """An org that moved is followed: base URLs are built per token, not once."""
    port = salesforce.url.rpartition(":")[2]
    salesforce.script(
        TOKEN_PATH, salesforce.token_reply(), salesforce.token_reply(instance_url=f"http://localhost:{port}")
    )
    salesforce.script(QUERY, EXPIRED, page(1))
    assert read(rest) == [1]
    assert [asked.headers["Host"].split(":")[0] for asked in salesforce.of(QUERY)] == ["127.0.0.1", "localhost"]


def test_a_call_that_hangs_ends_in_time(
    salesforce: ScriptedSalesforce, make_rest: Callable[..., SalesforceRest]
) -> None:
    salesforce.script(ROW, reply(status=204, delay_s=5))
    started = time.monotonic()
    with pytest.raises(Retryable) as caught:
        make_rest(read_timeout_s=0.05).call("PATCH", "sobjects/Order/801R00000064wdtIAA", ATTEMPT, body={})
    assert time.monotonic() - started < 2
    assert "ReadTimeout" in caught.value.detail


def test_a_host_that_is_away_is_tried_again(
    salesforce: ScriptedSalesforce, make_rest: Callable[..., SalesforceRest]
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        salesforce.script(TOKEN_PATH, salesforce.token_reply(instance_url=url))
        with pytest.raises(Retryable) as caught:
            make_rest(connect_timeout_s=0.2).call("GET", "limits", ATTEMPT)
    assert "ConnectionError" in caught.value.detail


def test_an_instance_over_plain_http_elsewhere_never_sees_the_token(
    salesforce: ScriptedSalesforce, rest: SalesforceRest
) -> None:
    salesforce.script(TOKEN_PATH, salesforce.token_reply(instance_url="http://example.com"))
    with pytest.raises(Misconfigured, match="https"):
        rest.call("GET", "limits", ATTEMPT)
