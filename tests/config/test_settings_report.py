"""What people are shown of the settings."""

import re
from pathlib import Path

import pytest

from config.settings import SettingRow, Settings, SettingsError, as_env_example, as_markdown, describe, load

EXAMPLE = Path(__file__).parents[2] / ".env.example"
NAMES = [name.upper() for name in Settings.model_fields]


def rows(environ: dict[str, str]) -> dict[str, SettingRow]:
    return {row.name: row for row in describe(environ)}


def test_every_setting_is_described_with_where_its_value_comes_from(complete: dict[str, str]) -> None:
    shown = rows(complete | {"PORT": "81"})
    assert list(shown) == NAMES
    assert (shown["PORT"].value, shown["PORT"].source) == ("81", "environment")
    assert (shown["LOG_LEVEL"].value, shown["LOG_LEVEL"].source) == ("INFO", "default")
    assert (shown["SF_TIMEOUT_S"].value, shown["PRICE_OVERRIDE"].value) == ("20", "false")
    assert (shown["WHMCS_ACCESS_KEY"].value, shown["WHMCS_ACCESS_KEY"].source) == ("", "unset")
    assert (shown["SF_USERNAME"].value, shown["SF_USERNAME"].source) == ("robot@example.com", "environment")
    assert all(row.meaning for row in shown.values())


def test_secrets_are_shown_by_their_length_only(complete: dict[str, str]) -> None:
    given = complete | {"WHMCS_ACCESS_KEY": "abc", "REDIS_URL": "rediss://user:hidden@redis.example.com:6380/1"}
    shown = rows(given)
    assert shown["WHMCS_API_SECRET"].value == f"set ({len(complete['WHMCS_API_SECRET'])} characters)"
    assert shown["WHMCS_ACCESS_KEY"].value == "set (3 characters)"
    assert shown["REDIS_URL"].value == "rediss://***@redis.example.com:6380/1"
    told = repr(list(shown.values()))
    assert not any(secret in told for secret in load(given).secret_values)


def test_secrets_in_the_wrong_variable_are_masked_too(complete: dict[str, str], rsa_pem: str) -> None:
    swapped = {
        "SF_PRIVATE_KEY_FILE": rsa_pem,
        "SF_USERNAME": rsa_pem,
        "SF_LOGIN_URL": "https://user:hidden@login.salesforce.com",
        "REDIS_TLS_URL": "rediss://h?password=hidden",
    }
    told = repr(describe(complete | swapped))
    assert rsa_pem.splitlines()[1] not in told
    assert "hidden" not in told


def test_long_values_are_shortened() -> None:
    assert rows({"ORDER_MARKER": "customfield:" + "x" * 500})["ORDER_MARKER"].value.endswith("x…")


def test_the_default_audience_is_shown_as_it_follows_from_the_login_url() -> None:
    assert rows({})["SF_JWT_AUDIENCE"].value == "https://login.salesforce.com"
    assert (
        rows({"SF_LOGIN_URL": "https://test.salesforce.com"})["SF_JWT_AUDIENCE"].value == "https://test.salesforce.com"
    )
    assert rows({"SF_LOGIN_URL": "https://[broken"})["SF_JWT_AUDIENCE"].value == "https://login.salesforce.com"


def test_the_markdown_table_has_one_row_for_every_setting() -> None:
    table = as_markdown()
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == NAMES
    assert "| `SF_CLIENT_ID` | required |" in table
    assert "| `SF_PRIVATE_KEY_FILE` | this or SF_PRIVATE_KEY |" in table
    assert "| `GIVE_UP_AFTER_S` | `86400` |" in table
    assert all(line.count("|") == 4 for line in table.splitlines())


def test_the_example_file_is_in_step_and_names_every_setting_exactly_once() -> None:
    text = EXAMPLE.read_text()
    assert text == as_env_example()
    assert re.findall(r"^(?:# )?([A-Z_]+)=", text, re.MULTILINE) == NAMES


def test_the_copied_example_file_makes_the_message_that_lists_what_is_missing() -> None:
    lines = [line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#")]
    with pytest.raises(SettingsError) as caught:
        load(dict(line.split("=", 1) for line in lines))
    with pytest.raises(SettingsError) as bare:
        load({})
    assert str(caught.value) == str(bare.value)


def test_the_defaults_in_the_example_file_are_the_defaults(complete: dict[str, str]) -> None:
    offered = dict(re.findall(r"^# ([A-Z_]+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE))
    assert load(offered | complete) == load(complete)
