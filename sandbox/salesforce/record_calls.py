"""Calls about one record: read, create, change, delete.

Source: Salesforce fact sheet 4.2, 4.3, 5.2.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from sandbox.salesforce.exchange import Call, Reply
from sandbox.salesforce.fields import ObjectType
from sandbox.salesforce.org import Org
from sandbox.salesforce.refusal import Refused
from sandbox.salesforce.rules import existing, record_id, unknown_column, writable_values
from sandbox.salesforce.soql.columns import reader
from sandbox.salesforce.store import Row


def read_record(org: Org, call: Call, source: ObjectType, text: str) -> Reply:
    """Answer with all fields of a record, or with those that are asked for."""
    row = existing(org, source, text)
    since = _moment(call, "if-modified-since")
    changed = datetime.fromisoformat(str(row["LastModifiedDate"]))
    if since is not None and changed <= since:
        return Reply(HTTPStatus.NOT_MODIFIED)
    names = [name.strip() for name in call.query.get("fields", "").split(",") if name.strip()]
    return Reply(
        body=record_body(source, row, names, call.base),
        headers={"Last-Modified": format_datetime(changed.astimezone(UTC), usegmt=True)},
    )


def record_body(source: ObjectType, row: Row, names: list[str], base: str) -> dict[str, Any]:
    """Return a record with its attributes; without names, with all fields."""
    body: dict[str, Any] = {"attributes": {"type": source.name, "url": f"{base}/sobjects/{source.name}/{row['Id']}"}}
    for name in names or source.fields:
        field = source.field(name)
        if field is None:
            raise unknown_column(source, name)
        body[field.name] = reader(field)(row)
    return body


def create_record(org: Org, call: Call, source: ObjectType) -> Reply:
    """Create a record and answer with its id."""
    new_id = create_row(org, source, call.json(), call.trouble)
    location = f"{call.base}/sobjects/{source.name}/{new_id}"
    return Reply(HTTPStatus.CREATED, {"id": new_id, "success": True, "errors": []}, {"Location": location})


def change_record(org: Org, call: Call, source: ObjectType, text: str) -> Reply:
    """Change a record and answer with nothing."""
    row = existing(org, source, text)
    unmodified_since = _moment(call, "if-unmodified-since")
    if unmodified_since is not None and datetime.fromisoformat(str(row["LastModifiedDate"])) > unmodified_since:
        raise Refused(
            "PRECONDITION_FAILED", "The record has been modified since", status=HTTPStatus.PRECONDITION_FAILED
        )
    change_row(org, source, text, call.json(), call.trouble)
    return Reply(HTTPStatus.NO_CONTENT)


def delete_record(org: Org, call: Call, source: ObjectType, text: str) -> Reply:
    """Delete a record and answer with nothing."""
    call.ensure_no_trouble()
    row = existing(org, source, text)
    if source.name == "OrderItem" and _is_activated(org, row):
        raise Refused("DELETE_FAILED", "The items of an activated order cannot be deleted.")
    org.delete(source.name, str(row["Id"]))
    return Reply(HTTPStatus.NO_CONTENT)


def upsert_record(org: Org, call: Call, source: ObjectType, key: str, value: str) -> Reply:
    """Change the record with an external id, or create it."""
    found = find_by_external_id(org, source, key, value)
    if len(found) > 1:
        paths = [f"{call.base}/sobjects/{source.name}/{row['Id']}" for row in found]
        return Reply(HTTPStatus.MULTIPLE_CHOICES, paths)
    if found:
        change_row(org, source, str(found[0]["Id"]), call.json(), call.trouble)
        return Reply(body={"id": found[0]["Id"], "success": True, "errors": [], "created": False})
    if call.query.get("updateOnly", "").lower() == "true":
        raise no_such_external_id(value)
    new_id = create_row(org, source, call.json() | {key: value}, call.trouble)
    return Reply(HTTPStatus.CREATED, {"id": new_id, "success": True, "errors": [], "created": True})


def find_by_external_id(org: Org, source: ObjectType, key: str, value: str) -> list[Row]:
    """Return the rows with an external id."""
    field = source.field(key)
    if field is None or not field.external_id:
        raise no_such_external_id(key)
    return [row for row in org.tables[source.name].values() if row[field.name] == value]


def no_such_external_id(text: str) -> Refused:
    """Return the refusal of an external id that is none."""
    message = f"Provided external ID field does not exist or is not accessible: {text}"
    return Refused("NOT_FOUND", message, status=HTTPStatus.NOT_FOUND)


def create_row(org: Org, source: ObjectType, fields: Mapping[str, Any], trouble: Refused | None) -> str:
    """Create one row and return its id; raise Refused if a rule or the fault in force says no."""
    values = writable_values(org, source, _without_attributes(fields), creating=True)
    if trouble is not None:
        raise trouble
    new_id = org.new_id(source.name)
    org.insert(source.name, new_id, values)
    return new_id


def change_row(org: Org, source: ObjectType, text: str, fields: Mapping[str, Any], trouble: Refused | None) -> str:
    """Change one row and return its id; raise Refused if a rule or the fault in force says no."""
    existing(org, source, text)
    values = writable_values(org, source, _without_attributes(fields), creating=False)
    if trouble is not None:
        raise trouble
    found = record_id(source, text)
    org.save(source.name, found, values)
    return found


def _without_attributes(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "attributes"}


def _is_activated(org: Org, item: Row) -> bool:
    order = org.tables["Order"].get(str(item["OrderId"]))
    return order is not None and order["StatusCode"] == "Activated"


def _moment(call: Call, header: str) -> datetime | None:
    """Return the moment of a conditional header; raise Refused for one that cannot be read."""
    text = call.headers.get(header)
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError as error:
        raise Refused("INVALID_HEADER_VALUE", f"Invalid value for the header {header}: {text}") from error
