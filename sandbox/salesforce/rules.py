"""What a caller may write: known fields, writable ones, required ones, rows that exist.

Source: Salesforce fact sheet 4.2, 4.7.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from sandbox.salesforce.fields import Field, Kind, ObjectType
from sandbox.salesforce.ids import canonical
from sandbox.salesforce.refusal import Refused, not_found
from sandbox.salesforce.values import stored

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.store import Row


def known_object(org: "Org", name: str) -> ObjectType:
    """Return an object by its name in any case; raise Refused if there is none."""
    for each in (org.objects.get(name), org.objects.get(org.object_names.get(name.lower(), ""))):
        if each is not None:
            return each
    raise not_found()


def record_id(object_type: ObjectType, text: str) -> str:
    """Return the 18-character form of an id of this object; raise Refused (MALFORMED_ID) for anything else."""
    found = canonical(text)
    if found is None or not found.startswith(object_type.prefix):
        message = f"{object_type.name} ID: id value of incorrect type: {text}"
        raise Refused("MALFORMED_ID", message, fields=["Id"])
    return found


def existing(org: "Org", object_type: ObjectType, text: str) -> "Row":
    """Return the row with an id of 15 or 18 characters; raise Refused if it is gone or never was."""
    found = record_id(object_type, text)
    row = org.tables[object_type.name].get(found)
    if row is not None:
        return row
    if found in org.store.bin[object_type.name]:
        raise Refused("ENTITY_IS_DELETED", "entity is deleted", status=HTTPStatus.NOT_FOUND)
    raise not_found()


def writable_values(org: "Org", object_type: ObjectType, fields: Mapping[str, object], *, creating: bool) -> "Row":
    """Return the values that a caller may write, in their stored form; raise Refused for any that it may not."""
    values: Row = {}
    for name, value in fields.items():
        field = _writable_field(object_type, name, creating=creating)
        values[field.name] = _linked(org, field, stored(field, value))
    _ensure_required(object_type, values, creating=creating)
    return values


def unknown_column(object_type: ObjectType, name: str) -> Refused:
    """Return the refusal of a field that the object does not have, or that the user may not see: both look alike."""
    return Refused("INVALID_FIELD", f"No such column '{name}' on sobject of type {object_type.name}")


def _writable_field(object_type: ObjectType, name: str, *, creating: bool) -> Field:
    field = object_type.field(name)
    if field is None:
        raise unknown_column(object_type, name)
    if field.kind is Kind.ID:
        raise Refused("INVALID_FIELD", "The Id field should not be specified in the sobject data.", fields=["Id"])
    if not field.writable or (field.create_only and not creating):
        verb = "create" if creating else "update"
        remedy = "verify that it is read/write for your profile or permission set."
        text = f"Unable to {verb} fields: {field.name}. Please check the security settings of this field and {remedy}"
        raise Refused("INVALID_FIELD_FOR_INSERT_UPDATE", text, fields=[field.name])
    return field


def _linked(org: "Org", field: Field, value: object) -> object:
    """Return a look-up's value; it has to point to a row that is there."""
    if not field.to or value is None:
        return value
    if org.store.object_of(str(value)) != field.to:
        raise Refused("MALFORMED_ID", f"{field.name}: id value of incorrect type: {value}", fields=[field.name])
    if value not in org.tables[field.to]:
        raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", fields=[field.name])
    return value


def _ensure_required(object_type: ObjectType, values: "Row", *, creating: bool) -> None:
    missing = [
        field.name
        for field in object_type.fields.values()
        if field.required and values.get(field.name) is None and (creating or field.name in values)
    ]
    if missing:
        text = f"Required fields are missing: [{', '.join(missing)}]"
        raise Refused("REQUIRED_FIELD_MISSING", text, fields=missing)
