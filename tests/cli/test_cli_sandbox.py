"""`provision sandbox`: two systems in a box, until somebody ends it."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cli.env_file import as_env_file
from config.settings import load
from tests.support.command_line import COMMAND, ROOT, environment, provision

LAST_LINE = "WHMCS_PAYMENT_METHOD="


@contextmanager
def running(*options: str) -> Iterator[subprocess.Popen[str]]:
    """Run a sandbox with its output in pipes, and never leave it behind."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, "sandbox", *options],
        env=environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def settings_in(lines: list[str]) -> dict[str, str]:
    """Read lines as a shell does."""
    pairs = (shlex.split(line)[0].partition("=") for line in lines if line.strip() and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def read_settings(process: subprocess.Popen[str]) -> dict[str, str]:
    """Read what a sandbox prints while it runs: the last of the settings has to come without its end."""
    assert process.stdout is not None
    lines: list[str] = []
    while not (lines and lines[-1].startswith(LAST_LINE)):
        line = process.stdout.readline()
        assert line, "the sandbox ended before it had said everything"
        lines.append(line)
    return settings_in(lines)


def test_stdout_holds_settings_that_reach_it_at_once_and_sigterm_ends_it_with_code_0() -> None:
    with running() as process:
        settings = load(read_settings(process) | {"REDIS_URL": "redis://127.0.0.1:1/0"})
        assert httpx.get(f"{settings.sf_login_url}/sandbox/health").json() == {"status": "up"}
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert f"The sandbox is up at {settings.sf_login_url}" in err
    assert err.endswith("The sandbox is closed; what it held is gone.\n")


def test_with_json_stdout_is_one_document_at_once_and_ctrl_c_ends_it_with_code_0(tmp_path: Path) -> None:
    env_file = tmp_path / "box.env"
    with running("--json", "--env-file", str(env_file), "--seed", "7") as process:
        assert process.stdout is not None
        document = json.loads(process.stdout.readline())
        written = settings_in(env_file.read_text().splitlines())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "")
    assert document["version"] == 1
    assert document["env"] == written
    assert document["pubsub_endpoint"] == written["SF_PUBSUB_ENDPOINT"]
    assert "Traceback" not in err


def test_a_env_file_that_a_person_filled_is_left_alone_before_anything_starts(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("SF_CLIENT_ID=mine\n")
    said = provision("sandbox", "--env-file", str(env_file), env={})
    assert (said.code, said.out) == (2, "")
    assert "is left alone: name another file, or remove it" in said.err
    assert env_file.read_text() == "SF_CLIENT_ID=mine\n"


def test_a_env_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    said = provision("sandbox", "--env-file", str(tmp_path / "nowhere" / "x"), env={})
    assert said.code == 2
    assert "cannot be written (No such file or directory)" in said.err


@pytest.mark.parametrize("option", ["--http-port", "--grpc-port"])
def test_a_port_that_is_taken_is_named_with_the_remedy_and_ends_with_code_1(option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = provision("sandbox", option, str(port), "--json", env={})
    assert said.code == 1
    assert str(port) in said.document["error"]
    assert "give free ones by --http-port and --grpc-port" in said.err
    assert "Traceback" not in said.err


def test_where_only_the_service_is_installed_the_missing_package_is_named() -> None:
    without = "import sys; sys.modules['aiohttp'] = None; sys.argv = ['provision', 'sandbox']"
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", f"{without}; import cli.main; cli.main.main()"],
        env=environment({}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The sandbox needs aiohttp: pip install -r requirements-dev.txt\n"


def test_the_settings_read_the_same_in_a_shell() -> None:
    given = {"SF_PRIVATE_KEY": "-----BEGIN X-----\\nabc+/=\\n-----END X-----\\n", "SF_PUBSUB_TLS": "false"}
    script = f"{as_env_file(given)}printf '%s' \"$SF_PRIVATE_KEY\""
    done = subprocess.run(  # noqa: S603 - our own text
        ["/bin/sh", "-c", script], capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]}
    )
    assert done.stdout == given["SF_PRIVATE_KEY"]
