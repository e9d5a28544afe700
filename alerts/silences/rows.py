"""Silences: the stored form of one period without live readings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from alerts.silences.cause_evidence import Silence


@dataclass(frozen=True, slots=True)
class SilenceRow:
    """One row of the table `silence`; `verdict` is the latest conclusion about its cause."""

    silence_id: int
    recorder_id: str
    since: datetime
    until: datetime | None
    goodbye: str | None
    will: bool
    boot_before: str | None
    boot_after: str | None
    seq_before: int | None
    seq_after: int | None
    cell: str | None
    gapless: bool
    settled: bool
    noted_at: datetime
    touched_at: datetime
    on_duty: bool
    counts: bool
    unit_id: str | None
    cell_online: int
    cell_silent: int
    fleet_online: int
    outage_key: str | None
    cause: str | None
    confidence: str | None
    verdict: dict[str, Any] | None

    @classmethod
    def of(cls, row: Any) -> "SilenceRow":
        """Build it from a database row."""
        values = dict(row)
        verdict = values["verdict"]
        values["verdict"] = msgspec.json.decode(verdict) if isinstance(verdict, str) else verdict
        return cls(**values)

    def as_evidence(self, heartbeat_s: int) -> Silence:
        """The silence as the cause decision reads it."""
        return Silence(
            self.recorder_id,
            self.since,
            self.until,
            heartbeat_s,
            self.goodbye,
            self.will,
            self.boot_before,
            self.boot_after,
            self.gapless,
            self.settled,
        )
