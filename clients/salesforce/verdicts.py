"""What Salesforce's errors mean: every status and code of the REST API sorted in one table.

A single record's error names its code `errorCode`, a row of a collection `statusCode`; gateways answer HTML or nothing.
All orders are written alike, so a write that the org's own rules refuse (a validation rule, a picklist, missing rights)
fails for every order and is a matter of the org's set-up: `Misconfigured`, not the order's fault.
A write that timed out is `Retryable`, not `OutcomeUnknown`: we write absolute values, so repeating one is harmless.
Source: Salesforce fact sheet 4.7.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus

from clients.errors import ErrorCode, Misconfigured, NeedsHuman, Permanent, Retryable, Verdict

# Concurrent requests finish within the minute; the daily allowance comes back little by little over 24 h.
_CONCURRENT_WAIT_S = 60.0
_ALLOWANCE_WAIT_S = 900.0
# An approval process holds its lock for as long as people need.
_APPROVAL_WAIT_S = 300.0
_MAX_TEXT = 120
_MAX_DETAIL = 500
_LOCKED_ROW = "UNABLE_TO_LOCK_ROW"
_VICTIMS = frozenset({"ALL_OR_NONE_OPERATION_ROLLED_BACK", "PROCESSING_HALTED"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """One error as Salesforce tells it; `status` is the HTTP status of the whole answer."""

    status: int
    code: str
    message: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was tried: `subject` for the reader ("order 801..."), and what it means if its row does not exist.

    `missing` takes the detail for the log; without it, a missing row can only be a wrong path.
    """

    subject: str
    missing: Callable[[str], Verdict] | None = None


Rule = Callable[[Refusal, Attempt], Verdict]


def on_order(order_id: str) -> Attempt:
    """Describe a call that is about one order's own row."""
    message = f"Order {order_id} does not exist in Salesforce, or was deleted"
    return Attempt(f"order {order_id}", lambda detail: Permanent(ErrorCode.ORDER_NOT_FOUND, message, detail=detail))


def on_item(item_id: str, order_id: str) -> Attempt:
    """Describe the write to one line of an order, which only a person can have removed since it was read."""
    message = f"Line {item_id} of order {order_id} was deleted while the order was provisioned: compare it with WHMCS"
    return Attempt(
        f"line {item_id} of order {order_id}",
        lambda detail: NeedsHuman(ErrorCode.ORDER_NOT_PROVISIONABLE, message, detail=detail),
    )


def no_answer(detail: str) -> Retryable:
    """Return the verdict on a Salesforce that is away or answers something that is not its own."""
    message = "Salesforce did not answer; it is tried again"
    return Retryable(ErrorCode.SALESFORCE_UNAVAILABLE, message, detail=detail)


def sort_answer(status: int, content: object, attempt: Attempt) -> Verdict:
    """Sort an error answer; `content` is the parsed body, or its text if it is no JSON."""
    refusals = refusals_of(status, content)
    if not refusals:
        return _by_status(Refusal(status, "", str(content)), attempt)
    return worst(sort_refusal(refusal, attempt) for refusal in refusals)


def refusals_of(status: int, content: object) -> list[Refusal]:
    """Read a list of errors of either spelling; empty if the body is none."""
    entries = content if isinstance(content, list) else []
    return [_refusal(status, entry) for entry in entries if isinstance(entry, dict)]


def sort_refusal(refusal: Refusal, attempt: Attempt) -> Verdict:
    """Sort one error by its code, or by its status if the code is not in the table."""
    rule = _RULES.get(refusal.code)
    if rule is None:
        rule = _misconfigured if refusal.code.startswith("INSUFFICIENT_ACCESS") else _by_status
    return rule(refusal, attempt)


def is_victim(refusal: Refusal) -> bool:
    """Tell whether a row failed only because another one did."""
    return refusal.code in _VICTIMS


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict that decides when several rows failed: what cannot pass beats what may."""
    order = (Permanent, NeedsHuman, Misconfigured, Retryable)
    return min(verdicts, key=lambda verdict: next(i for i, kind in enumerate(order) if isinstance(verdict, kind)))


def _refusal(status: int, entry: dict[str, object]) -> Refusal:
    fields = entry.get("fields")
    return Refusal(
        status=status,
        code=str(entry.get("errorCode") or entry.get("statusCode") or ""),
        message=str(entry.get("message") or ""),
        fields=tuple(map(str, fields)) if isinstance(fields, list) else (),
    )


def _detail(refusal: Refusal) -> str:
    return f"HTTP {refusal.status} {refusal.code}: {refusal.message}"[:_MAX_DETAIL]


def _retryable(refusal: Refusal, attempt: Attempt, *, wait_s: float | None = None) -> Retryable:
    named = refusal.code or f"HTTP {refusal.status}"
    message = f"Salesforce cannot serve {attempt.subject} now ({named}); it is tried again"
    return Retryable(ErrorCode.SALESFORCE_UNAVAILABLE, message, detail=_detail(refusal), retry_after_s=wait_s)


def _waiting(wait_s: float) -> Rule:
    return lambda refusal, attempt: _retryable(refusal, attempt, wait_s=wait_s)


def _request_limit(refusal: Refusal, attempt: Attempt) -> Verdict:
    """Tell the two limits behind one code apart by its text: too many at once, or the day's allowance spent."""
    concurrent = "concurrent" in refusal.message.lower()
    return _retryable(refusal, attempt, wait_s=_CONCURRENT_WAIT_S if concurrent else _ALLOWANCE_WAIT_S)


def _misconfigured(refusal: Refusal, attempt: Attempt) -> Misconfigured:
    """Name code, fields and the administrator's own text: whoever reads it is the org's own staff."""
    fields = f" on {', '.join(refusal.fields)}" if refusal.fields else ""
    said = f": {_shortened(refusal.message)}" if refusal.message else ""
    named = refusal.code or f"HTTP {refusal.status}"
    message = f"Salesforce refused {attempt.subject} ({named}{fields}){said}. Mend the org or the integration user"
    return Misconfigured(ErrorCode.SALESFORCE_UNAVAILABLE, message, detail=_detail(refusal))


def _missing(refusal: Refusal, attempt: Attempt) -> Verdict:
    """Tell a row that is gone (the order's fate) from a path that is gone (a wrong API version)."""
    if attempt.missing is None:
        return _misconfigured(refusal, attempt)
    return attempt.missing(_detail(refusal))


def _cross_reference(refusal: Refusal, attempt: Attempt) -> Verdict:
    """Judge an id that leads nowhere: the row's own in a collection, where no field is named; else a value of ours."""
    return _misconfigured(refusal, attempt) if refusal.fields else _missing(refusal, attempt)


def _save_failed(refusal: Refusal, attempt: Attempt) -> Verdict:
    """Judge a trigger or flow that failed while saving: it passes only if it stumbled over a locked row."""
    if _LOCKED_ROW in refusal.message:
        return _retryable(refusal, attempt)
    return _misconfigured(refusal, attempt)


def _by_status(refusal: Refusal, attempt: Attempt) -> Verdict:
    """Judge an error without a known code: a page of a gateway passes, a refusal in Salesforce's own form does not."""
    if not refusal.code or refusal.status in _PASSING_STATUSES or refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _retryable(refusal, attempt)
    return _misconfigured(refusal, attempt)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_TEXT else line[: _MAX_TEXT - 1] + "…"


_EDGE_HAS_NO_ROUTE = 420
_PASSING_STATUSES = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS, _EDGE_HAS_NO_ROUTE}
)

_RULES: dict[str, Rule] = {
    # Passing trouble of the platform.
    _LOCKED_ROW: _retryable,
    "SERVER_UNAVAILABLE": _retryable,
    "UNKNOWN_EXCEPTION": _retryable,
    "QUERY_TIMEOUT": _retryable,
    "REQUEST_RUNNING_TOO_LONG": _retryable,
    "TXN_SECURITY_METERING_ERROR": _retryable,
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": _retryable,
    "PROCESSING_HALTED": _retryable,
    "REQUEST_LIMIT_EXCEEDED": _request_limit,
    "STORAGE_LIMIT_EXCEEDED": _waiting(_ALLOWANCE_WAIT_S),
    "LIMIT_EXCEEDED": _waiting(_ALLOWANCE_WAIT_S),
    "ENTITY_IS_LOCKED": _waiting(_APPROVAL_WAIT_S),
    # The row is not there, or is no order.
    "NOT_FOUND": _missing,
    "ENTITY_IS_DELETED": _missing,
    "MALFORMED_ID": _missing,
    # Automation of the org failed while saving.
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": _save_failed,
    "CANNOT_EXECUTE_FLOW_TRIGGER": _save_failed,
    # The org's rules for data.
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": _misconfigured,
    "REQUIRED_FIELD_MISSING": _misconfigured,
    "STRING_TOO_LONG": _misconfigured,
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": _misconfigured,
    "NUMBER_OUTSIDE_VALID_RANGE": _misconfigured,
    "DUPLICATE_VALUE": _misconfigured,
    "INVALID_TYPE_ON_FIELD_IN_RECORD": _misconfigured,
    "INVALID_CROSS_REFERENCE_KEY": _cross_reference,
    # Access, rights, or names that this org does not have; INSUFFICIENT_ACCESS* comes in many spellings.
    "INVALID_SESSION_ID": _misconfigured,
    "API_DISABLED_FOR_ORG": _misconfigured,
    "API_CURRENTLY_DISABLED": _misconfigured,
    "INVALID_FIELD": _misconfigured,
    "INVALID_FIELD_FOR_INSERT_UPDATE": _misconfigured,
    "INVALID_TYPE": _misconfigured,
    "MALFORMED_QUERY": _misconfigured,
    "JSON_PARSER_ERROR": _misconfigured,
}
