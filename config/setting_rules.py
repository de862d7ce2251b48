"""What a setting's text must be like. Pure but for the CA file, which is looked into.

Each rule takes the text and returns the value, or raises ValueError with what is wrong and the remedy. No error text
repeats the value: people paste secrets into the wrong variable.
"""

import ipaddress
import math
import re
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})
_HOST = re.compile(r"[A-Za-z0-9._-]+")
_ENDPOINT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")
_LOOPBACK_4 = ipaddress.ip_network("127.0.0.0/8")
_MAX_PORT = 65535
_REDIS_SCHEMES = ("redis", "rediss", "unix")
_MARKER_FIELD = re.compile(r"customfield:\s*([^|\s][^|]*)(\|.*)?", re.IGNORECASE)


def is_loopback(host: str) -> bool:
    """Tell whether a host can only be this machine: localhost, 127.0.0.0/8 or ::1."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address in _LOOPBACK_4 if address.version == 4 else address == ipaddress.IPv6Address("::1")  # noqa: PLR2004 - IPv4


def endpoint_host(endpoint: str) -> str:
    """Return the host of `host:port`."""
    return endpoint.rpartition(":")[0]


def line(text: str) -> str:
    """Accept one line of text."""
    if not text.isprintable():
        raise ValueError("has a line break or another control character inside; give it on one line")
    return text


def secret(text: str) -> SecretStr:
    """Accept one line that is never shown."""
    return SecretStr(line(text))


def switch(text: str) -> bool:
    """Read yes or no."""
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError("is not a yes or no; write true or false (also 1/0, yes/no, on/off)")


def choice(*allowed: str) -> Callable[[str], str]:
    """Make a rule that accepts one of some words, in any case."""
    spelled = {word.lower(): word for word in allowed}

    def rule(text: str) -> str:
        if text.lower() not in spelled:
            raise ValueError(f"is not one of the allowed words; write {' or '.join(allowed)}")
        return spelled[text.lower()]

    return rule


def pattern(expression: str, remedy: str) -> Callable[[str], str]:
    """Make a rule that accepts what matches an expression."""
    compiled = re.compile(expression, re.ASCII)

    def rule(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"is not of the right form; {remedy}")
        return text

    return rule


def whole(least: int, most: int) -> Callable[[str], int]:
    """Make a rule that accepts a whole number between two bounds."""

    def rule(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or not least <= int(text) <= most:
            raise ValueError(f"is not a whole number from {least} to {most}; write digits only")
        return int(text)

    return rule


def seconds(least: float, most: float, *, usual: float) -> Callable[[str], float]:
    """Make a rule that accepts a number of seconds between two bounds."""

    def rule(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not least <= number <= most:
            raise ValueError(f"is not a number of seconds from {least:g} to {most:g}; write for instance {usual:g}")
        return number

    return rule


def words(text: str) -> frozenset[str]:
    """Read a list of words with commas between them."""
    return frozenset(word.strip() for word in line(text).split(",") if word.strip())


def endpoint(text: str) -> str:
    """Accept `host:port`."""
    match = _ENDPOINT.fullmatch(text)
    if match is None or not 0 < int(match[2]) <= _MAX_PORT:
        raise ValueError(
            "is not host:port; write for instance api.pubsub.salesforce.com:7443, without https:// or a path"
        )
    return text


def http_url(text: str) -> str:
    """Accept an https URL, or an http one to this machine; return it without a slash at its end."""
    url = _split(text)
    if url.scheme not in {"https", "http"} or not _host(url):
        raise ValueError("is not a full URL; write https://host/path")
    if "@" in url.netloc:
        raise ValueError("has a user or password in it; take them out, credentials have settings of their own")
    if url.query or url.fragment:
        raise ValueError("has a query (?) or a fragment (#); take it out")
    if url.scheme == "http" and not is_loopback(_host(url)):
        raise ValueError("is plain http; use https:// (http is accepted only for 127.0.0.1, ::1 and localhost)")
    return text.rstrip("/")


def whmcs_api_url(text: str) -> str:
    """Accept the full URL of WHMCS's api.php."""
    url = http_url(text)
    if not urlsplit(url).path.endswith("/api.php"):
        raise ValueError(
            "does not end in api.php; give the full URL, for instance https://billing.example.com/includes/api.php"
        )
    return url


def redis_url(text: str) -> SecretStr:
    """Accept a redis://, rediss:// or unix:// URL; it may hold a password."""
    url = _split(text)
    if url.scheme not in _REDIS_SCHEMES:
        raise ValueError(
            "does not begin with redis://, rediss:// or unix://; write for instance redis://127.0.0.1:6379/0"
        )
    if url.scheme == "unix" and not url.path.strip("/"):
        raise ValueError("names no socket; write for instance unix:///run/redis.sock")
    if url.scheme != "unix" and not _host(url):
        raise ValueError("names no host; write for instance redis://127.0.0.1:6379/0")
    return SecretStr(text)


def ca_file(text: str) -> str:
    """Accept the path of a file with PEM certificates."""
    path = str(Path(text).expanduser())
    store = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        store.load_verify_locations(cafile=path)
    except (ssl.SSLError, ValueError):
        raise ValueError("names a file without PEM certificates; give a file with the root certificates") from None
    except OSError as error:
        raise ValueError(
            f"names a file that cannot be read ({error.strerror}); check the path and its permissions"
        ) from None
    return path


def order_marker(text: str) -> str:
    """Accept `notes` or `customfield:<name>`."""
    if line(text).lower() == "notes":
        return "notes"
    if not _MARKER_FIELD.fullmatch(text):
        raise ValueError("is neither notes nor customfield:<name of the custom field>; write one of the two")
    return text


def _split(text: str) -> SplitResult:
    if re.search(r"\s", text) or not text.isprintable():
        raise ValueError("has a blank or a line break inside; write the URL without")
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError:
        raise ValueError("is not a readable URL; check its host and port") from None
    return url


def _host(url: SplitResult) -> str:
    host = url.hostname or ""
    return host if _HOST.fullmatch(host) or ":" in host else ""
