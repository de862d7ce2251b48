"""Keep credentials, addresses and hosts out of the texts that leave the client.

WHMCS and its modules put what they like into an error text. What is logged must hold no credential; what is written
to Salesforce must hold no host, path, network or mail address either, and is short.
"""

import html
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

# Activation_Error_Message__c has 255 characters, of which our own words take some.
_PUBLIC_CHARS = 140
_DETAIL_CHARS = 500

_TAG = re.compile(r"<[^<>]*>")
_PRIVATE = re.compile(
    r"""
      [a-z][a-z0-9+.-]*://\S+                                   # an address with a scheme
    | [^\s@<>"']+@[^\s@<>"']+                                   # a mail address
    | \b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b                      # IPv4, with a port or not
    | (?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])   # IPv6
    | \b(?:[a-z0-9_-]+\.)+[a-z]{2,}(?::\d+)?\b                  # a host or file name
    | (?<!\w)(?:/[\w.-]+){2,}/?                                 # a path
    """,
    re.VERBOSE | re.IGNORECASE,
)


class Redactor:
    """Knows this client's credentials, in every spelling in which they could be echoed."""

    __slots__ = ("_secrets",)

    def __init__(self, secrets: Iterable[str | None]) -> None:
        spellings = {spelling for secret in secrets if secret for spelling in _spellings(secret)}
        alternatives = sorted(spellings, key=len, reverse=True)
        self._secrets = re.compile("|".join(re.escape(spelling) for spelling in alternatives) or r"(?!)")

    def detail(self, text: str) -> str:
        """Return a text for the log: no credentials, bounded."""
        return _short(self._secrets.sub("***", text), _DETAIL_CHARS)

    def public(self, text: str) -> str:
        """Return a text for Salesforce: plain words of WHMCS, nothing that tells where or who, short."""
        words = html.unescape(_TAG.sub(" ", self._secrets.sub("***", text)))
        return _short(_PRIVATE.sub("[…]", self._secrets.sub("***", words)), _PUBLIC_CHARS)


def _spellings(secret: str) -> set[str]:
    in_json = json.dumps(secret)[1:-1]
    return {
        secret,
        html.escape(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        in_json,
        in_json.replace("/", r"\/"),
    }


def _short(text: str, chars: int) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= chars else one_line[: chars - 1] + "…"
