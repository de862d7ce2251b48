"""What a field of an object is: its type, and what may be written to it."""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The types of fields, as a describe call names them."""

    ID = "id"
    TEXT = "string"
    LONG_TEXT = "textarea"
    PICKLIST = "picklist"
    BOOLEAN = "boolean"
    DOUBLE = "double"
    CURRENCY = "currency"
    DATE = "date"
    DATETIME = "datetime"
    REFERENCE = "reference"
    ADDRESS = "address"


TEXTS = frozenset({Kind.TEXT, Kind.LONG_TEXT, Kind.PICKLIST})
NUMBERS = frozenset({Kind.DOUBLE, Kind.CURRENCY})
IDS = frozenset({Kind.ID, Kind.REFERENCE})


@dataclass(frozen=True, slots=True)
class Field:
    """One field; `to` and `parent` are the object that a look-up points to and the name of that relationship."""

    name: str
    kind: Kind
    length: int = 255
    values: tuple[str, ...] = ()
    restricted: bool = False
    to: str = ""
    parent: str = ""
    required: bool = False
    writable: bool = True
    create_only: bool = False
    external_id: bool = False
    default: object = None

    @property
    def filterable(self) -> bool:
        """Long texts and compound fields can neither be filtered nor sorted by."""
        return self.kind not in {Kind.LONG_TEXT, Kind.ADDRESS}


@dataclass(frozen=True, slots=True)
class Children:
    """A child relationship: its name, the object of the children, and their field that points here."""

    name: str
    object_name: str
    lookup: str


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One object of the org; the look-ups by name ignore case, as SOQL does."""

    name: str
    prefix: str
    fields: dict[str, Field]
    children: dict[str, Children] = field(default_factory=dict)
    parents: dict[str, Field] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def field(self, name: str) -> Field | None:
        """Return a field by its name in any case."""
        known = self.fields.get(name)
        return known if known is not None else self.fields.get(self.names.get(name.lower(), ""))


def make_object(name: str, prefix: str, fields: tuple[Field, ...], children: tuple[Children, ...] = ()) -> ObjectType:
    """Return an object type of these fields."""
    return ObjectType(
        name=name,
        prefix=prefix,
        fields={each.name: each for each in fields},
        children={each.name.lower(): each for each in children},
        parents={each.parent.lower(): each for each in fields if each.parent},
        names={each.name.lower(): each.name for each in fields},
    )


def text(name: str, length: int = 255, *, required: bool = False, external_id: bool = False) -> Field:
    """Return a text field."""
    return Field(name, Kind.TEXT, length=length, required=required, external_id=external_id)


def long_text(name: str, length: int = 32768) -> Field:
    """Return a long text area."""
    return Field(name, Kind.LONG_TEXT, length=length)


def picklist(name: str, *values: str, restricted: bool = False, default: str | None = None) -> Field:
    """Return a picklist; one that is not restricted takes any text."""
    return Field(name, Kind.PICKLIST, values=values, restricted=restricted, default=default)


def number(name: str, kind: Kind = Kind.DOUBLE, *, required: bool = False) -> Field:
    """Return a number, which always comes back as a float."""
    return Field(name, kind, required=required)


def moment(name: str, kind: Kind = Kind.DATETIME, *, required: bool = False) -> Field:
    """Return a date with its time, or a date alone."""
    return Field(name, kind, required=required)


def flag(name: str, *, default: bool = False) -> Field:
    """Return a checkbox, which is never null."""
    return Field(name, Kind.BOOLEAN, default=default)


def lookup(name: str, to: str, *, required: bool = False, create_only: bool = False) -> Field:
    """Return a look-up; the relationship has the name of the field without its ending."""
    parent = name.removesuffix("__c") + "__r" if name.endswith("__c") else name.removesuffix("Id")
    return Field(name, Kind.REFERENCE, length=18, to=to, parent=parent, required=required, create_only=create_only)


def read_only(kind: Kind, *names: str) -> tuple[Field, ...]:
    """Return fields that only Salesforce itself writes: numbers it counts, formulas, sums."""
    return tuple(Field(name, kind, writable=False) for name in names)


def system_fields() -> tuple[Field, ...]:
    """Return what every object has."""
    people = tuple(
        Field(name, Kind.REFERENCE, length=18, to="User", parent=name.removesuffix("Id"), writable=False)
        for name in ("CreatedById", "LastModifiedById")
    )
    moments = read_only(Kind.DATETIME, "CreatedDate", "LastModifiedDate", "SystemModstamp")
    return (
        Field("Id", Kind.ID, length=18, writable=False),
        Field("IsDeleted", Kind.BOOLEAN, writable=False, default=False),
        *moments,
        *people,
    )


def address(name: str) -> tuple[Field, ...]:
    """Return a compound address, which is only read, and its parts, which are written."""
    parts = ("Street", "City", "State", "PostalCode", "Country")
    return (Field(f"{name}Address", Kind.ADDRESS, writable=False), *(text(name + part) for part in parts))
