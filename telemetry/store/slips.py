"""Store of slips: serial numbers, the frozen content, the steps."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from telemetry.records.slips import SlipRow, SlipSearch, SlipStepRow
from telemetry.store.pool import Connection
from telemetry.store.queries import query

_ROOM: Final = "slips"


async def draw_serial(connection: Connection, annex: int, year: int) -> int:
    """Return the next serial number of an annex in a year.

    Numbers have no gaps, so others wait until this transaction ends.
    """
    return int(await connection.fetchval(query(_ROOM, "draw_serial"), annex, year))


async def add_slip(connection: Connection, row: SlipRow) -> None:
    """Store an issued slip."""
    await connection.execute(
        query(_ROOM, "add"),
        *(row.slip_id, row.incident_id, row.annex, row.year, row.serial, row.number, row.issued_at, row.issued_by),
        *(row.unit_id, row.officer_id, msgspec.json.encode(row.content).decode(), row.evidence_sha256),
    )


async def lock_slip(connection: Connection, slip_id: str) -> SlipRow | None:
    """Return one slip, locked until the transaction ends; None if there is none."""
    return _slip(await connection.fetchrow(query(_ROOM, "lock"), slip_id))


async def one_slip(connection: Connection, slip_id: str) -> SlipRow | None:
    """Return one slip; None if there is none."""
    return _slip(await connection.fetchrow(query(_ROOM, "one"), slip_id))


async def standing_slip(connection: Connection, incident_id: str) -> str | None:
    """Return the id of an incident's slip that isn't void; None if there is none."""
    found: str | None = await connection.fetchval(query(_ROOM, "standing"), incident_id)
    return found


async def add_step(connection: Connection, row: SlipStepRow) -> None:
    """Store one step; a voiding step marks the slip."""
    await connection.execute(
        query(_ROOM, "add_step"), row.slip_id, row.version, row.at, row.account, row.step, row.opinion
    )


async def steps_of(connection: Connection, slip_ids: Sequence[str]) -> dict[str, list[SlipStepRow]]:
    """Return the steps of slips by id, in order."""
    found: dict[str, list[SlipStepRow]] = defaultdict(list)
    for row in await connection.fetch(query(_ROOM, "steps"), slip_ids):
        found[row["slip_id"]].append(SlipStepRow(**dict(row)))
    return found


async def search_slips(connection: Connection, wanted: SlipSearch) -> list[SlipRow]:
    """Return a page of the register, newest first."""
    moment, last = wanted.before or (None, None)
    rows = await connection.fetch(
        query(_ROOM, "search"),
        *(wanted.units, wanted.annex, wanted.year, wanted.words, wanted.is_void, moment, last, wanted.limit),
        *(wanted.officer_id, wanted.incident_id),
    )
    return [found for row in rows if (found := _slip(row)) is not None]


async def names_of(
    connection: Connection, unit_id: str | None, officer_id: str | None, moment: datetime
) -> tuple[str | None, str | None]:
    """Return the names of a unit and an officer at *moment*."""
    row = await connection.fetchrow(query(_ROOM, "names"), unit_id, officer_id, moment)
    return (None, None) if row is None else (row["unit"], row["officer"])


def _slip(row: Any) -> SlipRow | None:
    if row is None:
        return None
    return SlipRow(**{**dict(row), "content": msgspec.json.decode(row["content"])})
