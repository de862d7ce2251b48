"""Orders travelling, live on a terminal: a row for each where there is room, else a bar and a line for each stage."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cli.demo_screen import Screen
from cli.demo_watch import Row, Watch, outcome_text

# Narrower, a kind and an error code beside each other say nothing any more.
_NARROWEST_BLOCK = 38
# The lines below the rows, and one that stays free.
_FRAME_LINES = 3


def make_live_screen(console: Console, orders: int) -> AbstractContextManager[Screen]:
    """Return rows in as many blocks beside each other as make them fit, or the view by stage when none do."""
    needed = -(-orders // max(1, console.height - _FRAME_LINES))
    fits = console.width // needed >= _NARROWEST_BLOCK
    return _shown(_Rows(console, needed) if fits else _Stages(console))


class _Rows:
    def __init__(self, console: Console, blocks: int) -> None:
        self.live = _make_live(console)
        self._blocks = blocks

    def show(self, watch: Watch) -> None:
        rows = list(watch.rows.values())
        height = -(-len(rows) // self._blocks)
        grid = Table.grid(expand=True, padding=(0, 2, 0, 0))
        for _ in range(self._blocks):
            grid.add_column(ratio=1)
        grid.add_row(*(_block(rows[start : start + height]) for start in range(0, len(rows), height)))
        self.live.update(Group(grid, Text(), _footer(watch)), refresh=True)


class _Stages:
    def __init__(self, console: Console) -> None:
        self.live = _make_live(console)

    def show(self, watch: Watch) -> None:
        # In a grid, as a bar alone does not end its line.
        bar = Table.grid(expand=True)
        bar.add_row(ProgressBar(total=len(watch.rows), completed=len(watch.ended)))
        stages = Table.grid(padding=(0, 2))
        for stage, count in watch.under_way.items():
            stages.add_row(Text(stage, "cyan"), str(count))
        self.live.update(Group(bar, stages, Text(), _footer(watch)), refresh=True)


def _make_live(console: Console) -> Live:
    return Live(console=console, auto_refresh=False, transient=True, vertical_overflow="crop")


@contextmanager
def _shown(screen: _Rows | _Stages) -> Iterator[Screen]:
    with screen.live:
        yield screen


def _block(rows: Sequence[Row]) -> RenderableType:
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(ratio=5, no_wrap=True, overflow="ellipsis")
    table.add_column(ratio=4, no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row(row.sample.kind, outcome_text(row))
    return table


def _footer(watch: Watch) -> Text:
    return Text(f"{watch.seconds:5.1f} s  {watch.counts}", "bold", no_wrap=True, overflow="ellipsis")
