"""Every error of Salesforce has its verdict: one test per row of the table."""

from typing import Any

import pytest

from clients.errors import ErrorCode, Misconfigured, NeedsHuman, Permanent, Retryable, Verdict
from clients.salesforce.rows import check_rows
from clients.salesforce.verdicts import Attempt, on_item, on_order, sort_answer

ORDER_ID = "801R00000064wdtIAA"
ITEM_ID = "802R00000064wdtIAA"
ORDER = on_order(ORDER_ID)
QUERY = Attempt(f"order {ORDER_ID}")

LOCKED = "flow failed: UNABLE_TO_LOCK_ROW, unable to obtain exclusive access to this record"
TABLE: list[tuple[int, str, str, type[Verdict], float | None]] = [
    (401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API", Misconfigured, None),
    (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", Retryable, 60),
    (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", Retryable, 900),
    (403, "API_DISABLED_FOR_ORG", "", Misconfigured, None),
    (403, "API_CURRENTLY_DISABLED", "", Misconfigured, None),
    (400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access", Retryable, None),
    (503, "SERVER_UNAVAILABLE", "", Retryable, None),
    (500, "UNKNOWN_EXCEPTION", "", Retryable, None),
    (400, "UNKNOWN_EXCEPTION", "", Retryable, None),
    (400, "QUERY_TIMEOUT", "", Retryable, None),
    (400, "REQUEST_RUNNING_TOO_LONG", "", Retryable, None),
    (400, "TXN_SECURITY_METERING_ERROR", "", Retryable, None),
    (404, "ENTITY_IS_DELETED", "entity is deleted", Permanent, None),
    (404, "NOT_FOUND", "The requested resource does not exist", Permanent, None),
    (400, "MALFORMED_ID", "wrong id", Permanent, None),
    (400, "ENTITY_IS_LOCKED", "approval", Retryable, 300),
    (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Enter a PO number first", Misconfigured, None),
    (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "flow failed: null pointer", Misconfigured, None),
    (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", LOCKED, Retryable, None),
    (400, "CANNOT_EXECUTE_FLOW_TRIGGER", "flow failed", Misconfigured, None),
    (400, "CANNOT_EXECUTE_FLOW_TRIGGER", LOCKED, Retryable, None),
    (400, "REQUIRED_FIELD_MISSING", "", Misconfigured, None),
    (400, "STRING_TOO_LONG", "", Misconfigured, None),
    (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "", Misconfigured, None),
    (400, "NUMBER_OUTSIDE_VALID_RANGE", "", Misconfigured, None),
    (400, "DUPLICATE_VALUE", "", Misconfigured, None),
    (400, "INVALID_TYPE_ON_FIELD_IN_RECORD", "", Misconfigured, None),
    (400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", Permanent, None),
    (400, "INVALID_FIELD", "No such column", Misconfigured, None),
    (400, "INVALID_FIELD_FOR_INSERT_UPDATE", "", Misconfigured, None),
    (400, "INVALID_TYPE", "", Misconfigured, None),
    (400, "MALFORMED_QUERY", "", Misconfigured, None),
    (400, "JSON_PARSER_ERROR", "", Misconfigured, None),
    (403, "INSUFFICIENT_ACCESS_OR_READONLY", "", Misconfigured, None),
    (400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "", Misconfigured, None),
    (400, "INSUFFICIENT_ACCESS", "", Misconfigured, None),
    (400, "STORAGE_LIMIT_EXCEEDED", "", Retryable, 900),
    (400, "LIMIT_EXCEEDED", "", Retryable, 900),
    (400, "ALL_OR_NONE_OPERATION_ROLLED_BACK", "", Retryable, None),
    (400, "PROCESSING_HALTED", "", Retryable, None),
    (400, "NEVER_SEEN_BEFORE", "", Misconfigured, None),
    (403, "NEVER_SEEN_BEFORE", "", Misconfigured, None),
    (408, "NEVER_SEEN_BEFORE", "", Retryable, None),
    (409, "NEVER_SEEN_BEFORE", "", Retryable, None),
    (410, "UNSUPPORTED_API_VERSION", "", Misconfigured, None),
    (420, "NEVER_SEEN_BEFORE", "", Retryable, None),
    (429, "NEVER_SEEN_BEFORE", "", Retryable, None),
    (500, "NEVER_SEEN_BEFORE", "", Retryable, None),
    (502, "NEVER_SEEN_BEFORE", "", Retryable, None),
]


def error(code: str, message: str = "", fields: list[str] | None = None) -> dict[str, Any]:
    return {"errorCode": code, "message": message} | ({"fields": fields} if fields is not None else {})


def test_an_id_in_a_field_that_leads_nowhere_is_a_matter_of_the_org() -> None:
    refused = error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ["OwnerId"])
    assert type(sort_answer(400, [refused], ORDER)) is Misconfigured


def failed(*errors: dict[str, Any]) -> dict[str, Any]:
    spelled = [{"statusCode": each.pop("errorCode"), **each} for each in errors]
    return {"id": None, "success": False, "errors": spelled}


def row(code: str) -> dict[str, Any]:
    return failed(error(code))


WRITTEN: dict[str, Any] = {"id": ORDER_ID, "success": True, "errors": []}


@pytest.mark.parametrize(("status", "code", "message", "kind", "wait_s"), TABLE)
def test_each_error_has_its_verdict(
    status: int, code: str, message: str, kind: type[Verdict], wait_s: float | None
) -> None:
    verdict = sort_answer(status, [error(code, message)], ORDER)
    assert type(verdict) is kind
    assert getattr(verdict, "retry_after_s", None) == wait_s
    assert verdict.code is (ErrorCode.ORDER_NOT_FOUND if kind is Permanent else ErrorCode.SALESFORCE_UNAVAILABLE)
    assert ORDER_ID in verdict.message
    assert code in verdict.detail


@pytest.mark.parametrize("status", [300, 302, 400, 401, 403, 404, 414, 429, 500, 502, 503])
@pytest.mark.parametrize("content", ["<html>Bad gateway</html>", "", {"error": "odd"}, [], ["text"], [{}]])
def test_an_answer_that_is_not_salesforces_own_is_tried_again(status: int, content: object) -> None:
    assert type(sort_answer(status, content, ORDER)) is Retryable


@pytest.mark.parametrize("code", ["NOT_FOUND", "ENTITY_IS_DELETED", "MALFORMED_ID"])
def test_a_missing_path_is_no_missing_order(code: str) -> None:
    """A query does not miss rows; a 404 there means an API version or an object that the org does not have."""
    assert type(sort_answer(404, [error(code)], QUERY)) is Misconfigured


def test_a_refused_write_names_code_fields_and_the_administrators_text() -> None:
    refused = error("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Enter a PO\n number " + "x" * 300, ["Status", "PoNumber"])
    verdict = sort_answer(400, [refused], ORDER)
    assert (
        f"order {ORDER_ID} (FIELD_CUSTOM_VALIDATION_EXCEPTION on Status, PoNumber): Enter a PO num" in verdict.message
    )
    assert len(verdict.message) < 350
    assert "…" in verdict.message


def test_the_worst_of_several_errors_decides() -> None:
    errors = [error("UNABLE_TO_LOCK_ROW"), error("STRING_TOO_LONG"), error("QUERY_TIMEOUT")]
    assert type(sort_answer(400, errors, ORDER)) is Misconfigured


def test_rows_that_were_all_written_are_no_verdict() -> None:
    check_rows([WRITTEN, WRITTEN], [ORDER, ORDER])


def test_a_row_names_its_code_differently_and_is_sorted_alike() -> None:
    with pytest.raises(Retryable) as caught:
        check_rows([row("UNABLE_TO_LOCK_ROW")], [ORDER])
    assert type(caught.value) is Retryable
    assert "UNABLE_TO_LOCK_ROW" in caught.value.message


def test_a_victim_of_another_row_says_nothing() -> None:
    with pytest.raises(Misconfigured, match="STRING_TOO_LONG"):
        check_rows([row("ALL_OR_NONE_OPERATION_ROLLED_BACK"), row("STRING_TOO_LONG")], [ORDER, ORDER])


def test_victims_alone_are_tried_again() -> None:
    with pytest.raises(Retryable, match="PROCESSING_HALTED"):
        check_rows([row("PROCESSING_HALTED"), WRITTEN], [ORDER, ORDER])


def test_a_line_that_is_gone_is_a_question_to_a_person() -> None:
    with pytest.raises(NeedsHuman) as caught:
        check_rows(
            [row("ENTITY_IS_DELETED"), row("ALL_OR_NONE_OPERATION_ROLLED_BACK")], [on_item(ITEM_ID, ORDER_ID), ORDER]
        )
    assert caught.value.code is ErrorCode.ORDER_NOT_PROVISIONABLE
    assert ITEM_ID in caught.value.message


def test_an_order_that_is_gone_is_final_whatever_else_failed() -> None:
    with pytest.raises(Permanent) as caught:
        check_rows([row("ENTITY_IS_DELETED"), row("NOT_FOUND")], [on_item(ITEM_ID, ORDER_ID), ORDER])
    assert caught.value.code is ErrorCode.ORDER_NOT_FOUND


@pytest.mark.parametrize(
    "results",
    [None, "<html>", {}, [], [WRITTEN, WRITTEN], ["text"], [{}], [{"success": False}], [{"success": "true"}]],
)
def test_an_answer_that_does_not_tell_of_each_row_is_tried_again(results: object) -> None:
    with pytest.raises(Retryable) as caught:
        check_rows(results, [ORDER])
    assert type(caught.value) is Retryable
