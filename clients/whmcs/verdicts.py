"""Turn an answer, or the lack of one, into a verdict.

Pure. `writes` decides: after a write was sent, whatever is unclear is OutcomeUnknown, and only a look-up can tell. What
was never sent (no connection) and what WHMCS refused before acting (access) changed nothing, even for a write.

Source: WHMCS fact sheet 1.3 and 4.
"""

from clients.errors import ErrorCode, Misconfigured, NeedsHuman, OutcomeUnknown, Permanent, Retryable, Verdict
from clients.whmcs.answers import Denied, Refused, Unclear
from clients.whmcs.redact import Redactor
from clients.whmcs.texts import UNKNOWN_ACCESS_REMEDY, access_text, order_text

# A clean error of these two is mostly the text of a server module, about that server and not about us.
MODULE_ACTIONS = frozenset({"AcceptOrder", "ModuleCreate"})
# What an order ends with when nobody could find out whether the write happened.
_CODE_WHEN_UNKNOWN = {
    "AddOrder": ErrorCode.WHMCS_ORDER_UNCERTAIN,
    "ModuleCreate": ErrorCode.ACTIVATION_INCOMPLETE,
}


def never_sent(reason: str) -> Retryable:
    """Return the verdict of a request that did not leave us."""
    return Retryable(ErrorCode.WHMCS_UNAVAILABLE, "WHMCS cannot be reached", detail=reason)


def untrusted(reason: str) -> Misconfigured:
    """Return the verdict of a connection whose certificate was refused: nothing was sent."""
    return Misconfigured(
        ErrorCode.WHMCS_UNAVAILABLE,
        "The certificate of WHMCS is not trusted: renew it, or check the WHMCS API address",
        detail=reason,
    )


def unclear(action: str, answer: Unclear, *, writes: bool) -> Retryable:
    """Return the verdict of a lost, broken or foreign answer."""
    if writes:
        return OutcomeUnknown(
            _CODE_WHEN_UNKNOWN.get(action, ErrorCode.WHMCS_UNAVAILABLE),
            f"WHMCS gave no clear answer to {action}: it may or may not have happened",
            detail=answer.reason,
            retry_after_s=answer.retry_after_s,
        )
    if answer.misplaced:
        return Misconfigured(
            ErrorCode.WHMCS_UNAVAILABLE,
            "The WHMCS API address leads elsewhere: check that it ends in includes/api.php",
            detail=answer.reason,
        )
    return Retryable(
        ErrorCode.WHMCS_UNAVAILABLE,
        f"WHMCS gave no usable answer to {action}",
        detail=answer.reason,
        retry_after_s=answer.retry_after_s,
    )


def denied(action: str, answer: Denied, redact: Redactor) -> Misconfigured:
    """Return the verdict of a caller who was refused: the same for every order, and nothing happened."""
    row = access_text(answer.text)
    remedy = row.remedy if row else UNKNOWN_ACCESS_REMEDY
    return Misconfigured(
        ErrorCode.WHMCS_UNAVAILABLE, f"{remedy} ({action})", detail=redact.detail(f"{action}: {answer.text}")
    )


def refused(action: str, answer: Refused, redact: Redactor) -> Verdict:
    """Return the verdict of a clean error."""
    detail = redact.detail(f"{action}: {answer.text}")
    if is_access_fault(action, answer):
        return denied(action, Denied(answer.text), redact)
    if row := order_text(answer.text):
        return Permanent(row.code, row.message, detail=detail)
    said = redact.public(answer.text) or "no reason given"
    if action == "ModuleCreate":
        message = f"WHMCS could not set up a service of this order: {said}"
        return NeedsHuman(ErrorCode.ACTIVATION_INCOMPLETE, message, detail=detail)
    return Permanent(ErrorCode.WHMCS_REJECTED, f"WHMCS refused {action}: {said}", detail=detail)


def is_access_fault(action: str, answer: Refused) -> bool:
    """Tell whether an error with HTTP 200 is about our access, and not a module's about its own server."""
    row = access_text(answer.text)
    return row is not None and not (action in MODULE_ACTIONS and row.module_may_say_it)
