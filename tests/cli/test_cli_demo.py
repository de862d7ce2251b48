"""`provision demo`: every process of the service for real, orders of every kind, and nothing left behind."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.kinds_failing import FAILING
from tests.support.command_line import environment, provision
from tests.support.demo import Demo, left_behind, running_demo
from tests.support.dynos import procfile
from tests.support.waiting import eventually

READY = "make run"
STARTING = "Starting"
# honcho gives its processes 5 s; nobody waits so long for a demo to go.
PROMPT_S = 5.0
STANDING = re.compile(r"(\d+) events, (\d+) orders: .+ (\d+) under way; (\d+) doubled, (\d+) wrong")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Run one demo that stays, until Ctrl-C."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        running.wait_for(READY)
        yield running


def _type(line: str) -> str:
    """Run a line that the demo printed, as a person does who pastes it."""
    if line.startswith("curl") and not shutil.which("curl"):
        pytest.skip("this machine has no curl")
    done = subprocess.run(  # noqa: S602 - as a shell runs it
        line, shell=True, env=environment({}), capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def _told(demo: Demo) -> tuple[int, int]:
    """Return how many events and orders were last told of; at first there are 40, and every tenth came twice."""
    return max(((int(events), int(orders)) for events, orders, *_ in STANDING.findall(demo.said)), default=(44, 40))


def _has_told(demo: Demo, events: int, orders: int) -> bool:
    """Tell whether so much was told as ended, with nothing doubled or wrong."""
    return tuple(str(number) for number in (events, orders, 0, 0, 0)) in STANDING.findall(demo.said)


def test_orders_of_every_kind_end_as_they_have_to_and_the_exit_code_is_0(tmp_path: Path) -> None:
    said = provision("demo", "--exit", "--json", "--folder", str(tmp_path / "demo"), env={})
    assert said.code == 0, said.err
    found = said.document
    assert (found["ok"], found["orders"], found["not_ended"], found["findings"]) == (True, 40, [], [])
    assert (found["lost"], found["doubled"], found["wrong"], found["crashes"]) == (0, 0, 0, [])
    assert sum(found["failed_by_code"].values()) == len(FAILING)
    assert found["activated"] == 40 - len(FAILING)
    assert 0 < found["seconds"] < 60
    assert f"{len(procfile())} processes are up" in said.err
    assert "Traceback" not in said.err
    assert left_behind(tmp_path) == []


def test_every_line_of_the_procfile_has_a_log_of_its_own(demo: Demo) -> None:
    logs = {log.stem for log in (demo.folder / "demo" / "logs").glob("*.log")}
    assert logs == {*procfile(), "honcho"}


def test_the_result_lists_every_order_and_ends_with_the_audit(demo: Demo) -> None:
    lines = demo.result.splitlines()
    assert lines[0].split() == ["order", "kind", "outcome", "WHMCS", "order"]
    assert sum(line.startswith("801") for line in lines) == 40
    assert lines[-1].endswith("0 lost, 0 doubled, 0 wrong; every order ended as it had to")


def test_what_is_printed_to_look_at_can_be_looked_at(demo: Demo) -> None:
    assert "Activated" in _type(demo.line(f"{demo.folder}/demo/provision status"))
    assert len(json.loads(_type(re.sub("sandbox/audit", "sandbox/orders", demo.line("curl"))))["orders"]) >= 40
    assert "stage.finished" in _type(demo.line("tail"))


def test_an_order_that_is_asked_for_again_is_not_doubled(demo: Demo) -> None:
    events, orders = _told(demo)
    assert "published as event" in _type(demo.line(f"{demo.folder}/demo/provision publish"))
    eventually(lambda: _has_told(demo, events + 1, orders), what="the event was told, and nothing was doubled")


def test_a_killed_worker_is_started_again_and_the_orders_sent_meanwhile_end_as_they_have_to(demo: Demo) -> None:
    events, orders = _told(demo)
    os.kill(int(demo.line("kill -9").split()[-1]), signal.SIGKILL)
    assert json.loads(_type(demo.line("curl -s -X POST")))["published"] == 10
    demo.wait_for("addorder was killed by SIGKILL: all processes are started again")
    eventually(lambda: _has_told(demo, events + 10, orders + 10), what="the orders had ended", within_s=60)


def test_ctrl_c_ends_everything_promptly_with_code_0(demo: Demo) -> None:
    asked_at_s = time.monotonic()
    assert demo.interrupt() == 0, demo.said
    assert time.monotonic() - asked_at_s < PROMPT_S
    assert "Traceback" not in demo.said
    assert left_behind(demo.folder) == []


def test_sigterm_while_the_processes_start_ends_them_too(tmp_path: Path) -> None:
    with running_demo(tmp_path) as demo:
        demo.wait_for(STARTING)
        log = tmp_path / "demo" / "logs" / "honcho.log"
        eventually(lambda: "started" in log.read_text("utf-8"), what="processes were started")
        assert demo.signal(signal.SIGTERM) == 130
    assert demo.said.endswith("Stopped.\n")
    assert left_behind(tmp_path) == []


def test_killed_outright_it_leaves_nothing_behind(tmp_path: Path) -> None:
    with running_demo(tmp_path) as demo:
        log = tmp_path / "demo" / "logs" / "honcho.log"
        eventually(lambda: log.exists() and "started" in log.read_text("utf-8"), what="processes were started")
        demo.signal(signal.SIGKILL)
        eventually(lambda: not left_behind(tmp_path), what="everything had ended")


def test_a_process_that_cannot_start_ends_the_demo_with_its_last_words(tmp_path: Path) -> None:
    said = provision("demo", "--exit", "--folder", str(tmp_path), env={"dramatiq_worker_timeout": "soon"})
    assert said.code == 1
    assert "ended with code 1 while the others were starting.\nThe end of " in said.err
    assert "invalid literal for int() with base 10: 'soon'" in said.err
