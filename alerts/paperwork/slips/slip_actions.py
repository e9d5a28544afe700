"""Issues slips for upheld incidents, carries out their steps, and checks copies."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from alerts.incidents.actors import Actor
from alerts.paperwork.slips.content import Names, SlipContent, content_of, evidence_hash, evidence_of
from alerts.paperwork.slips.forms import NUMBERS, Annex, TextKind
from alerts.paperwork.slips.opinions import (
    CHANGED,
    HAS_SLIP,
    NO_SLIP,
    UNKNOWN,
    WORKFLOWS,
    Dossier,
    Move,
    place_or_refusal,
)
from alerts.shanghai_time import SHANGHAI
from alerts.workflow import Attempt, Refusal
from telemetry.records.slips import SlipRow, SlipStepRow
from telemetry.store.incidents import history, incidents_by_id, lock_incidents
from telemetry.store.pool import Connection, Database
from telemetry.store.slips import (
    add_slip,
    add_step,
    draw_serial,
    lock_slip,
    names_of,
    one_slip,
    standing_slip,
    steps_of,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A verifier's request: his department's name, annex and box (None: those of the rule), and his texts."""

    department: str
    place: tuple[int, int | None] | None = None
    texts: Mapping[TextKind, str] | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a check: content against stored hash, copy against hash, evidence against the incident."""

    slip_id: str
    number: str
    evidence_sha256: str
    is_intact: bool
    is_current: bool
    is_void: bool
    copy_matches: bool | None


async def issue(
    connection: Connection,
    incident_id: str,
    asked: Asked,
    actor: Actor,
    *,
    now: datetime,
    numbers: Mapping[int, str] = NUMBERS,
) -> SlipRow | Refusal:
    """Issue the slip of an upheld incident in the caller's transaction, with the year's next number; or the refusal."""
    texts = dict(asked.texts or {})
    incident = (await lock_incidents(connection, [incident_id])).get(incident_id)
    if incident is None:
        return NO_SLIP
    place = place_or_refusal(incident, actor, asked.place, texts)
    if isinstance(place, Refusal):
        return place
    if await standing_slip(connection, incident_id) is not None:
        return HAS_SLIP
    unit, officer = await names_of(connection, incident.unit_id, incident.officer_id, now)
    names = Names(unit or incident.unit_id or "", officer or incident.officer_id or "", asked.department.strip())
    content = content_of(incident, await history(connection, incident_id), names, place, texts)
    row = await _numbered(connection, incident_id, content, actor, now=now, numbers=numbers)
    await add_slip(connection, row)
    return row


async def take_step(
    connection: Connection,
    slip_id: str,
    move: Move,
    actor: Actor,
    opinion: str,
    *,
    expected_version: int | None,
    now: datetime,
) -> SlipRow | Refusal:
    """Carry out one step in the caller's transaction; return the changed slip, or the refusal.

    *expected_version* is the number of steps that the person saw.
    """
    known = await one_slip(connection, slip_id)
    if known is None:
        return UNKNOWN
    # Lock the incident first, in the same order as its revocation, to avoid a deadlock.
    await lock_incidents(connection, [known.incident_id])
    row = await lock_slip(connection, slip_id)
    if row is None:
        return UNKNOWN
    dossier = await load_dossier(connection, row)
    if expected_version is not None and expected_version != len(dossier.steps):
        return CHANGED
    refusal = WORKFLOWS[dossier.annex].refusal(move, Attempt(dossier, actor, opinion, now))
    if refusal is not None:
        return refusal
    await add_step(connection, SlipStepRow(slip_id, len(dossier.steps) + 1, now, actor.account, move, opinion.strip()))
    return await one_slip(connection, slip_id) or row


async def load_dossier(connection: Connection, row: SlipRow) -> Dossier:
    """Load a slip with what its steps depend on."""
    incident = (await incidents_by_id(connection, [row.incident_id]))[row.incident_id]
    past = await history(connection, row.incident_id)
    now_stated = evidence_hash(evidence_of(incident, past, row.content["evidence"]["texts"]))
    steps = (await steps_of(connection, [row.slip_id])).get(row.slip_id, [])
    return Dossier(
        cast("Annex", row.annex), row.issued_by, steps, incident, past, is_current=now_stated == row.evidence_sha256
    )


async def check_copy(database: Database, slip_id: str, sha256: str | None) -> Checked | None:
    """Check a slip against its hash, and the hash of a copy if given; None if there is no such slip."""
    async with database.connection() as connection:
        row = await one_slip(connection, slip_id)
        if row is None:
            return None
        dossier = await load_dossier(connection, row)
    return Checked(
        slip_id=slip_id,
        number=row.number,
        evidence_sha256=row.evidence_sha256,
        is_intact=evidence_hash(row.content["evidence"]) == row.evidence_sha256,
        is_current=dossier.is_current,
        is_void=row.is_void,
        copy_matches=None if sha256 is None else "".join(sha256.split()).lower() == row.evidence_sha256,
    )


async def _numbered(
    connection: Connection,
    incident_id: str,
    content: SlipContent,
    actor: Actor,
    *,
    now: datetime,
    numbers: Mapping[int, str],
) -> SlipRow:
    year = now.astimezone(SHANGHAI).year
    # The serial's row stays locked until the commit, so that numbers have no gaps.
    serial = await draw_serial(connection, content.annex, year)
    return SlipRow(
        slip_id=f"A{content.annex}-{year}-{serial:04}",
        incident_id=incident_id,
        annex=content.annex,
        year=year,
        serial=serial,
        number=numbers[content.annex].format(year=year, serial=serial),
        issued_at=now,
        issued_by=actor.account,
        unit_id=content.evidence["unit_id"],
        officer_id=content.evidence["officer_id"],
        content=content.as_values(),
        evidence_sha256=evidence_hash(content.evidence),
    )
