"""What never reaches a log, and what must not be lost from it."""

import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from config.redaction import Redactor, is_card_number, is_sensitive, redact_fields, redact_text

LEAK = "L3akThis"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOSJ9.c2lnbmF0dXJl-_x"
SESSION = "00D5g000004xYzAEAU!AQEAQHfT.k3y_Zz~x"
PEM = f"-----BEGIN RSA PRIVATE KEY-----\nMIIE{LEAK}\n{LEAK}==\n-----END RSA PRIVATE KEY-----"

MASKED_TEXTS = [
    (PEM, "***"),
    (f"key {PEM} end", "key *** end"),
    (PEM.replace("\n", "\\n"), "***"),
    (PEM[:60], "***"),
    (f"Authorization: Bearer {LEAK}", "Authorization: ***"),
    (f"sent bearer {LEAK}+/=", "sent ***"),
    (f"sid {SESSION} ok", "sid *** ok"),
    (f"sid={SESSION.replace('!', '%21')}&x=1", "sid=***&x=1"),
    ("00D5g000004xYzA!abc", "***"),
    (f"got {JWT}.", "got ***."),
    ("mail to jane.doe+x@mail.example.co.uk now", "mail to *** now"),
    ("müller@exämple.de", "***"),
    ("card 4111111111111111 refused", "card *** refused"),
    ("card 4111 1111 1111 1111, exp", "card ***, exp"),
    ("5555-5555-5555-4444", "***"),
    ("3782 822463 10005", "***"),
    ("no.378282246310005!", "no.***!"),
    (f"action=AddOrder&secret={LEAK}&clientid=7", "action=AddOrder&secret=***&clientid=7"),
    (f"identifier={LEAK}&accesskey={LEAK}&password={LEAK}", "identifier=***&accesskey=***&password=***"),
    (f"https://h/?access_token={LEAK}#x", "https://h/?access_token=***"),
    (f"assertion%3D{LEAK}", "assertion%3D***"),
    (f"WHMCS_API_SECRET={LEAK} PORT=80", "WHMCS_API_SECRET=*** PORT=80"),
    (f"connect(password='{LEAK} {LEAK}', db=0)", "connect(password=***, db=0)"),
    (f"{{'secret': '{LEAK}', 'a': 1}}", "{'secret': ***, 'a': 1}"),
    (f'{{"api_key": "a\\"{LEAK}", "a": 1}}', '{"api_key": ***, "a": 1}'),
    (f'"{{\\"token\\": \\"{LEAK}\\", \\"a\\": 1}}"', '"{\\"token\\": ***, \\"a\\": 1}"'),
    (f"password='{LEAK}", "password=***"),
    ("firstname=Jane&lastname=Doe&address1=High St", "firstname=***&lastname=***&address1=*** St"),
    (f"redis://:{LEAK}@h:6379/0", "redis://***@h:6379/0"),
    (f"rediss://user:p@{LEAK}@h", "rediss://***@h"),
    (f"https://{LEAK}@h/path", "https://***@h/path"),
]

KEPT_TEXTS = [
    "801Qy00000Ab1Cd 801Qy00000Ab1CdIAF",
    "801000000000001 801000000000001AAA",
    "whmcs order 1234567, invoice 20261124001",
    "event 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "event 41111111-1111-4111-8111-411111111111",
    "at 1764000000000 ms, 1764000000000000000 ns",
    "2026-11-24T09:09:06.422568Z took 0.4111111111111111 s",
    "4111111111111112 is no card number",
    "WHMCS refused the secret: check it in the settings",
    "password reset, no token, 12 tokens left",
    "https://billing.example.com/includes/api.php",
    "/event/OrderProvisionRequested__e at 127.0.0.1:7443",
    "OrderId__c=801000000000001AAA stage=add-order attempt=2",
    "discard_reason=duplicate",
    "00D5g000004xYzAEAU",
]


@pytest.mark.parametrize(("text", "masked"), MASKED_TEXTS)
def test_secrets_and_personal_data_are_masked_in_any_text(text: str, masked: str) -> None:
    assert redact_text(text) == masked


@pytest.mark.parametrize("text", KEPT_TEXTS)
def test_ids_times_and_plain_words_are_kept(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize(
    "key",
    [
        "secret",
        "Password",
        "password2",
        "api-secret",
        "client_secret",
        "identifier",
        "accesskey",
        "access_token",
        "token",
        "Authorization",
        "assertion",
        "private_key",
        "cardnum",
        "card",
        "card_last_four",
        "client card",
        "email",
        "emails",
        "phonenumber",
        "Phone",
        "address1",
        "addresses",
        "firstname",
        "lastName",
        "last_name",
        "Set-Cookie",
        "username",
    ],
)
def test_what_stands_under_a_telling_name_is_masked_at_any_depth(key: str) -> None:
    assert is_sensitive(key)
    assert redact_fields({"a": [{"b": ({key: LEAK},)}], key: [LEAK]}) == {"a": [{"b": [{key: "***"}]}], key: "***"}


@pytest.mark.parametrize(
    "key",
    ["order_id", "whmcs_order_id", "event_id", "run_id", "message_id", "client_id", "code", "discard_reason"],
)
def test_what_stands_under_other_names_is_kept(key: str) -> None:
    assert redact_fields({key: "801000000000001AAA"}) == {key: "801000000000001AAA"}


def test_absence_and_yes_or_no_are_no_secrets() -> None:
    fields = {"email": None, "password": "", "token": False, "whmcs_no_email": True}
    assert redact_fields(fields) == fields


def test_keys_are_masked_like_texts() -> None:
    assert redact_fields({"jane@example.com": 1}) == {"***": 1}


def test_card_numbers_are_masked_as_numbers_and_big_numbers_are_kept() -> None:
    assert redact_fields({"a": 4111111111111111, "b": 1764000000000, "c": 7}) == {
        "a": "***",
        "b": 1764000000000,
        "c": 7,
    }
    assert is_card_number("4111 1111 1111 1111")


class Unshowable:
    def __repr__(self) -> str:
        raise RuntimeError(LEAK)


def test_every_other_value_becomes_a_masked_text() -> None:
    fields = {
        "at": datetime(2026, 11, 24, tzinfo=UTC),
        "id": UUID("3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
        "sum": Decimal("9.90"),
        "path": Path("/a/b"),
        "bytes": f"password={LEAK}".encode(),
        "error": ValueError(f"secret={LEAK}&x"),
        "nan": float("nan"),
        "half": 0.5,
        "bad": Unshowable(),
        "set": {"one"},
    }
    assert redact_fields(fields) == {
        "at": "2026-11-24 00:00:00+00:00",
        "id": "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "sum": "9.90",
        "path": "/a/b",
        "bytes": "b'password=***'",
        "error": "ValueError('secret=***&x')",
        "nan": "nan",
        "half": 0.5,
        "bad": "<Unshowable that cannot be shown>",
        "set": ["one"],
    }


def test_a_value_that_contains_itself_comes_to_an_end() -> None:
    loop: dict[str, object] = {}
    loop["again"] = [loop]
    assert "…" in repr(redact_fields(loop))


@pytest.fixture
def redactor() -> Redactor:
    """Give a redactor of its own, so that what one test taught does not reach another."""
    redactor = Redactor()
    redactor.learn(["s3cret/with+signs", 'quo"te\\d', PEM, "short"])
    return redactor


@pytest.mark.parametrize(
    "text",
    ["s3cret/with+signs", "s3cret%2Fwith%2Bsigns", 'quo"te\\d', "quo%22te%5Cd", 'quo"te\\\\d', 'quo\\"te\\\\d', PEM],
)
def test_the_secrets_of_this_process_are_masked_wherever_and_however_they_appear(redactor: Redactor, text: str) -> None:
    assert redactor.text(f"x{text}y") == "x***y"


def test_a_secret_too_short_to_be_told_from_a_word_is_left_to_the_other_nets(redactor: Redactor) -> None:
    assert redactor.text("short of memory, password=short") == "short of memory, password=***"


def test_a_second_lesson_adds_to_the_first(redactor: Redactor) -> None:
    redactor.learn(["another-secret"])
    assert redactor.text("another-secret s3cret/with+signs 801000000000001AAA") == "*** *** 801000000000001AAA"


@pytest.mark.parametrize(
    "piece",
    ["a", "a@", "a.b@c-", "4", "1", "://", "secret", 'secret="\\', "-----BEGIN A-----", "00D", "eyJ", '\\"', "card_"],
)
def test_a_long_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    began = time.perf_counter()
    redact_text(piece * (100_000 // len(piece)))
    assert time.perf_counter() - began < 2
