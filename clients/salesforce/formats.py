"""Values as Salesforce's fields want them."""

from datetime import UTC, datetime


def timestamp(at: datetime) -> str:
    """Return a point in time as Salesforce writes it.

    Raises: ValueError without a time zone.
    """
    if at.tzinfo is None:
        raise ValueError("a time for Salesforce needs its zone")
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def cut(text: str, limit: int) -> str:
    """Return a text of at most `limit` characters, cut at a word and marked with an ellipsis.

    A character beyond the basic plane (an emoji) counts as two, as it does for Java: the text fits by either count.
    """
    if _length(text) <= limit:
        return text
    kept = text[: limit - 1]
    while _length(kept) > limit - 1:
        kept = kept[:-1]
    words = kept.rsplit(maxsplit=1)
    # A text that is one long word keeps its beginning.
    at_word = words[0] if len(words) > 1 and len(words[0]) > limit // 2 else kept
    return at_word.rstrip() + "…"


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
