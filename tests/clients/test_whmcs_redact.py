"""What leaves the client in words tells neither credentials nor places nor people."""

import html
import json
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.whmcs.redact import Redactor

SECRET = 's3cr3t/"<&+ x'
REDACT = Redactor((SECRET, "an-identifier", None, ""))


@pytest.mark.parametrize(
    "spelling",
    [SECRET, html.escape(SECRET), quote_plus(SECRET), json.dumps(SECRET)[1:-1], json.dumps(SECRET).replace("/", r"\/")],
)
def test_a_secret_is_struck_out_in_every_spelling(spelling: str) -> None:
    for said in (REDACT.detail(f"got {spelling}!"), REDACT.public(f"got {spelling}!")):
        assert "s3cr3t" not in said
        assert "***" in said


@pytest.mark.parametrize(
    "private",
    [
        "https://panel.example.net:2087/json-api?x=1",
        "node7.example.net",
        "10.1.2.3",
        "10.1.2.3:8443",
        "2001:db8::17",
        "jane.doe@example.org",
        "/home/billing/public_html/modules/servers/x.php",
        "functions.php",
    ],
)
def test_places_and_people_do_not_reach_salesforce(private: str) -> None:
    said = REDACT.public(f"Module said: cannot reach {private} now")
    assert said == "Module said: cannot reach […] now"
    assert private in REDACT.detail(f"Module said: cannot reach {private} now")


@pytest.mark.parametrize(
    "plain",
    [
        "Service ID 17 can not be renewed at this time.",
        "Expecting parameter 'pid' to be an array",
        "Price 12.50 at 10:30, 1/2 paid",
        "No items added to cart so order cannot proceed",
    ],
)
def test_plain_words_stay_as_they_are(plain: str) -> None:
    assert REDACT.public(plain) == plain


def test_markup_and_line_breaks_go_and_escapes_are_undone() -> None:
    assert REDACT.public("<b>Plan</b>\r\n &quot;A&quot; &amp; B") == 'Plan "A" & B'


def test_long_texts_are_cut() -> None:
    assert len(REDACT.public("word " * 200)) == 140
    assert len(REDACT.detail("word " * 200)) == 500


def test_a_secret_across_the_cut_is_struck_out_before_cutting() -> None:
    assert "s3cr" not in REDACT.public("x" * 135 + SECRET)


def test_a_client_without_secrets_strikes_nothing_out() -> None:
    assert Redactor(()).detail("as it is") == "as it is"


@given(
    st.text(), st.text(), st.text("abcdefgh/+&<\"'% ", min_size=8).filter(lambda text: text == " ".join(text.split()))
)
def test_no_text_around_it_lets_a_secret_through(before: str, after: str, secret: str) -> None:
    redact = Redactor((secret,))
    text = f"{before}{secret}{after}"
    assert secret not in redact.detail(text)
    assert secret not in redact.public(text)
