"""What PHP makes of forms, truth, numbers and serialized texts."""

import pytest

from sandbox.whmcs.php import PhpArray, parse_form, to_int, truthy
from sandbox.whmcs.unserialize import UnserializeError, base64_decode, decode_array, unserialize


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("pid=1&pid=2", {"pid": "2"}),
        ("pid[0]=185&pid[1]=242", {"pid": {0: "185", 1: "242"}}),
        ("pid%5B0%5D=185", {"pid": {0: "185"}}),
        ("pid[]=185&pid[]=242", {"pid": {0: "185", 1: "242"}}),
        ("pid[3]=a&pid[]=b", {"pid": {3: "a", 4: "b"}}),
        ("pid[-5]=a&pid[]=b", {"pid": {-5: "a", 0: "b"}}),
        ("a[x][y]=1&a[x][z]=2", {"a": {"x": {"y": "1", "z": "2"}}}),
        ("a[08]=x&a[1.0]=y&a[1]=z", {"a": {"08": "x", "1.0": "y", 1: "z"}}),
        ("a=1&a[0]=2", {"a": {0: "2"}}),
        ("a[0]=2&a=1", {"a": "1"}),
        ("a[0]=1&a[0][x]=2", {"a": {0: {"x": "2"}}}),
        ("a[x]rest=1", {"a": {"x": "1"}}),
        ("a[x=1", {"a_x": "1"}),
        ("a.b c=1", {"a_b_c": "1"}),
        ("a=x+y%2Bz", {"a": "x y+z"}),
        ("a=%C3%A9%E6%9D%B1", {"a": "é東"}),
        ("a", {"a": ""}),
        ("=1&&a=2", {"a": "2"}),
        ("", {}),
        ("domainrenewals[example.com]=2", {"domainrenewals": {"example.com": "2"}}),
    ],
)
def test_a_form_is_read_as_php_reads_it(body: str, expected: PhpArray) -> None:
    assert parse_form(body.encode()) == expected


def test_bytes_that_are_sent_raw_are_read_too() -> None:
    assert parse_form("a=Café".encode()) == {"a": "Café"}


def test_what_exceeds_max_input_vars_is_dropped_in_silence() -> None:
    body = "&".join(f"pid[{i}]=1" for i in range(1005)) + "&notes=marker"
    form = parse_form(body.encode())
    assert "notes" not in form
    assert isinstance(form["pid"], dict)
    assert len(form["pid"]) == 1000


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(("False", True), ("false", True), ("None", True), ("0.0", True), (" ", True), ("1", True), ({0: ""}, True)),
        *(("0", False), ("", False), (None, False), ({}, False)),
    ],
)
def test_php_takes_every_text_but_two_as_true(value: "str | PhpArray | None", expected: bool) -> None:  # noqa: FBT001 - a row of the table
    assert truthy(value) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12", 12), (" 12", 12), ("12abc", 12), ("abc", 0), ("", 0), ("1e3", 1000), ("-7", -7), ("1.9", 1), ("None", 0)],
)
def test_a_text_becomes_the_number_at_its_beginning(text: str, expected: int) -> None:
    assert to_int(text) == expected


# The table of the WHMCS fact sheet, 1.4.
@pytest.mark.parametrize(
    ("packed", "expected"),
    [
        ("YToxOntpOjE7aTo5OTk7fQ==", {1: 999}),
        ("YToxOntpOjE7czo2OiJHb29nbGUiO30=", {1: "Google"}),
        ("YToxOntpOjE1O3M6MTg6IjgwMTR4MDAwMDAwQUJDRFhZWiI7fQ==", {15: "8014x000000ABCDXYZ"}),
        ("YTozOntpOjQ7aToxMjtpOjc7aTo1O2k6OTtzOjE6IjEiO30=", {4: 12, 7: 5, 9: "1"}),
        (
            "YToyOntpOjQ7aToxMjtpOjc7YToyOntzOjg6Im9wdGlvbmlkIjtpOjMxO3M6MzoicXR5IjtpOjU7fX0=",
            {4: 12, 7: {"optionid": 31, "qty": 5}},
        ),
        (
            "YToyOntpOjM7czoxNzoi5p2x5LqsIENhZsOpICJ4IjsiO3M6NDoibmFtZSI7czoxOiJ2Ijt9",
            {3: '東京 Café "x";', "name": "v"},
        ),
    ],
)
def test_the_fact_sheets_examples_are_unserialized(packed: str, expected: object) -> None:
    assert decode_array(packed) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("i:-5;", -5),
        ("b:1;", True),
        ("b:0;", False),
        ("N;", None),
        ("d:0.1;", 0.1),
        ("a:0:{}", {}),
        ('s:0:"";', ""),
        ('s:6:"東京";', "東京"),
        ('a:1:{s:1:"1";i:2;}', {1: 2}),
        ('a:1:{s:2:"08";i:2;}', {"08": 2}),
        ('a:2:{i:1;i:2;s:1:"1";i:3;}', {1: 3}),
        ("i:5;whatever follows", 5),
    ],
)
def test_every_type_is_unserialized(data: str, expected: object) -> None:
    assert unserialize(data.encode()) == expected


@pytest.mark.parametrize(
    "data",
    [
        's:2:"東京";',
        's:7:"Google";',
        's:5:"Google";',
        'a:2:{i:1;s:6:"Google";}',
        'a:1:{i:1;s:6:"Google";',
        "a:1:{N;i:1;}",
        "a:1:{b:1;i:1;}",
        "i:5",
        "i:1.5;",
        "b:2;",
        '{"1": 999}',
        'O:8:"stdClass":0:{}',
        "",
    ],
)
def test_what_php_would_not_unserialize_is_refused(data: str) -> None:
    """A length in characters is the trap: it is right for ASCII and wrong for everybody else."""
    with pytest.raises(UnserializeError):
        unserialize(data.encode())


def test_a_scalar_is_no_array() -> None:
    with pytest.raises(UnserializeError):
        decode_array("aTo1Ow==")


def test_base64_passes_over_what_is_not_of_its_alphabet() -> None:
    """So a plus sign that was not percent-encoded, and became a space, is lost and the text is broken."""
    assert base64_decode("R29v\nZ2xl") == b"Google"
    assert base64_decode("R29vZ2xl=") == b"Google"
    assert base64_decode("5p2x 5Lqs") == "東京".encode()
    assert base64_decode("+/+/") != base64_decode(" / /")
