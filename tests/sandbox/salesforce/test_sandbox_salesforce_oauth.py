"""The login: a real assertion is let in, and each way to get it wrong is told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import Box


def refusal(box: Box, assertion: str = "", **changes: str) -> tuple[str, str]:
    response = box.log_in(assertion, **changes)
    assert response.status_code == 400
    body = response.json()
    assert set(body) == {"error", "error_description"}
    return body["error"], body["error_description"]


def test_a_login_answers_with_a_session_and_names_the_org(box: Box) -> None:
    body = box.log_in().json()
    assert set(body) == {"access_token", "instance_url", "id", "token_type", "scope"}
    assert body["access_token"].split("!")[0] == box.org.org_id[:15]
    assert body["id"] == f"https://login.salesforce.com/id/{box.org.org_id}/{box.org.user_id}"
    assert (body["instance_url"], body["token_type"]) == (box.url, "Bearer")
    assert len(box.org.org_id) == 18
    assert box.calls.counts()["salesforce.token"] == 2


@pytest.mark.parametrize(
    "audience", ["https://login.salesforce.com", "https://test.salesforce.com", "http://localhost:80"]
)
def test_the_audience_may_be_a_login_host_or_this_machine(box: Box, audience: str) -> None:
    assert box.log_in(box.assertion(aud=audience)).status_code == 200


def test_an_expiry_that_is_a_text_is_taken(box: Box) -> None:
    assert box.log_in(box.assertion(exp=None, prn=None) or "").status_code == 400
    claims = {"iss": box.org.client_id, "sub": box.org.username, "aud": box.url, "exp": str(box.seconds(60))}
    assert box.log_in(jwt.encode(claims, box.private_key_pem, algorithm="RS256")).status_code == 200


@pytest.mark.parametrize(
    ("claims", "error", "description"),
    [
        ({"aud": "https://elsewhere.example.com"}, "invalid_grant", "Audience validation failed"),
        ({"iss": "another-app"}, "invalid_client_id", "client identifier invalid"),
        ({"sub": "nobody@example.com"}, "invalid_grant", "user hasn't approved this consumer"),
        ({"prn": "nobody@example.com"}, "invalid_grant", "user hasn't approved this consumer"),
        ({"exp": 1}, "invalid_grant", "expired authorization code"),
    ],
)
def test_a_wrong_claim_is_told(box: Box, claims: dict[str, Any], error: str, description: str) -> None:
    assert refusal(box, box.assertion(**claims)) == (error, description)


@pytest.mark.parametrize("from_now_s", [-60, 300, 180 * 1000])
def test_an_expiry_beyond_three_minutes_or_past_is_refused(box: Box, from_now_s: int) -> None:
    assert refusal(box, box.assertion(exp=box.seconds(from_now_s))) == ("invalid_grant", "expired authorization code")


def test_milliseconds_are_no_seconds(box: Box) -> None:
    assert refusal(box, box.assertion(exp=box.seconds(60) * 1000))[1] == "expired authorization code"


def test_a_key_that_is_not_the_apps_is_refused(box: Box) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, shape = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(encoding, shape, serialization.NoEncryption()).decode()
    assert refusal(box, box.assertion(key=pem)) == ("invalid_grant", "invalid assertion")


def test_only_rs256_is_taken(box: Box) -> None:
    claims = {"iss": box.org.client_id, "sub": box.org.username, "aud": box.url, "exp": box.seconds(60)}
    assert refusal(box, jwt.encode(claims, box.private_key_pem, algorithm="RS512"))[1] == "invalid assertion"
    assert refusal(box, jwt.encode(claims, "", algorithm="none"))[1] == "invalid assertion"


def test_another_grant_is_not_supported(box: Box) -> None:
    assert refusal(box, grant_type="password")[0] == "unsupported_grant_type"


def test_userinfo_tells_org_and_user(box: Box) -> None:
    url = f"{box.url}/services/oauth2/userinfo"
    body = box.http.get(url, headers={"Authorization": f"Bearer {box.token}"}).json()
    assert (body["organization_id"], body["user_id"]) == (box.org.org_id, box.org.user_id)
    assert body["preferred_username"] == box.org.username
    assert box.http.get(url, headers={"Authorization": "Bearer x"}).status_code == 403


def test_a_session_that_has_ended_gets_a_list_that_says_so(box: Box) -> None:
    box.run(box.org.sessions.end_all)
    response = box.soql("SELECT Id FROM Order")
    assert response.status_code == 401
    assert response.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_sessions_can_end_after_a_number_of_uses(box: Box) -> None:
    box.run(lambda: setattr(box.org.sessions, "uses_per_session", 2))
    box.token = box.log_in().json()["access_token"]
    assert [box.ask("GET", "limits").status_code for _ in range(4)] == [200, 200, 401, 401]


def test_a_second_login_can_return_the_same_session(box: Box) -> None:
    box.run(lambda: setattr(box.org.sessions, "reuse", True))
    assert box.log_in().json()["access_token"] == box.token


def test_the_fault_expired_session_ends_the_session_that_was_used(box: Box) -> None:
    box.fault("salesforce.query", "expired_session", times=1)
    assert [box.soql("SELECT Id FROM Order").status_code for _ in range(2)] == [401, 401]
    box.token = box.log_in().json()["access_token"]
    assert box.soql("SELECT Id FROM Order").status_code == 200


def test_a_fault_can_name_any_error_of_a_login(box: Box) -> None:
    box.fault("salesforce.token", "inactive_user", times=1)
    assert refusal(box)[0] == "inactive_user"
    assert box.log_in().status_code == 200
