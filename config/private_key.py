"""Read the RSA key that signs the Salesforce login, in every shape that platforms and people make of a PEM text.

No error text holds any part of what was read.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from pydantic import SecretStr

# A line break may arrive real, as the two characters \n (or \r\n), or escaped twice by nested tools.
_BREAK = re.compile(r"(?:\\+[rn])+|\r\n?")
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_AROUND = " \t\r\n\"'"
_HOW = "give the unencrypted PEM text (line breaks may be written \\n) or the base64 of it"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key that was read from a file."""

    path: Path
    pem: SecretStr


def read_key(text: str) -> SecretStr:
    """Return the key as PKCS #8 PEM.

    Raises: ValueError telling what is wrong and the remedy, never any part of the text.
    """
    pem = _pem_in(_plain(text))
    key = _load(pem)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("is a private key but not an RSA key; Salesforce signs in with RSA keys only")  # noqa: TRY004 - pydantic collects ValueError
    return SecretStr(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
    )


def read_key_file(text: str) -> KeyFile:
    """Return the key in the file at this path.

    Raises: ValueError as `read_key` does, or when the file cannot be read.
    """
    if "-----BEGIN" in text:
        raise ValueError("holds a key and not a path; put the key into SF_PRIVATE_KEY")
    path = Path(text).expanduser()
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise ValueError(f"names a file that cannot be read ({reason}); check the path and its permissions") from None
    try:
        return KeyFile(path=path, pem=read_key(content))
    except ValueError as error:
        raise ValueError(f"names a file whose content {error}") from None


def _plain(text: str) -> str:
    return _BREAK.sub("\n", text).strip(_AROUND)


def _pem_in(text: str) -> bytes:
    if "-----BEGIN" not in text:
        text = _plain(_from_base64(text))
    block = _BLOCK.search(text)
    if block is None:
        raise ValueError(f"has no complete PEM block; {_HOW}")
    label, body = block.groups()
    if "ENCRYPTED" in label or "ENCRYPTED" in body:
        raise ValueError(f"is an encrypted key; {_HOW}")
    if not label.endswith("PRIVATE KEY"):
        raise ValueError("is no private key but a certificate or a public key; give the private key that belongs to it")
    # Line breaks may have become blanks on the way: put them where PEM wants them.
    packed = "".join(body.split())
    lines = [packed[at : at + 64] for at in range(0, len(packed), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise ValueError(
            f"is neither PEM nor the base64 of it (a path belongs in SF_PRIVATE_KEY_FILE); {_HOW}"
        ) from None


def _load(pem: bytes) -> object:
    try:
        return serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError(f"looks like a key but cannot be read as one (cut short or changed?); {_HOW}") from None
