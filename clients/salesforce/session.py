"""The HTTP session under simple-salesforce, which by itself has no time-outs and a pool of ten."""

from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter


class BoundedSession(requests.Session):
    """A session whose every request ends in time, shared by as many threads as it has connections.

    Redirects are not followed: after one, requests would turn a PATCH into a GET and call it a success.
    Cookies are not kept: each request stands for itself, whichever thread sends it.
    """

    def __init__(self, *, connect_timeout_s: float, read_timeout_s: float, max_connections: int) -> None:
        super().__init__()
        self._timeouts_s = (connect_timeout_s, read_timeout_s)
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # With an `auth` of its own, requests does not replace our token by what a .netrc of the machine says.
        self.auth = _as_it_is
        for scheme in ("https://", "http://"):
            self.mount(scheme, HTTPAdapter(pool_connections=2, pool_maxsize=max_connections))

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request with this session's time-outs, unless the caller sets its own."""
        kwargs.setdefault("timeout", self._timeouts_s)
        kwargs.setdefault("allow_redirects", False)
        return super().request(method, url, *args, **kwargs)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
