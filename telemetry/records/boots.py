"""What ingest knows of a recorder's boots, and the rows of a batch, as values."""

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
    """What is known of one power-on of one recorder while its row is locked.

    `last_ts` is the latest of the device's own times, `began_ts` the first one of a later generation; `later` are the
    generations after the first, which are locked with it.
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
    """What one batch writes; each list holds tuples in the order of the columns they are for."""

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
        """Add a rejection; the same bytes on the same topic are one row with a count."""
        key = (counted.rejection.topic, counted.rejection.sha256)
        known = self.rejections.get(key)
        if known is not None:
            counted = replace(known, count=known.count + counted.count, is_live=known.is_live or counted.is_live)
        self.rejections[key] = counted
