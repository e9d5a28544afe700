"""Facts after the fact (事后补录): who may approve one, and what that changes.

domain.md, "Excuses": it takes effect once somebody approves it who is neither the subject nor of the subject's unit's
leadership.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from alerts.facts.fields import Fact
from alerts.facts.models import MODELS, Activity, Collection, Exemption, SimBinding
from alerts.facts.rows import moved_ends, values_of
from alerts.facts.versions import Mark, settle, slices_of
from telemetry.store import fact_review as review
from telemetry.store import facts as store
from telemetry.store.pool import Connection, Database

Refusal = Literal["unknown", "not_awaiting", "overtaken", "is_subject", "leads_subject"]
REFUSALS: Final[dict[Refusal, str]] = {
    "unknown": "记录不存在",
    "not_awaiting": "该记录无需审批或已审批",
    "overtaken": "该记录已有更新的版本",
    "is_subject": "本人不能审批自己的补录",
    "leads_subject": "本单位领导不能审批本单位人员的补录",
}
LEADERSHIP: Final = frozenset({"leader", "deputy", "head"})


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's unit and roles."""

    unit_id: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom a fact is about: persons, and units as wholes (whose people are all subjects)."""

    officers: frozenset[str]
    units: frozenset[str]
    """Units whose leadership answers for it: those of the persons, and those that it is about."""
    everybody_in: str | None = None


def why_not(
    approver_id: str | None, standings: Mapping[str, Standing], concerned: Concerned, above: Iterable[str]
) -> Refusal | None:
    """Why *approver_id* may not approve, or None; *above* is his unit and all above it.

    An account that is no officer's is nobody's subject.
    """
    if approver_id is None:
        return None
    standing = standings.get(approver_id)
    if approver_id in concerned.officers or (concerned.everybody_in is not None and concerned.everybody_in in above):
        return "is_subject"
    if standing is not None and standing.roles & LEADERSHIP and standing.unit_id in concerned.units:
        return "leads_subject"
    return None


@dataclass(frozen=True, slots=True)
class Approver:
    """Who decides: the account, and the person behind it where he is one of the bureau's officers."""

    account: str
    officer_id: str | None


async def approve_fact(
    database: Database,
    collection: Collection,
    fact_id: str,
    version: int,
    *,
    actor: str,
    officer_id: str | None,
    now: datetime,
) -> Refusal | None:
    """Let one 事后补录 take effect from *now* on; why not, or None once it is done.

    *actor* is the account, *officer_id* the person behind it where he is one of the bureau's officers.
    """
    async with database.transaction() as connection:
        fact = await _decidable(connection, (collection, fact_id, version), officer_id, now)
        if not isinstance(fact, Fact):
            return fact
        await review.mark_approved(connection, (collection, fact_id, version), actor, now)
        await _take_effect(connection, collection, fact, version, now)
        return None


async def reject_fact(
    database: Database, version: tuple[Collection, str, int], by: Approver, reason: str, now: datetime
) -> Refusal | None:
    """Leave one 事后补录 (collection, id, version) without effect for good; why not, or None once it is done."""
    async with database.transaction() as connection:
        fact = await _decidable(connection, version, by.officer_id, now)
        if not isinstance(fact, Fact):
            return fact
        await review.mark_rejected(connection, version, by.account, now, reason)
        return None


async def _decidable(
    connection: Connection, version: tuple[Collection, str, int], officer_id: str | None, now: datetime
) -> Fact | Refusal:
    """The fact that waits under *version*, if *officer_id* may decide on it."""
    collection = version[0]
    await store.lock_facts(connection)
    found = await review.version_to_approve(connection, *version)
    if found is None:
        return "unknown"
    if not found.needs_approval or found.is_approved:
        return "not_awaiting"
    if found.is_overtaken:
        return "overtaken"
    fact = MODELS[collection].model_validate_json(found.content)
    return await _refusal(connection, fact, officer_id, now) or fact


async def _refusal(connection: Connection, fact: Fact, officer_id: str | None, now: datetime) -> Refusal | None:
    persons = _persons(fact)
    units: set[str] = set()
    everybody_in = None
    if isinstance(fact, SimBinding):
        unit_id, holder_id = await review.recorder_standing(connection, fact.recorder_id, now)
        persons |= {holder_id} if holder_id is not None else set()
        units |= {unit_id} if unit_id is not None else set()
    if isinstance(fact, Exemption) and fact.officer_id is None and fact.unit_id is not None:
        everybody_in = fact.unit_id
        units.add(fact.unit_id)
    asked = sorted(persons if officer_id is None else persons | {officer_id})
    standings = {
        person: Standing(unit_id, frozenset(roles))
        for person, unit_id, roles in await review.officer_standings(connection, asked, now)
    }
    units |= {standings[person].unit_id for person in persons if person in standings}
    own = standings.get(officer_id or "")
    above = [] if own is None else await review.unit_ancestors(connection, own.unit_id, now)
    return why_not(officer_id, standings, Concerned(frozenset(persons), frozenset(units), everybody_in), above)


def _persons(fact: Fact) -> set[str]:
    if isinstance(fact, Activity):
        return set(fact.team)
    officer_id: str | None = getattr(fact, "officer_id", None)
    return set() if officer_id is None else {officer_id}


async def _take_effect(connection: Connection, collection: Collection, fact: Fact, version: int, now: datetime) -> None:
    """Add what the version says in full, known from *now* on."""
    known = (await store.stored_slices(connection, collection, [fact.id])).get(fact.id, [])
    first = max((s.slice + 1 for s in known if s.version == version), default=0)
    pieces = slices_of(fact, now)
    marks = [Mark(s.version, s.slice, s.known_from, s.cancelled_at) for s in known]
    marks += [Mark(version, number, piece.known_from, fact.cancelled_at) for number, piece in enumerate(pieces, first)]
    settled = settle(marks)
    await store.move_ends(connection, collection, moved_ends(fact.id, known, settled))
    values = values_of(collection)
    rows = [
        store.SliceRow(fact.id, version, mark.slice, piece.known_from, known_to, late=True, values=values(piece.fact))
        for piece, mark, known_to in zip(pieces, marks[len(known) :], settled[len(known) :], strict=True)
    ]
    await store.write_slices(connection, collection, rows)
    await store.note_changes(connection, collection, [fact.id])
