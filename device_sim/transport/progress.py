"""What a running fleet shows of itself: connected, sent, acknowledged, behind; a live line on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.table import Table

from device_sim.transport.counters import Tally

_LATE_S: Final = 1.0


def table_of(tally: Tally) -> Table:
    """The counts of a fleet as one row under its heads."""
    table = Table(box=None, pad_edge=False)
    for name in ("recorders", "connected", "sent", "acknowledged", "refused", "cuts", "behind"):
        table.add_column(name, justify="right")
    behind = f"{tally.behind_s:.2f} s"
    table.add_row(
        str(tally.recorders),
        str(tally.connected),
        str(tally.sent),
        str(tally.acknowledged),
        str(tally.refused),
        str(tally.cuts),
        f"[red]{behind}[/red]" if tally.behind_s > _LATE_S else behind,
    )
    return table


@contextmanager
def shown(console: Console) -> Iterator[Callable[[Tally], None]]:
    """Show a fleet's counts, four times a second, while the block runs; yields what `on_start` wants."""
    watched: list[Tally] = []

    def table() -> Table:
        return table_of(watched[-1]) if watched else Table()

    with Live(get_renderable=table, console=console, refresh_per_second=4):
        yield watched.append
