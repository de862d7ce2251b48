"""Sort an HTTP answer of the WHMCS API into what it can mean.

Pure: status, body and Retry-After in; one of four values out. Only HTTP 200 with a JSON object whose `result` (else
`status`) is "success" is a success; everything that is not plainly a refusal is unclear, and the caller decides what
unclear means for a read and for a write.

Source: WHMCS fact sheet 1.3.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeAlias

from clients.whmcs.fields import Fields
from clients.whmcs.texts import access_text


@dataclass(frozen=True, slots=True)
class Wire:
    """An answer as it came: nothing is read into it yet."""

    status: int
    body: bytes
    content_type: str = ""
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Success:
    """WHMCS did what was asked."""

    fields: Fields


@dataclass(frozen=True, slots=True)
class Refused:
    """WHMCS understood and said no. `clean`: in the agreed form, so that a write surely did not happen."""

    text: str
    clean: bool = True


@dataclass(frozen=True, slots=True)
class Denied:
    """WHMCS refused the caller before it looked at the request."""

    text: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """No answer of WHMCS, or none that can be trusted. `misplaced`: it looks like a wrong address."""

    reason: str
    retry_after_s: float | None = None
    misplaced: bool = False


Sorted: TypeAlias = Success | Refused | Denied | Unclear

_MISPLACED = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE})
_PAIR_ENDS = re.compile(r"[;&\r\n]+")
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)


def sort_answer(wire: Wire) -> Sorted:
    """Return what an answer means."""
    said = _json_object(wire.body)
    return _sort_text(wire) if said is None else _sort_json(wire, said)


def _sort_json(wire: Wire, said: Fields) -> Sorted:
    result = str(said.get("result", said.get("status"))).lower()
    message = str(said.get("message") or "")
    if wire.status == HTTPStatus.OK:
        if result == "success":
            return Success(said)
        # A warning stands for a failure of unknown depth: the payment failed, the order may exist.
        if result == "error" and "warning" not in said:
            return Refused(message)
        return _unclear(wire, "JSON without a plain result")
    if _denies(wire.status, message, is_error=result == "error"):
        return Denied(message)
    return _unclear(wire, "JSON")


def _sort_text(wire: Wire) -> Sorted:
    body = wire.body.decode("utf-8", errors="replace").strip()
    if body.startswith("<"):
        return _unclear(wire, "a page, not an answer of the API")
    pairs = _key_values(body)
    is_error = pairs.get("result", "").lower() == "error"
    message = pairs.get("message", body)
    # Authentication errors may come as key=value, as they are made before `responsetype` is looked at.
    if _denies(wire.status, message, is_error=is_error) or (wire.status == HTTPStatus.OK and access_text(message)):
        return Denied(message)
    if is_error and wire.status == HTTPStatus.OK:
        return Refused(message, clean=False)
    return _unclear(wire, "no readable JSON")


def _denies(status: int, message: str, *, is_error: bool) -> bool:
    """Tell an access fault by its text; a 403 in WHMCS's own form is one whatever it says."""
    if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return False
    return access_text(message) is not None or (status == HTTPStatus.FORBIDDEN and is_error)


def _json_object(body: bytes) -> Fields | None:
    try:
        said = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _key_values(body: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in _PAIR_ENDS.split(body))
    return {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}


def _unclear(wire: Wire, what: str) -> Unclear:
    """Describe an answer without quoting it: half an answer of GetClientsProducts holds service passwords."""
    reason = f"HTTP {wire.status}, {len(wire.body)} bytes of {wire.content_type or 'no type'}: {what}"
    redirected = HTTPStatus.MULTIPLE_CHOICES <= wire.status < HTTPStatus.BAD_REQUEST
    return Unclear(reason, retry_after_s=wire.retry_after_s, misplaced=redirected or wire.status in _MISPLACED)


def retry_after_s(header: str | None, *, now: datetime) -> float | None:
    """Return the wait that a Retry-After header asks for, as seconds or as a date; None when it asks for none."""
    if header is None:
        return None
    if _SECONDS.fullmatch(header.strip()):
        return float(header)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    # "-0000" parses to a time without a zone; HTTP dates are UTC.
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())
