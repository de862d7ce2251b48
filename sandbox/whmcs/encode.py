"""How an answer is written: JSON when it was asked for, else NVP, the old default; XML for who wants it.

Source: WHMCS fact sheet 1.1, 1.3.
"""

import json
from collections.abc import Iterator
from xml.sax.saxutils import escape

from aiohttp import web

from sandbox.whmcs.shapes import Answer

_JSON = json.JSONEncoder(separators=(",", ":")).encode


def encoded(answer: Answer, response_type: str, *, status: int = 200) -> web.Response:
    """Return an answer in the asked form."""
    if response_type == "json":
        return web.Response(body=_JSON(answer).encode(), status=status, content_type="application/json")
    if response_type == "xml":
        return web.Response(text=_xml(answer), status=status, content_type="application/xml")
    return web.Response(text=nvp(answer), status=status, content_type="text/plain")


def nvp(answer: Answer) -> str:
    """Return an answer as `name=value;` pairs, nested names in brackets."""
    return "".join(f"{name}={value};" for name, value in _flat(answer))


def _flat(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _flat(inner, f"{name}[{index}]")
    else:
        yield name, _as_text(value)


def _xml(answer: Answer) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?>\n<whmcsapi>{_elements(answer)}</whmcsapi>'


def _elements(value: object) -> str:
    if isinstance(value, dict):
        return "".join(_element(str(key), inner) for key, inner in value.items())
    return escape(_as_text(value))


def _element(name: str, value: object) -> str:
    if isinstance(value, list):
        return "".join(_element(name, inner) for inner in value)
    return f"<{name}>{_elements(value)}</{name}>"


def _as_text(value: object) -> str:
    if value is None or value is False:
        return ""
    return "1" if value is True else str(value)
