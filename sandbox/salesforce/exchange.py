"""One call of the REST API without its transport: composite calls are made of these as well."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from sandbox.salesforce.refusal import Refused


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked.

    Shape:  `parts` is the path behind the version; `headers` have lower-case names; `trouble` is what the rows that
            this call writes run into, by way of a fault, the first `troubled_rows` of them if that is set.
    """

    method: str
    parts: tuple[str, ...]
    version: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Mapping[str, Any] = b""
    trouble: Refused | None = None
    troubled_rows: int | None = None

    @property
    def base(self) -> str:
        """Return the path of this version of the API."""
        return f"/services/data/v{self.version}"

    def json(self) -> dict[str, Any]:
        """Return the body, which has to be an object; raise Refused (JSON_PARSER_ERROR) for anything else."""
        body = self.body
        if isinstance(body, bytes):
            try:
                body = json.loads(body)
            except ValueError as error:
                raise Refused("JSON_PARSER_ERROR", f"Unexpected character in the request body: {error}") from error
        if not isinstance(body, dict):
            raise Refused("JSON_PARSER_ERROR", "The HTTP entity body is required to be a JSON object")
        return body

    def ensure_no_trouble(self) -> None:
        """Raise the trouble that a write of one row is in for."""
        if self.trouble is not None:
            raise self.trouble


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; a body of None is no body at all."""

    status: int = HTTPStatus.OK
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


def refusal_reply(refused: Refused) -> Reply:
    """Return the answer to a call that is refused as a whole."""
    return Reply(refused.status, refused.as_answer())
