"""Ingest, step 4 of 4: write one batch in one transaction."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any, Final

from telemetry.domain.boot_clock import TOLERANCE, BootClock
from telemetry.domain.connection import Connection as PresenceConnection
from telemetry.domain.connection import PresenceFact
from telemetry.domain.readings import Counted
from telemetry.records.boots import STATE_GROUPS, Boot, BootKey, DoubtfulName, Rows
from telemetry.store.pool import Connection
from telemetry.store.queries import queries

_MOST_SEARCHED: Final = 64
"""Most boots searched for messages that aren't at their `ts`; in a batch with more, all of them count as duplicates."""
_HEAD: Final = ("recorder_id", "at", "ts", "received_at", "boot", "seq", "backlog", "clock_ok")
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "presence": (
        *_HEAD,
        *("state", "session", "reason", "model", "firmware", "imei", "iccid", "uptime_s", "officer_id"),
        *("last_end", "dropped", "login_unread"),
    ),
    "heartbeat": (*_HEAD, "uptime_s", "network", "rsrp_dbm", "cell", "sim", "iccid"),
    "battery": (*_HEAD, "level_pct", "charging", "voltage_mv", "temperature_c"),
    "storage": (*_HEAD, "total_mb", "free_mb", "files"),
    "recording": (*_HEAD, "state", "since", "file_id", "trigger"),
    "location": (*_HEAD, "lat", "lon", "accuracy_m", "speed_mps", "heading_deg", "fix"),
    "event": (*_HEAD, "type", "detail"),
}

_STATE_COLUMNS: Final = (
    *("recorder_id", "first_received_at", "last_received_at", "last_heard_at"),
    *(column for group, values in STATE_GROUPS.items() for column in (f"{group}_at", f"{group}_seq", *values)),
)
_BOOT_COLUMNS: Final = (
    *("boot_recorder_id", "boot_id", "seen_first", "seen_last", "seen_runs"),
    *("first_at", "last_at", "boot_last_received_at"),
    *("powered_on_at", "clock_offset_s", "clock_wrong_to", "clock_right_from", "clock_told_ts", "clock_told_twice"),
    *("boot_uptime_s", "began_ts", "last_ts", "reused"),
)
_SPAN_COLUMNS: Final = (
    *("span_recorder_id", "span_boot", "span_since_ts", "span_state", "span_since", "span_last_at"),
    *("span_file_id", "span_trigger", "span_since_rank"),
)
_STAGE_COLUMNS: Final = (*_STATE_COLUMNS, *_BOOT_COLUMNS, *_SPAN_COLUMNS)
_NO_STATE: Final = (None,) * len(_STATE_COLUMNS)
_NO_BOOT: Final = (None,) * len(_BOOT_COLUMNS)
_NO_SPAN: Final = (None,) * len(_SPAN_COLUMNS)


async def lock_boots(connection: Connection, keys: Collection[BootKey]) -> dict[BootKey, Boot]:
    """Lock the boots of a batch until the transaction ends; boots never heard before are not returned."""
    return await _fetch_boots(connection, "lock_boots", *_columns(list(keys)))


async def make_boots(connection: Connection, keys: dict[BootKey, datetime]) -> dict[BootKey, Boot]:
    """Lock the boots of a batch until the transaction ends, creating missing ones. No other boot may be locked yet.

    *keys* holds the arrival of each boot's first message.
    """
    return await _fetch_boots(connection, "make_boots", *_columns([(*key, at) for key, at in keys.items()]))


async def _fetch_boots(connection: Connection, name: str, *columns: tuple[Any, ...]) -> dict[BootKey, Boot]:
    rows = await connection.fetch(queries("intake")[name], *columns)
    boots = {(recorder_id, boot): _boot(columns) for recorder_id, boot, *columns in rows}
    reused = [key for key, boot in boots.items() if boot.reused]
    if reused:
        later = await connection.fetch(queries("intake")["later_boots"], *_columns(reused))
        for recorder_id, boot, *told in later:
            boots[recorder_id, boot].later.append(_boot(told))
    return boots


def _boot(columns: Sequence[Any]) -> Boot:
    first, last, runs, first_at, last_at, received_at, *clock, began_ts, last_ts, reused = columns
    seen = [first, last] if runs is None else runs
    return Boot(seen, BootClock(*clock), first_at, last_at, received_at, began_ts, last_ts, reused)


async def presence_facts(connection: Connection, keys: Iterable[BootKey]) -> dict[BootKey, list[PresenceFact]]:
    """Return the stored presence messages of boots."""
    ordered = sorted(keys)
    facts: dict[BootKey, list[PresenceFact]] = {key: [] for key in ordered}
    rows = await connection.fetch(
        queries("intake")["presence_of_boots"], [key[0] for key in ordered], [key[1] for key in ordered]
    )
    for recorder_id, boot, *fact in rows:
        facts[recorder_id, boot].append(PresenceFact(*fact))
    return facts


async def stored_names(
    connection: Connection, doubts: Sequence[DoubtfulName]
) -> dict[BootKey, dict[str, set[tuple[int, datetime]]]]:
    """Return which of *doubts* are stored: (`seq`, `ts`) by the boot's first generation, then by generation.

    Most are found at their `ts`. The rest is searched in the whole boot, unless too many boots need that.
    """
    columns = _columns(doubts)
    rows = await connection.fetch(queries("intake")["stored_at_ts"], *columns, min(columns[-1]), max(columns[-1]))
    found = {tuple(row) for row in rows}
    rest = [doubt for doubt in doubts if doubt not in found]
    if len({doubt[:2] for doubt in rest}) <= _MOST_SEARCHED:
        if rest:
            rows = await connection.fetch(queries("intake")["stored_in_boot"], *_columns(rest))
            found.update(tuple(row) for row in rows)
    else:
        found.update(rest)
    names: dict[BootKey, dict[str, set[tuple[int, datetime]]]] = {}
    for recorder_id, boot, _, seq, ts in found:
        names.setdefault((recorder_id, boot.partition("~")[0]), {}).setdefault(boot, set()).add((seq, ts))
    return names


async def write_rows(connection: Connection, rows: Rows, now: datetime) -> None:
    """Write a batch inside the transaction that `lock_boots` began; *now* is of the clock that stamps arrivals."""
    if rows.new_boots:
        await connection.execute(queries("intake")["add_generations"], *_columns(rows.new_boots))
    if rows.retried:
        await connection.execute(queries("intake")["drop_rejections"], rows.retried)
    for kind, records in rows.readings.items():
        if records:
            await connection.copy_records_to_table(kind, records=records, columns=COLUMNS[kind])
    if rows.boots:
        await connection.copy_records_to_table("stage", records=_side_by_side(rows), columns=_STAGE_COLUMNS)
        parameters = (sorted(rows.dirty_hours), rows.received_from, rows.received_to, now)
        await connection.execute(queries("intake")["merge_stage"], *parameters)
    if rows.replies:
        await connection.execute(queries("intake")["put_replies"], *_columns(rows.replies))
    latest = now if rows.received_to is None else max(now, rows.received_to)
    await _put_connections(connection, rows.connections, latest + TOLERANCE)
    await _put_rejections(connection, rows.rejections)


def _side_by_side(rows: Rows) -> list[tuple[Any, ...]]:
    """Return the rows of the stage table; row n holds the n-th record of each kind."""
    boots = [_boot_row(key, boot) for key, boot in rows.boots.items()]
    return [
        (state or _NO_STATE) + (boot or _NO_BOOT) + (span or _NO_SPAN)
        for state, boot, span in zip_longest(rows.states, boots, rows.recording_states)
    ]


def _boot_row(key: BootKey, boot: Boot) -> tuple[Any, ...]:
    seen, clock = boot.seen, boot.clock
    runs = (seen[0], seen[1], None) if len(seen) == 2 else (None, None, seen)
    return (
        *(*key, *runs, boot.first_at, boot.last_at, boot.last_received_at),
        *(clock.powered_on_at, clock.offset_s, clock.wrong_to, clock.right_from, clock.told_ts, clock.is_told_twice),
        *(clock.uptime_s, boot.began_ts, boot.last_ts, boot.reused),
    )


async def _put_connections(
    connection: Connection, connections: dict[BootKey, list[PresenceConnection]], latest: datetime
) -> None:
    """Store *connections*. What lies after *latest* is of a wrong clock, and no recorder's present connection."""
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
    await connection.execute(queries("intake")["refresh_connection"], recorder_ids, latest)


async def _put_rejections(connection: Connection, rejections: dict[tuple[str, bytes], Counted]) -> None:
    if not rejections:
        return
    records = [
        (
            *(r.topic, r.sha256, r.code, r.reason, r.recorder_id, r.boot, r.seq, r.payload, r.length),
            *(counted.received_at, counted.count, ",".join(r.fields), counted.is_live),
        )
        for counted in rejections.values()
        for r in (counted.rejection,)
    ]
    await connection.execute(queries("intake")["put_rejections"], *_columns(records))


def _columns(records: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return list(zip(*records, strict=True))
