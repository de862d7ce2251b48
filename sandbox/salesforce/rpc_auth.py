"""Who calls the Pub/Sub API: three headers on every call.

Source: Salesforce fact sheet 1, 2.4.
"""

from collections.abc import Iterable

import grpc

from sandbox.salesforce.ids import canonical
from sandbox.salesforce.org import Org
from sandbox.salesforce.rpc_errors import RpcRefused, auth_error

_HEADERS = ("accesstoken", "instanceurl", "tenantid")


def authenticate(org: Org, metadata: Iterable[tuple[str, str | bytes]]) -> None:
    """Raise RpcRefused unless a session of this org calls."""
    given = dict(metadata)
    missing = [name for name in _HEADERS if not given.get(name)]
    if missing:
        raise _invalid_header(f"{', '.join(missing)} missing or blank")
    if not str(given["instanceurl"]).startswith(("http://", "https://")):
        raise _invalid_header("instanceurl is no URL")
    tenant = canonical(str(given["tenantid"]))
    if tenant is None:
        raise _invalid_header("tenantid is no org id")
    if tenant != org.org_id or not org.sessions.use(str(given["accesstoken"])):
        raise auth_error()


def _invalid_header(text: str) -> RpcRefused:
    return RpcRefused(grpc.StatusCode.UNAUTHENTICATED, "service.auth.headers.invalid", f"Invalid headers: {text}.")
