"""What `provision` says of itself, and how little it takes to say it."""

import subprocess
import sys

import pytest
from typer.main import get_command

from cli.main import app
from tests.support.command_line import ROOT, environment, provision

COMMANDS = ("status", "run", "publish", "settings", "sandbox", "demo")
HEAVY = {"aiohttp", "cryptography", "dramatiq", "grpc", "httpx", "pydantic", "redis", "requests", "simple_salesforce"}


def test_help_names_every_command_and_every_exit_code() -> None:
    said = provision("--help", env={"TERMINAL_WIDTH": "200"})
    assert said.code == 0
    assert all(f"│ {command} " in said.out for command in get_command(app).commands)  # type: ignore[attr-defined]  # a group
    for code in ("0 done", "1 failed", "2 wrong usage or settings", "3 not found", "4 already", "5 not reachable"):
        assert code in said.out


def test_help_loads_nothing_heavy_and_needs_no_settings() -> None:
    look = "import sys, cli.main; from typer.testing import CliRunner as R; R().invoke(cli.main.app, ['--help'])"
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", f"{look}; print(*sys.modules)"],
        env=environment({}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not HEAVY & set(done.stdout.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_offers_json_as_a_flag_that_takes_no_value(command: str) -> None:
    said = provision(command, "--help", env={"TERMINAL_WIDTH": "120"})
    line = next(line for line in said.out.splitlines() if "--json" in line)
    assert said.code == 0
    assert "<" not in line


def test_no_command_at_all_shows_the_help_and_counts_as_wrong_usage() -> None:
    said = provision(env={})
    assert said.code == 2
    assert "Usage" in said.out + said.err


@pytest.mark.parametrize("words", [("bogus",), ("publish",), ("sandbox", "--http-port", "70000")])
def test_wrong_usage_is_told_on_stderr_and_ends_with_code_2(words: tuple[str, ...]) -> None:
    said = provision(*words, env={})
    assert (said.code, said.out) == (2, "")
    assert "Usage" in said.err
    assert "Traceback" not in said.err


def test_the_shell_can_complete_commands() -> None:
    asked = {"_PROVISION_COMPLETE": "complete_bash", "COMP_WORDS": "provision s", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv = ['provision']; from cli.main import main; main()"],
        env=environment(asked),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert {"status", "settings", "sandbox"} <= set(done.stdout.split())
