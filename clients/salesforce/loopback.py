"""The one rule for unencrypted traffic: only to this very machine."""

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine."""
    bare = host.strip("[]").rstrip(".").lower()
    if bare == "localhost":
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def safe_origin(url: str) -> str:
    """Return scheme, host and port of a URL, if a token may be sent there.

    Raises: ValueError unless it is https, or plain http to a loopback host.
    """
    parts = urlsplit(url)
    if not parts.hostname or "@" in parts.netloc:
        raise ValueError("a URL without a plain host")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError("only https is allowed, or plain http to a loopback host")
    return f"{parts.scheme}://{parts.netloc}"


def is_plain(url: str) -> bool:
    """Tell whether a URL leads, unencrypted, to this machine: then no proxy of the environment applies."""
    return urlsplit(url).scheme == "http"
