"""Ingest, step 4 of 4: one batch becomes rows, in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from telemetry.domain.clock import BootClock
from telemetry.domain.connection import Connection as PresenceConnection
from telemetry.domain.connection import PresenceFact
from telemetry.domain.messages import READING_KINDS
from telemetry.domain.readings import Rejection
from telemetry.store.pool import Connection
from telemetry.store.queries import queries

BootKey = tuple[str, str]
"""(recorder_id, boot)"""

_HEAD: Final = ("recorder_id", "at", "ts", "received_at", "boot", "seq", "backlog", "clock_ok")
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "presence": (
        *_HEAD,
        *("state", "session", "reason", "model", "firmware", "imei", "iccid", "uptime_s", "officer_id"),
        *("last_end", "dropped"),
    ),
    "heartbeat": (*_HEAD, "uptime_s", "network", "rsrp_dbm", "cell", "sim", "iccid"),
    "battery": (*_HEAD, "level_pct", "charging", "voltage_mv", "temperature_c"),
    "storage": (*_HEAD, "total_mb", "free_mb", "files"),
    "recording": (*_HEAD, "state", "since", "file_id", "trigger"),
    "location": (*_HEAD, "lat", "lon", "accuracy_m", "speed_mps", "heading_deg", "fix"),
    "event": (*_HEAD, "type", "detail"),
}


_BOOT_COLUMNS: Final = (
    *("recorder_id", "boot", "seen", "first_at", "last_at", "last_received_at"),
    *("powered_on_at", "clock_offset_s", "clock_wrong_to", "clock_right_from"),
)
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
STATE_COLUMNS: Final = (
    *("recorder_id", "first_received_at", "last_received_at", "last_heard_at"),
    *(column for group, values in STATE_GROUPS.items() for column in (f"{group}_at", f"{group}_seq", *values)),
)


@dataclass(slots=True)
class Boot:
    """What is known of one power-on of one recorder while its row is locked."""

    seen: list[int] = field(default_factory=list)
    clock: BootClock = field(default_factory=BootClock)
    first_at: datetime | None = None
    last_at: datetime | None = None
    last_received_at: datetime | None = None


@dataclass(slots=True)
class Rows:
    """What one batch writes; each list holds tuples in the order of the columns they are for."""

    readings: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {kind: [] for kind in READING_KINDS})
    boots: dict[BootKey, Boot] = field(default_factory=dict)
    states: list[tuple[Any, ...]] = field(default_factory=list)
    recording_states: list[tuple[Any, ...]] = field(default_factory=list)
    connections: dict[BootKey, list[PresenceConnection]] = field(default_factory=dict)
    rejections: dict[tuple[str, bytes], "CountedRejection"] = field(default_factory=dict)
    replies: list[tuple[Any, ...]] = field(default_factory=list)
    dirty_hours: set[datetime] = field(default_factory=set)

    def reject(self, rejection: Rejection, received_at: datetime, count: int = 1) -> None:
        """Add a rejection; the same bytes on the same topic are one row with a count."""
        key = (rejection.topic, rejection.sha256)
        known = self.rejections.get(key)
        if known is None:
            self.rejections[key] = CountedRejection(rejection, received_at, count)
        else:
            known.count += count


@dataclass(slots=True)
class CountedRejection:
    """A rejection and how often the batch has it."""

    rejection: Rejection
    received_at: datetime
    count: int


async def lock_boots(connection: Connection, keys: dict[BootKey, datetime]) -> dict[BootKey, Boot]:
    """Lock the boots of a batch until the transaction ends, making rows for new ones.

    *keys* gives the arrival of each boot's first message. Rows are made and locked in one order, so that two workers
    can't wait for each other in a circle.
    """
    ordered = sorted(keys)
    recorder_ids = [recorder_id for recorder_id, _ in ordered]
    boot_ids = [boot for _, boot in ordered]
    rows = await connection.fetch(queries("intake")["lock_boots"], recorder_ids, boot_ids)
    if len(rows) < len(ordered):
        received_ats = [keys[key] for key in ordered]
        await connection.execute(queries("intake")["add_boots"], recorder_ids, boot_ids, received_ats)
        rows = await connection.fetch(queries("intake")["lock_boots"], recorder_ids, boot_ids)
    return {
        (recorder_id, boot): Boot(
            seen, BootClock(on_at, offset_s, wrong_to, right_from), first_at, last_at, received_at
        )
        for recorder_id, boot, seen, first_at, last_at, received_at, on_at, offset_s, wrong_to, right_from in rows
    }


async def presence_facts(connection: Connection, keys: Iterable[BootKey]) -> dict[BootKey, list[PresenceFact]]:
    """What is stored of the presence messages of some boots."""
    ordered = sorted(keys)
    facts: dict[BootKey, list[PresenceFact]] = {key: [] for key in ordered}
    rows = await connection.fetch(
        queries("intake")["presence_of_boots"], [key[0] for key in ordered], [key[1] for key in ordered]
    )
    for recorder_id, boot, *fact in rows:
        facts[recorder_id, boot].append(PresenceFact(*fact))
    return facts


async def write_rows(connection: Connection, rows: Rows) -> None:
    """Write a batch inside the transaction that `lock_boots` began."""
    for kind, records in rows.readings.items():
        if records:
            await connection.copy_records_to_table(kind, records=records, columns=COLUMNS[kind])
    await _save_boots(connection, rows.boots)
    if rows.states:
        await connection.copy_records_to_table("stage_state", records=rows.states, columns=STATE_COLUMNS)
        await connection.execute(queries("intake")["advance_state"])
    for name, records in (("widen_recording_states", rows.recording_states), ("put_replies", rows.replies)):
        if records:
            await connection.execute(queries("intake")[name], *_columns(records))
    if rows.dirty_hours:
        await connection.execute(queries("intake")["mark_dirty_hours"], sorted(rows.dirty_hours))
    await _put_connections(connection, rows.connections)
    await _put_rejections(connection, rows.rejections)


async def _save_boots(connection: Connection, boots: dict[BootKey, Boot]) -> None:
    if not boots:
        return
    records = [
        (
            *(recorder_id, boot_id, boot.seen, boot.first_at, boot.last_at, boot.last_received_at),
            *(boot.clock.powered_on_at, boot.clock.offset_s, boot.clock.wrong_to, boot.clock.right_from),
        )
        for (recorder_id, boot_id), boot in boots.items()
    ]
    await connection.copy_records_to_table("stage_boot", records=records, columns=_BOOT_COLUMNS)
    await connection.execute(queries("intake")["save_boots"])


async def _put_connections(connection: Connection, connections: dict[BootKey, list[PresenceConnection]]) -> None:
    if not connections:
        return
    records = [
        (recorder_id, boot, c.online_at, c.seq, c.session, c.offline_at, c.reason)
        for (recorder_id, boot), spans in connections.items()
        for c in spans
    ]
    if records:
        await connection.execute(queries("intake")["put_connections"], *_columns(records))
    recorder_ids = sorted({recorder_id for recorder_id, _ in connections})
    await connection.execute(queries("intake")["refresh_connection"], recorder_ids)


async def _put_rejections(connection: Connection, rejections: dict[tuple[str, bytes], CountedRejection]) -> None:
    if not rejections:
        return
    records = [
        (
            *(r.topic, r.sha256, r.code, r.reason, r.recorder_id, r.boot, r.seq, r.payload, r.length),
            *(counted.received_at, counted.count),
        )
        for counted in rejections.values()
        for r in (counted.rejection,)
    ]
    await connection.execute(queries("intake")["put_rejections"], *_columns(records))


def _columns(records: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return list(zip(*records, strict=True))
