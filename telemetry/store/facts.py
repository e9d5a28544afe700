"""Store of facts: the journal of versions, what was known when, and the queries of rules."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from telemetry.records.facts import FactTable, Sheaf, SliceRow, StoredSlice
from telemetry.store.pool import Connection
from telemetry.store.queries import query

_HEAD: Final = ("version", "slice", "known_from", "known_to", "late")
_FOREVER: Final = datetime.max  # noqa: DTZ901 - asyncpg's spelling of 'infinity'
_VERSION_COLUMNS: Final = (
    *("collection", "fact_id", "version", "content", "digest", "loaded_at", "loaded_by", "late", "needs_approval"),
)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version in the journal; `content` is its JSON, `digest` 16 bytes over it."""

    fact_id: str
    version: int
    content: str
    digest: bytes
    late: bool
    needs_approval: bool


async def lock_facts(connection: Connection) -> None:
    """Exclude other loads and approvals until the transaction ends."""
    await connection.execute(query("facts", "lock_facts"))


async def stored_ids(connection: Connection, collection: str, ids: Iterable[str]) -> set[str]:
    """Return which of *ids* are facts of *collection*, cancelled ones included."""
    rows = await connection.fetch(query("facts", "stored_ids"), collection, sorted(ids))
    return {row[0] for row in rows}


async def stored_digests(connection: Connection, collection: str, ids: Iterable[str]) -> dict[str, list[bytes]]:
    """Return the digests of each fact's versions in order; new facts are omitted."""
    rows = await connection.fetch(query("facts", "stored_digests"), collection, sorted(ids))
    return {row[0]: list(row[1]) for row in rows}


async def counting_contents(connection: Connection, collection: str, ids: Iterable[str]) -> dict[str, str]:
    """Return the JSON of each fact's latest version that counts in full; facts without one are omitted."""
    rows = await connection.fetch(query("facts", "counting_contents"), collection, sorted(ids))
    return {row[0]: row[1] for row in rows}


async def stored_slices(connection: Connection, table: FactTable, ids: Iterable[str]) -> dict[str, list[StoredSlice]]:
    """Return the slices of facts by id."""
    rows = await connection.fetch(_of(table, "stored_slices"), table.collection, sorted(ids))
    found: dict[str, list[StoredSlice]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(StoredSlice(**row))
    return found


async def aliases(connection: Connection, collection: str, ids: Iterable[str]) -> dict[str, str]:
    """Return which of *ids* are aliases, with the ids they stand for."""
    return {row[0]: row[1] for row in await connection.fetch(query("facts", "aliases"), collection, sorted(ids))}


async def add_aliases(connection: Connection, collection: str, taken: Mapping[str, str]) -> None:
    """Store aliases and the ids they stand for."""
    await connection.execute(query("facts", "add_aliases"), collection, list(taken), list(taken.values()))


async def facts_alike(connection: Connection, collection: str, conducts: Sequence[tuple[Any, ...]]) -> dict[int, str]:
    """Return, by index in *conducts* (officer, case, start, end, kind), the matching stored shift or activity."""
    columns = [list(column) for column in zip(*conducts, strict=True)]
    rows = await connection.fetch(query("facts", f"{collection}_alike"), *columns) if conducts else []
    return {row[0] - 1: row[1] for row in reversed(rows)}


async def sharing_numbers(
    connection: Connection, imeis: Sequence[str], iccids: Sequence[str]
) -> list[tuple[str, str | None, str | None, str | None]]:
    """Return current recorders that share a number: id, IMEI, ICCID, reason why sharing is allowed."""
    return [tuple(row) for row in await connection.fetch(query("facts", "sharing_numbers"), imeis, iccids)]


async def unit_parents(connection: Connection) -> dict[str, str | None]:
    """Return each unit's parent as last written."""
    return {row[0]: row[1] for row in await connection.fetch(query("facts", "unit_parents"))}


async def write_versions(
    connection: Connection, collection: str, versions: Sequence[VersionRow], actor: str, now: datetime
) -> None:
    """Add versions to the journal and notify the evaluation."""
    records = [
        (collection, v.fact_id, v.version, v.content, v.digest, now, actor, v.late, v.needs_approval) for v in versions
    ]
    await connection.copy_records_to_table("fact_version", records=records, columns=_VERSION_COLUMNS)
    await note_changes(connection, collection, {version.fact_id for version in versions})


async def note_changes(connection: Connection, collection: str, ids: Iterable[str]) -> None:
    """Notify the evaluation that facts changed."""
    changes = [(collection, fact_id) for fact_id in sorted(ids)]
    await connection.copy_records_to_table("fact_change", records=changes, columns=("collection", "fact_id"))


async def write_slices(connection: Connection, table: FactTable, slices: Sequence[SliceRow]) -> None:
    """Add slices, which the rules read."""
    records = [
        (s.fact_id, s.version, s.slice, s.known_from, s.known_to or _FOREVER, s.late, *_values(table, s.values))
        for s in slices
    ]
    columns = (table.id, *_HEAD, *table.columns)
    await connection.copy_records_to_table(table.name, records=records, columns=columns)
    if "officer_ids" in table.columns:
        await _write_teams(connection, table, slices)


async def _write_teams(connection: Connection, table: FactTable, slices: Sequence[SliceRow]) -> None:
    team, ends_at = (table.columns.index(name) for name in ("officer_ids", "ends_at"))
    records = [
        (officer_id, s.values[ends_at] or _FOREVER, s.fact_id, s.version, s.slice)
        for s in slices
        for officer_id in s.values[team]
    ]
    columns = ("officer_id", "ends_at", "activity_id", "version", "slice")
    await connection.copy_records_to_table("activity_officer", records=records, columns=columns)


async def move_ends(
    connection: Connection, table: FactTable, ends: Sequence[tuple[str, int, int, datetime | None]]
) -> None:
    """Change until when stored slices (id, version, slice) count; None: still."""
    if ends:
        await connection.execute(_of(table, "move_ends"), *zip(*ends, strict=True))


async def refresh_register(connection: Connection, now: datetime) -> int:
    """Refresh the displayed register to what is known at *now*; return how many rows changed."""
    return int(await connection.fetchval(query("facts", "refresh_register"), now))


async def take_changes(connection: Connection) -> list[tuple[str, str]]:
    """Return and delete the (collection, id) of facts stored since the last call.

    Only the evaluating process may call it.
    """
    return [(row[0], row[1]) for row in await connection.fetch(query("facts", "take_changes"))]


async def changed_between(connection: Connection, after: datetime, until: datetime) -> list[tuple[str, str]]:
    """Return (collection, id) of facts that became known, changed or ended by their own times in (*after*, *until*]."""
    rows = await connection.fetch(query("facts", "changed_between"), after, until)
    return [(row[0], row[1]) for row in rows]


async def next_change(connection: Connection, after: datetime) -> datetime | None:
    """Return when facts next change by their own times; None: never."""
    moment: datetime | None = await connection.fetchval(query("facts", "next_change"), after)
    return moment


async def fetch_sheaf(
    connection: Connection,
    span: tuple[datetime, datetime, datetime],
    *,
    recorder_ids: Sequence[str] | None = None,
    officer_ids: Sequence[str] = (),
) -> Sheaf:
    """Return what was known about an interval; *span* is (now, since, until). All, or selected recorders and officers.

    With *recorder_ids* it holds everything needed to tell who wore these recorders, what these officers wore, and who
    of them was on duty. For an activity, the caller must include the officer's partners in *officer_ids*.
    """
    recorders: list[str] | None = None
    officers: list[str] | None = None
    now = span[0]
    if recorder_ids is None:
        logins = await connection.fetch(query("facts", "logins_between"), *span, None)
    else:
        recorders, officers, logins = await _related(connection, span, recorder_ids, officer_ids)
    # Parameters and blocks of the queries that are about an interval: all facts, or those of some recorders and officers.
    scope, about = (span, "") if recorders is None else ((*span, recorders, officers), "_of")
    fetch = connection.fetch
    people = None if officers is None else sorted({*officers, *(login["officer_id"] for login in logins)})
    register = await fetch(query("facts", "known_recorders"), now, recorders)
    own = _own_recorders(logins, register)
    return Sheaf(
        units=await fetch(query("facts", "known_units"), now),
        officers=await fetch(query("facts", "known_officers"), now, people),
        recorders=register,
        assignments=await fetch(query("facts", f"known_assignments{about}"), *scope),
        shifts=await fetch(query("facts", f"known_shifts{about}"), *scope),
        activities=await fetch(query("facts", f"known_activities{about}"), *scope),
        exemptions=await fetch(query("facts", "known_exemptions"), *span),
        reports=await fetch(query("facts", f"known_reports{about}"), *scope),
        logins=logins,
        recordings=[] if not own else await fetch(query("facts", "recorded_between"), *span[1:], own),
        used=[] if not own else await fetch(query("facts", "used_between"), *span[1:], own),
    )


def _own_recorders(logins: Sequence[Any], register: Sequence[Any]) -> list[str]:
    """Return the recorders in the care of somebody who is logged in on another one."""
    logged_in: dict[str, set[str]] = {}
    for login in logins:
        logged_in.setdefault(login["officer_id"], set()).add(login["recorder_id"])
    held = {(row["holder_id"], row["recorder_id"]) for row in register if row["holder_id"] in logged_in}
    return sorted({recorder_id for holder_id, recorder_id in held if logged_in[holder_id] - {recorder_id}})


async def _related(
    connection: Connection,
    span: tuple[datetime, datetime, datetime],
    recorder_ids: Sequence[str],
    officer_ids: Sequence[str],
) -> tuple[list[str], list[str], list[Any]]:
    """Return the recorders and officers related to the given ones, and the logins on these recorders."""
    seeds = {*recorder_ids, *await _logged_in_on(connection, span, officer_ids)}
    logins = await _logins(connection, span, seeds)
    # An officer logged in here may also be logged in elsewhere, which makes both claims doubtful.
    others = await _logged_in_on(connection, span, {login["officer_id"] for login in logins}) - seeds
    logins += await _logins(connection, span, others)
    row = await connection.fetchrow(
        query("facts", "related"),
        *(*span, sorted(seeds), sorted(set(officer_ids))),
        *([login[name] for login in logins] for name in ("recorder_id", "officer_id")),
    )
    assert row is not None
    related = {*row["recorder_ids"]}
    logins = [login for login in logins if login["recorder_id"] in related]
    logins += await _logins(connection, span, related - seeds - others)
    logins.sort(key=lambda login: (login["recorder_id"], login["starts_at"]))
    return row["recorder_ids"], row["officer_ids"], logins


async def _logged_in_on(
    connection: Connection, span: tuple[datetime, datetime, datetime], officer_ids: Collection[str]
) -> set[str]:
    """Return the recorders on which officers may have been logged in."""
    if not officer_ids:
        return set()
    rows = await connection.fetch(query("facts", "login_recorders"), *span[1:], sorted(officer_ids))
    return {row[0] for row in rows}


async def _logins(
    connection: Connection, span: tuple[datetime, datetime, datetime], recorder_ids: Collection[str]
) -> list[Any]:
    """Return the logins on recorders."""
    if not recorder_ids:
        return []
    return await connection.fetch(query("facts", "logins_between"), *span, sorted(recorder_ids))


def _of(table: FactTable, name: str) -> str:
    """Return a query for the table of one collection. Only names of our own go into the text, so no injection."""
    return query("facts", name).replace("{table}", table.name).replace("{id}", table.id)


def _values(table: FactTable, values: tuple[Any, ...]) -> Iterable[Any]:
    if "segments" not in table.columns:
        return values
    # asyncpg would take a plain pair as a range that contains its end.
    return (
        [asyncpg.Range(*pair) for pair in value] if column == "segments" and value is not None else value
        for column, value in zip(table.columns, values, strict=True)
    )
