"""How this WHMCS says no."""

from http import HTTPStatus


class Refusal(Exception):  # noqa: N818 - named for what the caller is told
    """A business error: HTTP 200 and `result=error` with a text."""

    status = HTTPStatus.OK

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class AccessRefusal(Refusal):
    """A caller who is not let in: HTTP 403, told apart by the text alone."""

    status = HTTPStatus.FORBIDDEN


class BadRequest(Refusal):
    """A request that names no action: HTTP 400."""

    status = HTTPStatus.BAD_REQUEST
