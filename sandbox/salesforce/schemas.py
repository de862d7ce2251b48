"""Avro schemas of platform events, in the shape that Salesforce gives them.

Source: Salesforce fact sheet 2.8.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from fastavro import parse_schema, schemaless_writer
from fastavro.schema import fingerprint, to_parsing_canonical_form

_AVRO_TYPES = {
    "Text": "string",
    "LongTextArea": "string",
    "Number": "double",
    "Checkbox": "boolean",
    "DateTime": "long",
}


@dataclass(frozen=True)
class EventSchema:
    """One version of an event's schema; `schema_id` is derived from its content, so it never changes."""

    schema_id: str
    json_text: str
    parsed: Any

    def encode(self, values: Mapping[str, object]) -> bytes:
        """Return the payload of an event: one bare datum; fields that are not given are null.

        Raises: ValueError for a value that does not fit.
        """
        out = BytesIO()
        schemaless_writer(
            out, self.parsed, {field["name"]: values.get(field["name"]) for field in self.parsed["fields"]}
        )
        return out.getvalue()

    @property
    def field_names(self) -> list[str]:
        """Return the names of all fields."""
        return [field["name"] for field in self.parsed["fields"]]


def make_schema(event_name: str, fields: Mapping[str, str]) -> EventSchema:
    """Return the schema of an event with these custom fields, given by name and Salesforce type."""
    shape = {
        "type": "record",
        "name": event_name,
        "namespace": "com.sforce.eventbus",
        "fields": [
            {"name": "CreatedDate", "type": "long", "doc": "CreatedDate:DateTime"},
            {"name": "CreatedById", "type": "string", "doc": "CreatedBy:EntityId"},
            *(_custom_field(number, name, kind) for number, (name, kind) in enumerate(fields.items())),
        ],
    }
    parsed = parse_schema(shape)
    digest = bytes.fromhex(fingerprint(to_parsing_canonical_form(parsed), "MD5"))
    return EventSchema(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), json.dumps(shape), parsed)


def _custom_field(number: int, name: str, kind: str) -> dict[str, object]:
    doc = f"Data:{kind}:00N5e00000Sandbx{number:02d}"
    return {"name": name, "type": ["null", _AVRO_TYPES[kind]], "doc": doc, "default": None}
