"""`provision settings`: what is set, from where, and nothing secret."""

import re
from pathlib import Path

import pytest

from config.settings import Settings
from sandbox.server import Sandbox
from tests.support.command_line import provision, provision_here, provision_on_terminal

NAMES = [name.upper() for name in Settings.model_fields]
PASSWORD = "hidden-password"


@pytest.fixture(scope="module")
def env() -> dict[str, str]:
    sandbox = {name: value.replace("127.0.0.1:0", "127.0.0.1:9000") for name, value in Sandbox().env.items()}
    return sandbox | {"REDIS_URL": f"redis://someone:{PASSWORD}@127.0.0.1:6379/0"}


def test_every_setting_is_listed_with_its_source_and_piped_lines_are_never_cut(env: dict[str, str]) -> None:
    said = provision_here("settings", env=env)
    rows = {line.split()[0]: line for line in said.out.splitlines()[1:]}
    assert (said.code, said.err) == (0, "")
    assert list(rows) == NAMES
    assert rows["WHMCS_API_URL"].split()[1:3] == ["environment", env["WHMCS_API_URL"]]
    assert rows["RETRY_MAX_S"].split()[1:3] == ["default", "300"]
    assert "consumer key of the connected app" in rows["SF_CLIENT_ID"]
    assert not any(line != line.rstrip() for line in said.out.splitlines())


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_no_secret_is_shown_in_either_form(env: dict[str, str], options: tuple[str, ...]) -> None:
    said = provision_here("settings", *options, env=env)
    key_line = env["SF_PRIVATE_KEY"].split("\\n")[1]
    assert "set (" in said.out
    for secret in (PASSWORD, key_line, env["WHMCS_API_SECRET"], env["WHMCS_API_IDENTIFIER"]):
        assert secret not in said.out + said.err


def test_the_json_document_has_one_row_for_every_setting(env: dict[str, str]) -> None:
    document = provision_here("settings", "--json", env=env).document
    assert [row["name"] for row in document["settings"]] == NAMES
    assert {row["name"]: row["source"] for row in document["settings"]}["SF_USERNAME"] == "environment"
    assert document["error"] is None


def test_what_is_missing_is_marked_in_the_list_told_at_once_and_ends_with_code_2() -> None:
    said = provision("settings", env={"RETRY_MIN_S": "soon"})
    rows = {line.split()[0]: line.split()[1] for line in said.out.splitlines()[1:]}
    assert said.code == 2
    assert {name for name, source in rows.items() if source == "missing"} == {
        *("SF_CLIENT_ID", "SF_USERNAME", "SF_PRIVATE_KEY"),
        *("WHMCS_API_URL", "WHMCS_API_IDENTIFIER", "WHMCS_API_SECRET", "REDIS_URL"),
    }
    assert said.err.startswith("8 settings are missing or wrong:")
    assert "RETRY_MIN_S" in said.err
    assert "honcho" not in said.err


def test_a_setting_that_another_one_stands_in_for_is_not_called_missing(env: dict[str, str], tmp_path: Path) -> None:
    key_file = tmp_path / "key.pem"
    key_file.write_text(env["SF_PRIVATE_KEY"])
    given = {name: value for name, value in env.items() if name not in {"SF_PRIVATE_KEY", "REDIS_URL"}}
    others = {"SF_PRIVATE_KEY_FILE": str(key_file), "REDIS_TLS_URL": "rediss://127.0.0.1:6380/0"}
    document = provision_here("settings", "--json", env=given | others).document
    assert document["error"] is None
    assert "missing" not in {row["source"] for row in document["settings"]}


def test_wrong_settings_are_one_json_document_too() -> None:
    said = provision_here("settings", "--json", env={})
    assert said.code == 2
    assert said.document["error"].startswith("7 settings are missing or wrong:")


def test_who_has_filled_a_env_file_is_told_who_reads_it(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SF_CLIENT_ID=x\n")
    said = provision("status", "801000000000001", "--json", env={}, folder=tmp_path)
    assert said.code == 2
    assert said.document["error"] + "\n" == said.err
    assert said.err.endswith("The .env file here is read by honcho only: honcho run provision …\n")


@pytest.mark.parametrize("columns", [40, 200])
def test_on_a_terminal_no_line_is_wider_than_it_and_nothing_is_left_out(env: dict[str, str], columns: int) -> None:
    coloured = provision_on_terminal("settings", env=env | {"TERM": "xterm"}, columns=columns)
    shown = re.sub(r"\x1b\[\d*m", "", coloured)
    assert "\x1b[32menvironment" in coloured
    assert max(map(len, shown.splitlines())) <= columns
    assert "…" not in shown
