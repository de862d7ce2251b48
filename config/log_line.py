"""Write an event as one JSON line that no platform cuts: under 10,000 bytes, long texts shortened in the middle."""

import json

from structlog.typing import EventDict, WrappedLogger

# Platforms split or cut longer lines, and half a JSON document is none.
LONGEST_LINE_BYTES = 9_999
# What a person looks for first comes first, and survives when a line has to lose fields.
_FIRST = ("timestamp", "level", "event", "logger", "order_id", "stage", "attempt", "event_id", "run_id", "message_id")
# (characters of a text, items of a collection), tried in turn until the line is short enough.
_STEPS = ((4_000, 60), (1_000, 20), (200, 10))
# 12 fields of 100 characters fit, even if each character is written as six.
_LAST_RESORT = (100, 12)
_LONGEST_KEY = 30


def render_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Return an event of plain types as one line, ASCII only, so that its length is its bytes."""
    ordered = {key: event[key] for key in _FIRST if key in event} | dict(event)
    line = _dump(ordered)
    for longest_text, most_items in _STEPS:
        if len(line) <= LONGEST_LINE_BYTES:
            return line
        fields = {key: _shortened(value, longest_text, most_items) for key, value in ordered.items()}
        line = _dump(fields | {"shortened": True})
    return line if len(line) <= LONGEST_LINE_BYTES else _dump(_bare(ordered))


def cut(text: str, longest: int) -> str:
    """Shorten a text in its middle: a traceback begins with where and ends with what."""
    if len(text) <= longest:
        return text
    head = longest // 3
    return f"{text[:head]} … {len(text) - longest} characters left out … {text[head - longest :]}"


def _dump(fields: dict[str, object]) -> str:
    return json.dumps(fields, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def _shortened(value: object, longest_text: int, most_items: int) -> object:
    if isinstance(value, str):
        return cut(value, longest_text)
    if isinstance(value, dict):
        items = list(value.items())[:most_items]
        return {cut(key, longest_text): _shortened(item, longest_text, most_items) for key, item in items}
    if isinstance(value, list):
        return [_shortened(item, longest_text, most_items) for item in value[:most_items]]
    return value


def _bare(ordered: dict[str, object]) -> dict[str, object]:
    longest, most = _LAST_RESORT
    kept = list(ordered.items())[: most - 1]
    return {key[:_LONGEST_KEY]: str(value)[:longest] for key, value in kept} | {"shortened": True}
