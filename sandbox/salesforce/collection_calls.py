"""Calls about many records at once: each row has its own result.

Source: Salesforce fact sheet 4.4.
"""

from collections.abc import Callable
from itertools import groupby
from typing import Any

from sandbox.salesforce.exchange import Call, Reply
from sandbox.salesforce.org import Org
from sandbox.salesforce.record_calls import change_row, create_row, record_body
from sandbox.salesforce.refusal import Refused, not_found
from sandbox.salesforce.rules import known_object, record_id
from sandbox.salesforce.soql.columns import source_type

MOST_RECORDS, _MOST_CHUNKS, _MOST_READ = 200, 10, 2000
_Write = Callable[[dict[str, Any], Refused | None], str]
_Outcome = str | Refused


def collections(org: Org, call: Call) -> Reply:
    """Write, or read, a list of records."""
    match call.method, call.parts[2:]:
        case "PATCH", ():
            return _write(org, call, lambda record, trouble: _change(org, record, trouble))
        case "POST", ():
            return _write(org, call, lambda record, trouble: _create(org, record, trouble))
        case "DELETE", ():
            return _delete(org, call)
        case "GET" | "POST", (name,):
            return _read(org, call, name)
        case _:
            raise not_found()


def _write(org: Org, call: Call, write: _Write) -> Reply:
    body = call.json()
    records = _records(body)
    all_or_none = body.get("allOrNone", False) is True
    duplicates = _duplicates(records)
    outcomes: list[_Outcome] = []
    with org.store.transaction() as roll_back:
        for place, record in enumerate(records):
            trouble = call.trouble if call.troubled_rows is None or place < call.troubled_rows else None
            outcomes.append(_attempt(write, record, duplicates.get(place, trouble)))
        failed = any(isinstance(outcome, Refused) for outcome in outcomes)
        if failed and all_or_none:
            roll_back()
    results = [_result(outcome, is_victim=failed and all_or_none) for outcome in outcomes]
    return Reply(body=[_named(result, record) for result, record in zip(results, records, strict=True)])


def _attempt(write: _Write, record: dict[str, Any], trouble: Refused | None) -> _Outcome:
    try:
        return write(record, trouble)
    except Refused as refused:
        return refused


def _result(outcome: _Outcome, *, is_victim: bool) -> dict[str, Any]:
    if isinstance(outcome, Refused):
        return {"success": False, "errors": [outcome.as_row_error()]}
    if is_victim:
        text = "Record rolled back because not all records were valid and the request was using AllOrNone header"
        rolled_back = Refused("ALL_OR_NONE_OPERATION_ROLLED_BACK", text)
        return {"success": False, "errors": [rolled_back.as_row_error()]}
    return {"id": outcome, "success": True, "errors": []}


def _named(result: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    """Return a failed row's result with the id that the caller gave, when it gave one."""
    given = _id_of(record)
    return {"id": given} | result if given and not result["success"] else result


def _records(body: dict[str, Any]) -> list[dict[str, Any]]:
    records = body.get("records")
    if not isinstance(records, list) or not records or not all(isinstance(record, dict) for record in records):
        raise Refused("JSON_PARSER_ERROR", "The request needs a list of records")
    if len(records) > MOST_RECORDS:
        text = f"Exceeded max record limit of {MOST_RECORDS}: {len(records)}"
        raise Refused("EXCEEDED_MAX_SIZE_REQUEST", text)
    types = [_type_of(record) for record in records]
    chunks = sum(1 for _ in groupby(types))
    if chunks > _MOST_CHUNKS:
        raise Refused("INVALID_INPUT", f"The records change their type {chunks} times: at most {_MOST_CHUNKS} chunks.")
    return records


def _type_of(record: dict[str, Any]) -> str:
    attributes = record.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    if not isinstance(name, str):
        raise Refused("INVALID_INPUT", "Every record needs attributes with its type")
    return name


def _duplicates(records: list[dict[str, Any]]) -> dict[int, Refused]:
    """Return the refusals of rows whose id stands in the list before."""
    seen: set[str] = set()
    found = {}
    for place, record in enumerate(records):
        given = _id_of(record)
        key = given[:15]
        if given and key in seen:
            found[place] = Refused("DUPLICATE_VALUE", f"Duplicate id in list: {given}", fields=["Id"])
        seen.add(key)
    return found


def _id_of(record: dict[str, Any]) -> str:
    return str(record.get("id") or record.get("Id") or "")


def _fields_of(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name.lower() != "id"}


def _change(org: Org, record: dict[str, Any], trouble: Refused | None) -> str:
    source, given = source_type(org, _type_of(record)), _id_of(record)
    if not given:
        raise Refused("MISSING_ARGUMENT", "Id not specified in an update call", fields=["Id"])
    try:
        return change_row(org, source, given, _fields_of(record), trouble)
    except Refused as refused:
        if refused.code != "NOT_FOUND":
            raise
        # A path that leads nowhere is not found; a row of a list that never was is a wrong reference.
        raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id") from refused


def _create(org: Org, record: dict[str, Any], trouble: Refused | None) -> str:
    source = source_type(org, _type_of(record))
    return create_row(org, source, record, trouble)


def _delete(org: Org, call: Call) -> Reply:
    all_or_none = call.query.get("allOrNone", "").lower() == "true"
    ids = [text for text in call.query.get("ids", "").split(",") if text]
    with org.store.transaction() as roll_back:
        outcomes = [
            _attempt(lambda row, trouble: _delete_one(org, row, trouble), {"id": text}, call.trouble) for text in ids
        ]
        failed = any(isinstance(outcome, Refused) for outcome in outcomes)
        if failed and all_or_none:
            roll_back()
    return Reply(body=[_result(outcome, is_victim=failed and all_or_none) for outcome in outcomes])


def _delete_one(org: Org, record: dict[str, Any], trouble: Refused | None) -> str:
    object_name = org.store.object_of(str(record["id"]))
    if object_name is None:
        raise Refused("MALFORMED_ID", f"bad id {record['id']}", fields=["Id"])
    found = record_id(org.objects[object_name], str(record["id"]))
    if found not in org.tables[object_name]:
        raise Refused("ENTITY_IS_DELETED", "entity is deleted")
    if trouble is not None:
        raise trouble
    org.delete(object_name, found)
    return found


def _read(org: Org, call: Call, name: str) -> Reply:
    """Answer with the records of a list of ids, null in the place of one that is not there."""
    source = known_object(org, name)
    ids, fields = _asked(call)
    if len(ids) > _MOST_READ:
        raise Refused("EXCEEDED_MAX_SIZE_REQUEST", f"Exceeded max record limit of {_MOST_READ}: {len(ids)}")
    rows = [org.tables[source.name].get(record_id(source, text)) for text in ids]
    return Reply(body=[row and record_body(source, row, fields, call.base) for row in rows])


def _asked(call: Call) -> tuple[list[str], list[str]]:
    if call.method == "POST":
        body = call.json()
        ids, fields = body.get("ids"), body.get("fields")
    else:
        ids, fields = (call.query.get(key, "").split(",") for key in ("ids", "fields"))
    lists = [[str(each) for each in given if each] if isinstance(given, list) else [] for given in (ids, fields)]
    if not all(lists):
        raise Refused("MISSING_ARGUMENT", "ids and fields are both needed")
    return lists[0], lists[1]
