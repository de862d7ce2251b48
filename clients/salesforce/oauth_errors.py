"""What a refused login means, and what a person does about it.

The OAuth endpoint answers 400 with `{"error", "error_description"}` for faults of the set-up: logging in again cannot
mend them, so they are `Misconfigured`. No answer, or no OAuth answer, is `Retryable`.
Source: Salesforce fact sheet 3.1.
"""

import re
from http import HTTPStatus

import httpx

from clients.errors import ErrorCode, Misconfigured, Retryable

# Errors that Salesforce itself asks to repeat.
_PASSING = frozenset({"server_error", "temporarily_unavailable", "unknown_error", "rate_limit_exceeded"})
_MAX_DETAIL = 300
_ERROR_NAME = re.compile(r"[a-z_]{1,40}")

# (error, word of its description, remedy); the first that fits is told. An empty word fits every description.
_REMEDIES = (
    ("invalid_grant", "audience", "SF_JWT_AUDIENCE does not fit the org: login for production, test for a sandbox"),
    ("invalid_grant", "expired", "the clock of this machine is wrong: set it"),
    ("invalid_grant", "approved", "pre-authorise the integration user for the app: permission set or profile"),
    ("invalid_grant", "", "SF_USERNAME, SF_PRIVATE_KEY and the certificate of the app must belong together"),
    ("invalid_client_id", "", "SF_CLIENT_ID is not the consumer key of an app of this org"),
    ("invalid_client", "", "SF_CLIENT_ID or the certificate of the app does not fit SF_PRIVATE_KEY"),
    ("invalid_app_access", "", "pre-authorise the integration user for the app: permission set or profile"),
    ("inactive_user", "", "activate the integration user"),
    ("inactive_org", "", "the org is locked, closed or suspended: ask its administrator"),
    ("unsupported_grant_type", "", "switch the JWT bearer flow on in the settings of the app"),
)


def refusal(response: httpx.Response) -> Retryable:
    """Sort an answer other than 200 into a verdict."""
    error, description = _oauth_error(response)
    detail = f"HTTP {response.status_code} {error} {description}".strip()
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or error in _PASSING:
        return no_answer(detail)
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return _slowed_down(response.headers.get("Retry-After", ""), detail)
    if error:
        return misconfigured(error, _remedy(error, description), detail=detail)
    return misconfigured("no OAuth answer", "SF_LOGIN_URL is not the login host of an org", detail=detail)


def no_answer(detail: str) -> Retryable:
    """Return the verdict on a login host that is away."""
    message = "Salesforce did not answer the login; it is tried again"
    return Retryable(ErrorCode.SALESFORCE_UNAVAILABLE, message, detail=detail)


def misconfigured(error: str, remedy: str, *, detail: str = "") -> Misconfigured:
    """Return the verdict on a login that cannot work until a person changes something."""
    message = f"Salesforce refuses our login ({error}): {remedy}"
    return Misconfigured(ErrorCode.SALESFORCE_UNAVAILABLE, message, detail=detail)


def _slowed_down(retry_after: str, detail: str) -> Retryable:
    wait_s = float(retry_after) if retry_after.isdecimal() else None
    message = "Salesforce slows our logins down; they are tried again"
    return Retryable(ErrorCode.SALESFORCE_UNAVAILABLE, message, detail=detail, retry_after_s=wait_s)


def _oauth_error(response: httpx.Response) -> tuple[str, str]:
    """Return error and description, both empty when the answer is none of OAuth's."""
    try:
        body = response.json()
    except ValueError:
        return "", ""
    if not isinstance(body, dict) or not isinstance(body.get("error"), str):
        return "", ""
    name = body["error"] if _ERROR_NAME.fullmatch(body["error"]) else "unnamed error"
    return name, str(body.get("error_description", ""))[:_MAX_DETAIL]


def _remedy(error: str, description: str) -> str:
    for name, word, remedy in _REMEDIES:
        if name == error and word in description.lower():
            return remedy
    return "check the app, its certificate and the integration user in the org"
