"""The boots that ingest knows, and the rows that a batch writes."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from telemetry.domain.boot_clock import BootClock
from telemetry.domain.connection import Connection as PresenceConnection
from telemetry.domain.messages import READING_KINDS, ReadingKind
from telemetry.domain.readings import Counted

BootKey = tuple[str, str]
"""(recorder_id, boot)"""


DoubtfulName = tuple[str, str, ReadingKind, int, datetime]
"""recorder_id, boot, kind, seq, ts of a message of which the name is there already."""
STATE_GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "presence": ("model", "firmware", "imei", "last_end"),
    "iccid": ("iccid",),
    "officer": ("officer_id",),
    "heartbeat": ("uptime_s", "network", "rsrp_dbm", "cell", "sim"),
    "battery": ("level_pct", "charging", "voltage_mv", "temperature_c"),
    "storage": ("total_mb", "free_mb", "files"),
    "recording": ("recording_state", "recording_since", "file_id"),
    "location": ("lat", "lon", "accuracy_m", "speed_mps", "heading_deg", "fix"),
    "event": ("event_type", "event_detail"),
}
"""The groups of recorder_state that move forward together, each behind its own (at, seq)."""


@dataclass(slots=True)
class Boot:
    """One power-on of one recorder, as known while its row is locked.

    `last_ts`: the latest device time. `began_ts`: the first device time of a later generation. `later`: the generations
    after the first; they are locked with it.
    """

    seen: list[int] = field(default_factory=list)
    clock: BootClock = field(default_factory=BootClock)
    first_at: datetime | None = None
    last_at: datetime | None = None
    last_received_at: datetime | None = None
    began_ts: datetime | None = None
    last_ts: datetime | None = None
    reused: bool = False
    later: "list[Boot]" = field(default_factory=list)


@dataclass(slots=True)
class Rows:
    """The rows that one batch writes; each list holds tuples in column order."""

    readings: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {kind: [] for kind in READING_KINDS})
    boots: dict[BootKey, Boot] = field(default_factory=dict)
    new_boots: list[tuple[str, str, datetime]] = field(default_factory=list)
    states: list[tuple[Any, ...]] = field(default_factory=list)
    recording_states: list[tuple[Any, ...]] = field(default_factory=list)
    connections: dict[BootKey, list[PresenceConnection]] = field(default_factory=dict)
    rejections: dict[tuple[str, bytes], Counted] = field(default_factory=dict)
    retried: list[int] = field(default_factory=list)
    replies: list[tuple[Any, ...]] = field(default_factory=list)
    dirty_hours: set[datetime] = field(default_factory=set)
    received_from: datetime | None = None
    received_to: datetime | None = None

    def reject(self, counted: Counted) -> None:
        """Add a rejection; equal bytes on one topic share a row with a count."""
        key = (counted.rejection.topic, counted.rejection.sha256)
        known = self.rejections.get(key)
        if known is not None:
            counted = replace(known, count=known.count + counted.count, is_live=known.is_live or counted.is_live)
        self.rejections[key] = counted
