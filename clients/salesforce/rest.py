"""The REST API, through simple-salesforce on our own token.

simple-salesforce logs in for itself only at salesforce.com and always builds https URLs, so it is handed a session
and its base URL is mended here, in `_bound`, for a loopback host. What it raises is sorted by `verdicts`.
Source: Salesforce fact sheet 3.3, 4.1, 4.6.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError, SalesforceExpiredSession

from clients.salesforce import verdicts
from clients.salesforce.auth import SalesforceAuth, Token
from clients.salesforce.loopback import is_plain, safe_origin
from clients.salesforce.session import BoundedSession
from clients.salesforce.verdicts import Attempt

# Only the path behind the version is used: a page's address is never followed to another host.
_NEXT_PAGE = re.compile(r"/services/data/v\d+\.\d+/(query(?:All)?/[\w-]+)")


class SalesforceRest:
    """One call at a time and thread, each with its verdict; renews the token once per call."""

    def __init__(
        self,
        auth: SalesforceAuth,
        *,
        api_version: str,
        max_connections: int = 16,
        connect_timeout_s: float = 5,
        read_timeout_s: float = 30,
    ) -> None:
        self._auth = auth
        self._api_version = api_version
        self._session = BoundedSession(
            connect_timeout_s=connect_timeout_s, read_timeout_s=read_timeout_s, max_connections=max_connections
        )
        self._current: tuple[Token, Salesforce] | None = None

    def query(self, soql: str, attempt: Attempt) -> Iterator[dict[str, Any]]:
        """Yield the records of a query, page by page.

        Raises: Retryable, Misconfigured, or what `attempt` says of a missing row.
        """
        return self.records(self.call("GET", "query", attempt, params={"q": soql}), attempt)

    def records(self, page: object, attempt: Attempt) -> Iterator[dict[str, Any]]:
        """Yield the records of a result, following its pages; the children of a record page in the same way."""
        while True:
            records, following = _page(page)
            yield from records
            if following is None:
                return
            page = self.call("GET", following, attempt)

    def call(
        self,
        method: str,
        path: str,
        attempt: Attempt,
        *,
        params: Mapping[str, str] | None = None,
        body: object | None = None,
    ) -> object:
        """Make one call below the versioned base URL and return the parsed answer, None if it has no body.

        Raises: Retryable, Misconfigured, or what `attempt` says of a missing row.
        """
        token = self._auth.token()
        try:
            return self._send(token, method, path, params=params, json=body)
        except SalesforceExpiredSession:
            token = self._auth.renew(token)
        except SalesforceError as error:
            raise verdicts.sort_answer(error.status, error.content, attempt) from error
        try:
            return self._send(token, method, path, params=params, json=body)
        except SalesforceError as error:
            raise verdicts.sort_answer(error.status, error.content, attempt) from error

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _send(self, token: Token, method: str, path: str, **options: Any) -> object:
        try:
            return self._bound(token).restful(path, method=method, **options)
        except requests.RequestException as error:
            raise verdicts.no_answer(type(error).__name__) from error

    def _bound(self, token: Token) -> Salesforce:
        """Return the client for a token; a new one with each token, as a login may name another host."""
        if self._current is not None and self._current[0] is token:
            return self._current[1]
        client = Salesforce(
            session_id=token.access_token,
            instance_url=token.instance_url,
            version=self._api_version,
            session=self._session,
            parse_float=Decimal,
            object_pairs_hook=None,
        )
        client.base_url = f"{safe_origin(token.instance_url)}/services/data/v{self._api_version}/"
        self._session.trust_env = not is_plain(token.instance_url)
        self._current = (token, client)
        return client


def _page(page: object) -> tuple[list[dict[str, Any]], str | None]:
    """Return the records of one page and the path of the next, if there is one."""
    if not isinstance(page, dict) or not isinstance(page.get("records"), list):
        raise verdicts.no_answer("a query answer without records")
    if page.get("done", True):
        return page["records"], None
    following = _NEXT_PAGE.fullmatch(str(page.get("nextRecordsUrl")))
    if following is None:
        raise verdicts.no_answer("an unfinished query answer without a next page")
    return page["records"], following[1]
