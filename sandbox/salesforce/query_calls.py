"""Calls that query.

Source: Salesforce fact sheet 4.1.
"""

import re

from sandbox.salesforce.exchange import Call, Reply
from sandbox.salesforce.org import Org
from sandbox.salesforce.refusal import Refused, not_found
from sandbox.salesforce.soql.run import run_query

_BATCH_SIZE = re.compile(r"\bbatchSize\s*=\s*(\d+)", re.IGNORECASE)
_SMALLEST_BATCH, _LARGEST_BATCH = 200, 2000


def query(org: Org, call: Call) -> Reply:
    """Answer a query, or the next page of one."""
    if call.method != "GET":
        raise _method_not_allowed(call)
    match call.parts:
        case ("query" | "queryAll",):
            return _first_page(org, call)
        case ("query" | "queryAll", locator):
            return Reply(body=org.cursors.next_page(locator, call.base))
        case _:
            raise not_found()


def _first_page(org: Org, call: Call) -> Reply:
    soql = call.query.get("q")
    if not soql:
        raise Refused("MALFORMED_QUERY", "SOQL statements cannot be empty or null")
    page_size = _page_size(org, call)
    result = run_query(
        org,
        soql,
        base=call.base,
        child_page_size=min(org.child_page_size, page_size),
        include_deleted=call.parts[0] == "queryAll",
    )
    return Reply(body=org.cursors.first_page(result.records, result.total, page_size, call.base))


def _page_size(org: Org, call: Call) -> int:
    """Return the size of a page; what the caller asks for is a hint within bounds, the org's own setting wins."""
    asked = _BATCH_SIZE.search(call.headers.get("sforce-query-options", ""))
    if asked is None:
        return org.page_size
    return min(org.page_size, max(_SMALLEST_BATCH, min(_LARGEST_BATCH, int(asked[1]))))


def _method_not_allowed(call: Call) -> Refused:
    return Refused("METHOD_NOT_ALLOWED", f"HTTP Method '{call.method}' not allowed. Allowed are GET", status=405)
