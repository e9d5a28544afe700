"""What a running fleet has done so far: counted by the couriers' owners, shown by the progress display."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Counts of one fleet; `behind_s` is how late the last due message left, in seconds."""

    recorders: int = 0
    connected: int = 0
    sent: int = 0
    acknowledged: int = 0
    refused: int = 0
    cuts: int = 0
    behind_s: float = 0.0
    most_behind_s: float = 0.0
    cut_reasons: dict[str, int] = field(default_factory=dict)

    def note_behind(self, behind_s: float) -> None:
        """Keep how late the schedule runs, and the worst of it."""
        self.behind_s = behind_s
        self.most_behind_s = max(self.most_behind_s, behind_s)

    def note_cut(self, reason: str, *, was_connected: bool) -> None:
        """Count a lost connection or a failed attempt by its reason."""
        self.cuts += 1
        self.connected -= was_connected
        self.cut_reasons[reason] = self.cut_reasons.get(reason, 0) + 1
