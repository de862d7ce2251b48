"""Cuts a query into words, and takes the texts out of it: what is left is the query's shape.

Source: Salesforce fact sheet 4.1 (escapes).
"""

import re
from dataclasses import dataclass

from sandbox.salesforce.refusal import Refused

_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)
_WORD = re.compile(
    r"""
    \s*(?:
      (?P<text>'')
    | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    | (?P<date>\d{4}-\d\d-\d\d(?![\dT]))
    | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w-]))
    | (?P<name>[A-Za-z]\w*(?:\.[A-Za-z]\w*)*)
    | (?P<sign><=|>=|!=|<>|[=<>(),:])
    )
    """,
    re.VERBOSE,
)
_ESCAPES = {
    "n": "\n",
    "N": "\n",
    "r": "\r",
    "R": "\r",
    "t": "\t",
    "T": "\t",
    "b": "\b",
    "B": "\b",
    "f": "\f",
    "F": "\f",
}
_PLAIN_ESCAPES = "\\'\""
_WILDCARDS = "%_"


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query with its kind and place."""

    kind: str
    text: str
    at: int

    @property
    def upper(self) -> str:
        """Return the word as a keyword."""
        return self.text.upper()


def shape_of(soql: str) -> tuple[str, tuple[str, ...]]:
    """Return the query with every text taken out, and these texts, still escaped."""
    texts: list[str] = []

    def take(match: re.Match[str]) -> str:
        texts.append(match[0][1:-1])
        return "''"

    return _TEXT.sub(take, soql), tuple(texts)


def words_of(shape: str) -> list[Word]:
    """Return the words of a shape; raise Refused (MALFORMED_QUERY) at what is none."""
    words, at, end = [], 0, len(shape.rstrip())
    while at < end:
        match = _WORD.match(shape, at)
        if match is None or match.lastgroup is None:
            rest = shape[at:].lstrip()
            raise malformed(shape, len(shape) - len(rest), f"unexpected token: '{rest[:20]}'")
        words.append(Word(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
        at = match.end()
    words.append(Word("end", "<EOF>", end))
    return words


def malformed(shape: str, at: int, reason: str) -> Refused:
    """Return the refusal of a query that cannot be read, with the place as Salesforce shows it."""
    before = shape[:at]
    row, column = before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1
    return Refused(
        "MALFORMED_QUERY", f"{shape[max(0, at - 40) : at + 40]}\nERROR at Row:{row}:Column:{column}\n{reason}"
    )


def unescaped(text: str) -> str:
    """Return what a text means; raise Refused for an escape that SOQL does not have."""
    return re.sub(r"\\(.)", _meaning, text, flags=re.DOTALL) if "\\" in text else text


def like_pattern(text: str) -> re.Pattern[str]:
    """Return a pattern that matches what a LIKE text matches; an escaped wildcard means itself."""
    parts = []
    for match in re.finditer(r"\\(.)|(.)", text, flags=re.DOTALL):
        escaped, plain = match[1], match[2]
        if escaped is not None:
            parts.append(re.escape(escaped if escaped in _WILDCARDS else _meaning(match)))
        else:
            parts.append({"%": ".*", "_": "."}.get(plain, re.escape(plain)))
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def _meaning(match: re.Match[str]) -> str:
    char = match[1]
    if char in _PLAIN_ESCAPES:
        return char
    if char not in _ESCAPES:
        raise Refused(
            "MALFORMED_QUERY",
            f"Illegal character sequence '\\{char}' in string literal. Valid: \\n, \\t, \\b, \\f, \\r, \\\", \\', \\\\",
        )
    return _ESCAPES[char]
