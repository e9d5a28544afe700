"""Counts what a running fleet does, and shows it as a live line in a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.table import Table

_LATE_S: Final = 1.0


@dataclass(slots=True)
class FleetCounters:
    """The counts of one fleet; `behind_s` is how late the last message was sent, in seconds."""

    recorders: int = 0
    connected: int = 0
    sent: int = 0
    acknowledged: int = 0
    refused: int = 0
    disconnects: int = 0
    behind_s: float = 0.0
    most_behind_s: float = 0.0
    disconnect_reasons: dict[str, int] = field(default_factory=dict)

    def record_delay(self, behind_s: float) -> None:
        """Note how late the schedule is, and keep the largest delay."""
        self.behind_s = behind_s
        self.most_behind_s = max(self.most_behind_s, behind_s)

    def record_disconnect(self, reason: str, *, was_connected: bool) -> None:
        """Count a lost connection or a failed attempt by its reason."""
        self.disconnects += 1
        self.connected -= was_connected
        self.disconnect_reasons[reason] = self.disconnect_reasons.get(reason, 0) + 1


def counters_table(counters: FleetCounters) -> Table:
    """A table with one row of counts."""
    table = Table(box=None, pad_edge=False)
    for name in ("recorders", "connected", "sent", "acknowledged", "refused", "cuts", "behind"):
        table.add_column(name, justify="right")
    behind = f"{counters.behind_s:.2f} s"
    table.add_row(
        str(counters.recorders),
        str(counters.connected),
        str(counters.sent),
        str(counters.acknowledged),
        str(counters.refused),
        str(counters.disconnects),
        f"[red]{behind}[/red]" if counters.behind_s > _LATE_S else behind,
    )
    return table


@contextmanager
def live_display(console: Console) -> Iterator[Callable[[FleetCounters], None]]:
    """Show the counts four times a second while the block runs; yields the callback for `on_start`."""
    watched: list[FleetCounters] = []

    def table() -> Table:
        return counters_table(watched[-1]) if watched else Table()

    with Live(get_renderable=table, console=console, refresh_per_second=4):
        yield watched.append
