"""What is wrong with the settings is said once under honcho, by every process elsewhere, and never by none."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pipeline import settings_notice
from tests.support.command_line import ROOT, environment

_BIN = Path(sys.executable).parent
_TELL = "from pipeline.settings_notice import tell_settings_problem as tell; tell('A is missing.'); raise SystemExit(2)"
_LONGEST_S = 60


def _honcho(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `honcho start` with no settings at all, marks going to a folder of the test's own."""
    env = environment({"PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}", "TMPDIR": str(folder)})
    return subprocess.run(  # noqa: S603 - our own command
        [_BIN / "honcho", "-e", "none", *arguments],
        env=env,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_LONGEST_S,
        check=False,
    )


def test_honcho_start_without_settings_lists_them_once_and_says_what_to_do(tmp_path: Path) -> None:
    done = _honcho(
        tmp_path, "-d", str(ROOT), "-f", str(ROOT / "Procfile"), "start", "mapping", "subscriber", "writeback"
    )
    assert done.returncode == 2, done.stdout
    assert done.stdout.count("settings are missing or wrong") == 1
    assert done.stdout.count("REDIS_URL is missing") == 1
    assert done.stdout.count("make run") == 1
    assert "cp .env.example .env" in done.stdout
    assert "Traceback" not in done.stdout


def test_each_honcho_tells_again(tmp_path: Path) -> None:
    lines = [f'{name}: exec {sys.executable} -c "{_TELL}"' for name in ("one", "two", "three", "four")]
    (tmp_path / "Procfile").write_text("\n".join(lines), encoding="utf-8")
    for _ in range(2):
        assert _honcho(tmp_path, "start").stdout.count("A is missing.") == 1


def test_without_honcho_every_process_tells(tmp_path: Path) -> None:
    env = environment({"TMPDIR": str(tmp_path)})
    for _ in range(2):
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-c", _TELL], env=env, capture_output=True, text=True, timeout=_LONGEST_S, check=False
        )
        assert (done.returncode, done.stderr) == (2, "A is missing.\n")


def test_where_no_mark_can_be_left_every_process_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/proc/nowhere")
    assert settings_notice._is_first("1")
    assert settings_notice._is_first("1")


def test_old_marks_are_cleared_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert settings_notice._is_first("1")
    assert not settings_notice._is_first("1")
    for mark in tmp_path.iterdir():
        os.utime(mark, (0, 0))
    assert settings_notice._is_first("2")
    assert [mark.name.rpartition("-")[2] for mark in tmp_path.iterdir()] == ["2"]


def test_without_proc_the_fork_in_between_tells_which_honcho_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_notice, "_stat", lambda _pid: [])
    assert settings_notice._honcho() == str(os.getpgid(os.getppid()))
