"""The verdicts: what an outside call can come to, other than its answer.

    Verdict
    ├── Retryable            nothing changed remotely, later may work        → the queue tries again
    │   ├── OutcomeUnknown   a write may have happened                       → look it up, never just repeat
    │   │   └── StillOpen    an earlier one may still be under way           → look again later
    │   └── Misconfigured    an access or a setting is wrong for every order → wait, and tell a person
    ├── Permanent            this order can never pass as it is              → the seller acts
    └── NeedsHuman           a decision is missing                           → an operator acts

Clients raise them, `actors.stage` sorts them. Each carries a stable `code` of the contract: tests, alerts and the
write-back use the code, never the text. Texts are written to Salesforce: they name the order, the field and the
remedy, and hold no secret, no host name and no personal data. What only a developer needs goes into `detail`,
which is logged (redacted) and written nowhere else.
"""

from enum import StrEnum


class ErrorCode(StrEnum):
    """The stable codes written to `Activation_Error_Code__c`."""

    ORDER_NOT_FOUND = "ORDER_NOT_FOUND"
    ORDER_NOT_PROVISIONABLE = "ORDER_NOT_PROVISIONABLE"
    ORDER_EMPTY = "ORDER_EMPTY"
    ACCOUNT_NOT_MAPPED = "ACCOUNT_NOT_MAPPED"
    CLIENT_NOT_FOUND = "CLIENT_NOT_FOUND"
    CLIENT_CLOSED = "CLIENT_CLOSED"
    PAYMENT_METHOD_MISSING = "PAYMENT_METHOD_MISSING"
    PRODUCT_NOT_MAPPED = "PRODUCT_NOT_MAPPED"
    BILLING_CYCLE_UNKNOWN = "BILLING_CYCLE_UNKNOWN"
    CONFIG_OPTIONS_INVALID = "CONFIG_OPTIONS_INVALID"
    QUANTITY_INVALID = "QUANTITY_INVALID"
    WHMCS_REJECTED = "WHMCS_REJECTED"
    WHMCS_ORDER_CANCELLED = "WHMCS_ORDER_CANCELLED"
    WHMCS_ORDER_UNCERTAIN = "WHMCS_ORDER_UNCERTAIN"
    ACTIVATION_INCOMPLETE = "ACTIVATION_INCOMPLETE"
    ESIM_REJECTED = "ESIM_REJECTED"
    WHMCS_UNAVAILABLE = "WHMCS_UNAVAILABLE"
    SALESFORCE_UNAVAILABLE = "SALESFORCE_UNAVAILABLE"
    INTERNAL_ERROR = "INTERNAL_ERROR"


class Verdict(Exception):  # noqa: N818 - the word of the house: a verdict may be good news for everyone but this call
    """Base of all verdicts; catch one of its children."""

    def __init__(self, code: ErrorCode, message: str, *, detail: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.detail = detail


class Retryable(Verdict):
    """Nothing changed remotely; the same call may work later.

    `retry_after_s` is the wait that the other side asked for, if it did.
    `code` is what the order ends with when the retries are used up.
    """

    def __init__(self, code: ErrorCode, message: str, *, detail: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(code, message, detail=detail)
        self.retry_after_s = retry_after_s


class OutcomeUnknown(Retryable):
    """A write was sent and may have happened; only a look-up can tell."""


class StillOpen(OutcomeUnknown):
    """The other side answers, but whether an earlier write came to anything will only show later."""


class Misconfigured(Retryable):
    """Access or set-up is wrong for every order alike; orders wait while a person mends it."""


class Permanent(Verdict):
    """This order can never pass as it is; the seller has to change it."""


class NeedsHuman(Verdict):
    """The machine cannot decide; an operator has to look."""
