"""How this Salesforce says no: a status, a stable code, a text, and at times the fields that are to blame.

Source: Salesforce fact sheet 4.2, 4.4, 4.7.
"""

from collections.abc import Sequence
from http import HTTPStatus


class Refused(Exception):  # noqa: N818 - named for what the caller is told
    """A call, or one row of it, that is answered with an error."""

    def __init__(
        self, code: str, message: str, *, status: int = HTTPStatus.BAD_REQUEST, fields: Sequence[str] = ()
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = int(status)
        self.code = code
        self.message = message
        self.fields = list(fields)

    def as_answer(self) -> list[dict[str, object]]:
        """Return the body of a failed call."""
        error: dict[str, object] = {"message": self.message, "errorCode": self.code}
        return [error | {"fields": self.fields} if self.fields else error]

    def as_row_error(self) -> dict[str, object]:
        """Return the error of one row of a collection, where the key of the code has another name."""
        return {"statusCode": self.code, "message": self.message, "fields": self.fields}


def not_found() -> Refused:
    """Return the refusal of a path or a row that does not exist."""
    return Refused("NOT_FOUND", "The requested resource does not exist", status=HTTPStatus.NOT_FOUND)
