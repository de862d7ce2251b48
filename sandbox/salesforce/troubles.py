"""The faults that only a Salesforce has: which of them end a call, and which befall the rows that it writes.

Source: Salesforce fact sheet 4.6, 4.7.
"""

from http import HTTPStatus

from sandbox.faults import Fault
from sandbox.salesforce.refusal import Refused

_FORBIDDEN = HTTPStatus.FORBIDDEN


def call_trouble(fault: Fault | None) -> Refused | None:
    """Return what a fault makes of a whole call."""
    trouble = None if fault is None else _OF_CALLS.get(fault.kind)
    return trouble and Refused(trouble.code, trouble.message, status=trouble.status)


def row_trouble(fault: Fault | None) -> Refused | None:
    """Return what a fault makes of each row that a call writes, or of the first `value` of them."""
    trouble = None if fault is None else _OF_ROWS.get(fault.kind)
    return trouble and Refused(trouble.code, trouble.message, status=trouble.status, fields=trouble.fields)


_OF_CALLS = {
    "request_limit": Refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=_FORBIDDEN),
    "concurrent_limit": Refused(
        "REQUEST_LIMIT_EXCEEDED",
        "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
        status=_FORBIDDEN,
    ),
    "api_disabled": Refused("API_DISABLED_FOR_ORG", "API is not enabled for this Organization", status=_FORBIDDEN),
    "server_unavailable": Refused(
        "SERVER_UNAVAILABLE", "The REST API is temporarily unavailable", status=HTTPStatus.SERVICE_UNAVAILABLE
    ),
    "query_timeout": Refused("QUERY_TIMEOUT", "Your query request was running for too long."),
    "unknown_exception": Refused(
        "UNKNOWN_EXCEPTION", "An unexpected error occurred.", status=HTTPStatus.INTERNAL_SERVER_ERROR
    ),
}
_OF_ROWS = {
    "lock_row": Refused("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records"),
    "validation_rule": Refused(
        "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Ask Finance before you change this order.", fields=("Status",)
    ),
    "no_access": Refused(
        "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", status=_FORBIDDEN
    ),
    "entity_locked": Refused("ENTITY_IS_LOCKED", "the entity is locked for editing"),
    "flow_failed": Refused("CANNOT_EXECUTE_FLOW_TRIGGER", "We can't save this record because a flow failed."),
    "trigger_lock": Refused(
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "OrderTrigger: execution of AfterUpdate caused by: UNABLE_TO_LOCK_ROW, unable to obtain exclusive access",
    ),
}
