"""Event payloads: one bare Avro datum each, written with the schema that the event itself names.

A schema never changes under its id, so it is fetched once. The topic's current schema is never used for decoding:
retained events keep the one they were written with. Source: Salesforce fact sheet 2.8.
"""

import json
import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping
from io import BytesIO
from threading import Lock
from typing import Any

from fastavro import parse_schema, schemaless_reader, schemaless_writer
from fastavro.schema import SchemaParseException, UnknownType

from clients.salesforce.flight import SingleFlight

# An event type gains a schema per change of its fields: this is years of them, for several types.
_MAX_SCHEMAS = 256
# All that a decoder raises on bytes or a schema that do not fit; none of it can pass on a second try.
_UNREADABLE = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, RecursionError, TypeError, ValueError),
    *(SchemaParseException, UnknownType, struct.error),
)


class UndecodableEvent(Exception):  # noqa: N818 - named for the event, which is kept, not for the mishap
    """The payload and its schema do not fit; trying again cannot help, and the event is to be kept and passed."""


class SchemaCache:
    """Schemas by id, fetched on first need by whoever comes first; safe to share between threads."""

    def __init__(self, fetch: Callable[[str], str], *, max_schemas: int = _MAX_SCHEMAS) -> None:
        self._fetch = fetch
        self._max_schemas = max_schemas
        self._lock = Lock()
        self._schemas: OrderedDict[str, Any] = OrderedDict()
        self._fetches: SingleFlight[str, Any] = SingleFlight()

    def decode(self, schema_id: str, payload: bytes) -> dict[str, object]:
        """Return the fields of an event; those that are unset are None.

        Raises: UndecodableEvent; whatever `fetch` raises, which is no fault of the event: try again.
        """
        if not schema_id:
            raise UndecodableEvent("the event names no schema")
        return _decoded(self.schema(schema_id), payload)

    def encode(self, schema_id: str, fields: Mapping[str, object]) -> bytes:
        """Return the payload of an event to publish.

        Raises: ValueError for fields that do not fit the schema; UndecodableEvent if the schema is unreadable;
        whatever `fetch` raises.
        """
        return encode(self.schema(schema_id), fields)

    def schema(self, schema_id: str) -> Any:
        """Return a parsed schema, fetching it if it is not known.

        Raises: UndecodableEvent if it is unreadable; whatever `fetch` raises, which is not remembered.
        """
        known = self._known(schema_id)
        return known if known is not None else self._fetches.do(schema_id, lambda: self._fetched(schema_id))

    def _known(self, schema_id: str) -> Any | None:
        with self._lock:
            if schema_id not in self._schemas:
                return None
            self._schemas.move_to_end(schema_id)
            return self._schemas[schema_id]

    def _fetched(self, schema_id: str) -> Any:
        known = self._known(schema_id)
        if known is not None:
            return known
        schema = _parsed(self._fetch(schema_id))
        with self._lock:
            self._schemas[schema_id] = schema
            while len(self._schemas) > self._max_schemas:
                self._schemas.popitem(last=False)
        return schema


def encode(schema: Any, fields: Mapping[str, object]) -> bytes:
    """Return a payload written with a parsed schema; fields that are left out become null.

    Raises: ValueError for a field that the schema does not have, or a value that does not fit.
    """
    names = {field["name"] for field in schema["fields"]}
    if not names >= fields.keys():
        raise ValueError(f"the event has no field {', '.join(sorted(fields.keys() - names))}")
    out = BytesIO()
    try:
        schemaless_writer(out, schema, dict.fromkeys(names) | dict(fields))
    except (TypeError, AttributeError, ArithmeticError, struct.error) as error:
        raise ValueError(f"the event does not fit its schema: {error}") from error
    return out.getvalue()


def _parsed(schema_json: str) -> Any:
    try:
        return parse_schema(json.loads(schema_json))
    except _UNREADABLE as error:
        raise UndecodableEvent(f"unreadable schema: {error}") from error


def _decoded(schema: Any, payload: bytes) -> dict[str, object]:
    stream = BytesIO(payload)
    try:
        fields = schemaless_reader(stream, schema, None)
    except _UNREADABLE as error:
        raise UndecodableEvent(f"payload does not fit its schema: {type(error).__name__}") from error
    if not isinstance(fields, dict):
        raise UndecodableEvent("the schema describes no record")
    if stream.tell() != len(payload):
        raise UndecodableEvent(f"{len(payload) - stream.tell()} bytes too many for its schema")
    return fields
