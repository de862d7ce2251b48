"""Fields of a query: found once, by way of the parents, then read from row after row.

Source: Salesforce fact sheet 4.1, 4.7.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.salesforce.fields import Field, Kind, ObjectType
from sandbox.salesforce.refusal import Refused
from sandbox.salesforce.soql.nodes import Path
from sandbox.salesforce.store import Row

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org

Read = Callable[[Row], object]
_ADDRESS_PARTS = ("City", "Country", "PostalCode", "State", "Street")


@dataclass(frozen=True, slots=True)
class Column:
    """A field with the way to its value; `is_own` tells that no parent lies on it."""

    field: Field
    read: Read
    is_own: bool


def source_type(org: "Org", name: str) -> ObjectType:
    """Return the object that a query reads; raise Refused (INVALID_TYPE) if there is none."""
    found = org.objects.get(org.object_names.get(name.lower(), ""))
    if found is None:
        hint = "If you are attempting to use a custom object, be sure to append the '__c' after the entity name."
        raise Refused("INVALID_TYPE", f"sObject type '{name}' is not supported. {hint}")
    return found


def find_column(org: "Org", source: ObjectType, path: Path) -> Column:
    """Return the field at the end of a path; raise Refused (INVALID_FIELD) if it leads nowhere."""
    *parents, name = own_parts(source, path.parts)
    if not parents:
        field = find_field(source, name)
        return Column(field, reader(field), is_own=True)
    lookup = find_parent(source, parents[0])
    inner = find_column(org, org.objects[lookup.to], Path((*parents[1:], name)))
    return Column(inner.field, _through(lookup.name, org.tables[lookup.to], inner.read), is_own=False)


def own_parts(source: ObjectType, parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return a path without the name of the queried object itself, which may stand in front."""
    is_prefixed = len(parts) > 1 and parts[0].lower() == source.name.lower() and parts[0].lower() not in source.parents
    return parts[1:] if is_prefixed else parts


def find_field(source: ObjectType, name: str) -> Field:
    """Return a field by name; one that is hidden from the user would look like a typing error, too."""
    field = source.field(name)
    if field is None:
        hint = "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name."
        more = "Please reference your WSDL or the describe call for the appropriate names."
        raise Refused("INVALID_FIELD", f"No such column '{name}' on entity '{source.name}'. {hint} {more}")
    return field


def find_parent(source: ObjectType, name: str) -> Field:
    """Return the look-up of a relationship to a parent."""
    lookup = source.parents.get(name.lower())
    if lookup is None:
        hint = "be sure to append the '__r' after the custom relationship name."
        more = f"If you are attempting to use a custom relationship, {hint}"
        raise Refused("INVALID_FIELD", f"Didn't understand relationship '{name}' in field path. {more}")
    return lookup


def reader(field: Field) -> Read:
    """Return the function that reads a field of a row."""
    if field.kind is Kind.ADDRESS:
        return _address(field.name.removesuffix("Address"))
    name = field.name
    return lambda row: row[name]


def _address(prefix: str) -> Read:
    names = [(part[0].lower() + part[1:], prefix + part) for part in _ADDRESS_PARTS]

    def read(row: Row) -> object:
        parts = {key: row[name] for key, name in names}
        nowhere = {"geocodeAccuracy": None, "latitude": None, "longitude": None}
        return parts | nowhere if any(parts.values()) else None

    return read


def _through(lookup: str, table: Mapping[str, Row], read: Read) -> Read:
    def read_parent(row: Row) -> object:
        parent = table.get(str(row[lookup]))
        return None if parent is None else read(parent)

    return read_parent
