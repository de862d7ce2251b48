"""The RSA key in every shape that platforms and people make of it."""

import base64
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from config.settings import Settings, SettingsError, load


def _base64(pem: str) -> str:
    return base64.b64encode(pem.encode()).decode()


def _mixed(pem: str) -> str:
    head, second, *rest = pem.splitlines()
    return f"{head}\\n{second}\n" + "\\n".join(rest)


SHAPES: dict[str, Callable[[str], str]] = {
    "real line breaks": str,
    "Windows line breaks": lambda pem: pem.replace("\n", "\r\n"),
    "written line breaks": lambda pem: pem.replace("\n", "\\n"),
    "written Windows line breaks": lambda pem: pem.replace("\n", "\\r\\n"),
    "line breaks escaped twice": lambda pem: pem.replace("\n", "\\\\n"),
    "real and written line breaks mixed": _mixed,
    "blanks for line breaks": lambda pem: pem.replace("\n", " "),
    "double quotes around": lambda pem: f'"{pem}"',
    "single quotes and blanks around": lambda pem: f" '{pem}' \n",
    "quotes around written line breaks": lambda pem: '"' + pem.replace("\n", "\\n") + '"',
    "base64": _base64,
    "base64 in lines": lambda pem: "\n".join(textwrap.wrap(_base64(pem), 76)),
    "base64 in written lines and quotes": lambda pem: '"' + "\\n".join(textwrap.wrap(_base64(pem), 76)) + '"',
    "base64 of written line breaks": lambda pem: _base64(pem.replace("\n", "\\n")),
    "text before and after": lambda pem: f"Bag Attributes\n  friendlyName: x\n{pem}\nend",
}


def given_key(complete: dict[str, str], text: str) -> Settings:
    return load(complete | {"SF_PRIVATE_KEY": text})


def refused_key(complete: dict[str, str], text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        given_key(complete, text)
    body = [line for line in text.replace("\\n", "\n").splitlines() if len(line) > 8 and "-----" not in line]
    assert not any(line in str(caught.value) for line in body)
    return str(caught.value)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_key_is_read_in_every_shape_and_handed_out_as_pem(shape: str, complete: dict[str, str], rsa_pem: str) -> None:
    assert given_key(complete, SHAPES[shape](rsa_pem)).private_key_pem.get_secret_value() == rsa_pem


@pytest.mark.parametrize("shape", SHAPES)
def test_a_key_file_may_hold_every_shape(shape: str, complete: dict[str, str], rsa_pem: str, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(SHAPES[shape](rsa_pem))
    del complete["SF_PRIVATE_KEY"]
    settings = load(complete | {"SF_PRIVATE_KEY_FILE": str(tmp_path / "key.pem")})
    assert settings.private_key_pem.get_secret_value() == rsa_pem
    assert rsa_pem.splitlines()[1] not in repr(settings)


def test_the_older_pem_form_is_read_too(complete: dict[str, str], rsa_key: rsa.RSAPrivateKey, rsa_pem: str) -> None:
    older = rsa_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()
    assert older.startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert given_key(complete, older).private_key_pem.get_secret_value() == rsa_pem


@pytest.mark.parametrize("form", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL])
def test_an_encrypted_key_is_refused(
    form: serialization.PrivateFormat, complete: dict[str, str], rsa_key: rsa.RSAPrivateKey
) -> None:
    locked = rsa_key.private_bytes(serialization.Encoding.PEM, form, serialization.BestAvailableEncryption(b"pw"))
    assert "SF_PRIVATE_KEY is an encrypted key" in refused_key(complete, locked.decode())


@pytest.mark.parametrize("other", [ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()])
def test_a_key_of_another_kind_is_refused(
    other: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, complete: dict[str, str]
) -> None:
    pem = other.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    assert "not an RSA key" in refused_key(complete, pem)


def test_a_public_key_is_refused(complete: dict[str, str], rsa_key: rsa.RSAPrivateKey) -> None:
    public = rsa_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert "is no private key" in refused_key(complete, public.decode())


def test_a_key_that_was_cut_or_changed_is_refused(complete: dict[str, str], rsa_pem: str) -> None:
    lines = rsa_pem.splitlines()
    assert "no complete PEM block" in refused_key(complete, "\n".join(lines[:9]))
    assert "cannot be read" in refused_key(complete, "\n".join([*lines[:9], *lines[12:]]))
    assert "neither PEM nor the base64 of it" in refused_key(complete, "\n".join(lines[1:-1]))
    assert "neither PEM nor the base64 of it" in refused_key(complete, "/etc/keys/salesforce.pem")
    assert "no complete PEM block" in refused_key(complete, _base64("no key at all, only some text"))


def test_both_ways_at_once_are_refused_naming_both(complete: dict[str, str], tmp_path: Path, rsa_pem: str) -> None:
    (tmp_path / "key.pem").write_text(rsa_pem)
    with pytest.raises(SettingsError, match="SF_PRIVATE_KEY and SF_PRIVATE_KEY_FILE are both set"):
        load(complete | {"SF_PRIVATE_KEY_FILE": str(tmp_path / "key.pem")})


def test_both_ways_at_once_are_told_beside_other_errors(complete: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as caught:
        load(complete | {"SF_PRIVATE_KEY_FILE": "/nowhere/key.pem", "PORT": "x"})
    assert all(
        text in str(caught.value) for text in ("are both set", "SF_PRIVATE_KEY_FILE names a file", "PORT is not")
    )


def test_a_key_file_that_cannot_be_read_is_told_without_its_path(complete: dict[str, str], tmp_path: Path) -> None:
    del complete["SF_PRIVATE_KEY"]
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    wrong = tmp_path / "wrong"
    wrong.write_text("nothing of use")
    for path, reason in [
        (tmp_path / "absent", "No such file"),
        (tmp_path, "Is a directory"),
        (binary, "not a text file"),
        (wrong, "names a file whose content is neither PEM"),
    ]:
        with pytest.raises(SettingsError) as caught:
            load(complete | {"SF_PRIVATE_KEY_FILE": str(path)})
        assert reason in str(caught.value)
        assert str(tmp_path) not in str(caught.value)


def test_a_key_given_for_a_path_is_told_without_showing_it(complete: dict[str, str], rsa_pem: str) -> None:
    del complete["SF_PRIVATE_KEY"]
    with pytest.raises(SettingsError) as caught:
        load(complete | {"SF_PRIVATE_KEY_FILE": rsa_pem})
    assert "put the key into SF_PRIVATE_KEY" in str(caught.value)
    assert rsa_pem.splitlines()[1] not in str(caught.value)


def test_settings_made_past_load_hand_out_no_key(complete: dict[str, str]) -> None:
    bare = Settings.model_validate({name.lower(): text for name, text in complete.items() if name != "SF_PRIVATE_KEY"})
    with pytest.raises(ValueError, match="without a private key"):
        _ = bare.private_key_pem
