"""Approval of facts entered after the fact (事后补录): who may approve one, and what that changes.

Such a fact takes effect once approved by somebody who is neither its subject nor in the leadership of the subject's
unit (domain.md, "Excuses").
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, cast

from alerts.facts.fields import Fact
from alerts.facts.models import MODELS, Activity, Collection, Exemption, SimBinding
from alerts.facts.rows import TABLES, lay_out
from alerts.facts.versions import Mark, slices_of
from alerts.workflow import Attempt, Offer, Refusal, Transition, Workflow, text_or
from telemetry.store import fact_review as review
from telemetry.store import facts as store
from telemetry.store.fact_review import AwaitingVersion, ReviewedVersion
from telemetry.store.pool import Connection

UNKNOWN: Final = Refusal("unknown", "unknown", "记录不存在")
NOT_AWAITING: Final = Refusal("conflict", "not_awaiting", "该记录无需审批或已审批")
OVERTAKEN: Final = Refusal("conflict", "overtaken", "该记录已有更新的版本")
IS_SUBJECT: Final = Refusal("forbidden", "is_subject", "本人不能审批自己的补录")
LEADS_SUBJECT: Final = Refusal("forbidden", "leads_subject", "本单位领导不能审批本单位人员的补录")
NO_REASON: Final = Refusal("invalid", "no_reason", "须写明理由", field="reason")
Verdict = Literal["approve", "reject"]
LEADERSHIP: Final = frozenset({"leader", "deputy", "head"})


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's unit and roles."""

    unit_id: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom a fact is about: persons, and whole units (all of whose people are subjects)."""

    officers: frozenset[str]
    units: frozenset[str]
    """Units whose leadership answers for it: those of the persons, and those that the fact is about."""
    everybody_in: str | None = None


@dataclass(frozen=True, slots=True)
class Approver:
    """The account that decides, and the officer behind it, if any.

    `standing` is that officer's unit and roles; `above` is his unit and all units above it.
    """

    account: str
    officer_id: str | None
    standing: Standing | None = None
    above: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LateEntry:
    """A version that awaits a decision, and whom it is about."""

    state: Literal["awaiting", "not_awaiting", "overtaken"]
    concerned: Concerned


def _is_no_subject(attempt: Attempt[LateEntry, Approver]) -> Refusal | None:
    """Refuse the fact's own subject; an account without an officer is nobody's subject."""
    concerned, who = attempt.thing.concerned, attempt.actor
    return IS_SUBJECT if who.officer_id in concerned.officers or concerned.everybody_in in who.above else None


def _leads_no_subject(attempt: Attempt[LateEntry, Approver]) -> Refusal | None:
    standing = attempt.actor.standing
    if standing is None or standing.unit_id not in attempt.thing.concerned.units:
        return None
    return LEADS_SUBJECT if standing.roles & LEADERSHIP else None


_IMPARTIAL: Final = (_is_no_subject, _leads_no_subject)
WORKFLOW: Final[Workflow[LateEntry, Approver]] = Workflow(
    {
        "approve": Transition({"awaiting": "approved"}, (), _IMPARTIAL),
        "reject": Transition({"awaiting": "rejected"}, (text_or(NO_REASON),), _IMPARTIAL),
    },
    state_of=lambda entry: entry.state,
    not_due=lambda state: OVERTAKEN if state == "overtaken" else NOT_AWAITING,
)


async def decide_fact(
    connection: Connection,
    version: tuple[Collection, str, int],
    verdict: Verdict,
    account: tuple[str, str | None],
    *,
    reason: str,
    now: datetime,
) -> Refusal | None:
    """Approve one 事后补录 (collection, id, version) from *now* on, or reject it for good.

    Runs in the caller's transaction. Returns the refusal, or None on success. *account* is the account that decides and
    its officer id.
    """
    await store.lock_facts(connection)
    found = await review.version_to_approve(connection, *version)
    if found is None:
        return UNKNOWN
    fact = MODELS[version[0]].model_validate_json(found.content)
    entry = LateEntry(_state_of(found), await _concerned(connection, fact, now))
    who = await approver(connection, *account, now)
    refusal = WORKFLOW.refusal(verdict, Attempt(entry, who, reason, now))
    if refusal is not None:
        return refusal
    if verdict == "reject":
        await review.mark_rejected(connection, version, who.account, now, reason)
    else:
        await review.mark_approved(connection, version, who.account, now)
        await _take_effect(connection, version[0], fact, version[2], now)
    return None


async def verdicts_offered(
    connection: Connection, awaiting: AwaitingVersion, who: Approver, now: datetime
) -> list[Offer]:
    """The decisions that *who* may take at *now* on a version that awaits approval."""
    fact = MODELS[cast("Collection", awaiting.collection)].model_validate_json(awaiting.content)
    return WORKFLOW.offers(LateEntry("awaiting", await _concerned(connection, fact, now)), who, now)


async def approver(connection: Connection, account: str, officer_id: str | None, now: datetime) -> Approver:
    """The account with the unit and roles of its officer, as known at *now*."""
    standings = {} if officer_id is None else await _standings(connection, {officer_id}, now)
    own = standings.get(officer_id or "")
    above = [] if own is None else await review.unit_ancestors(connection, own.unit_id, now)
    return Approver(account, officer_id, own, frozenset(above))


def _state_of(found: ReviewedVersion) -> Literal["awaiting", "not_awaiting", "overtaken"]:
    if not found.needs_approval or found.is_approved:
        return "not_awaiting"
    return "overtaken" if found.is_overtaken else "awaiting"


async def _concerned(connection: Connection, fact: Fact, now: datetime) -> Concerned:
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
    units |= {standing.unit_id for standing in (await _standings(connection, persons, now)).values()}
    return Concerned(frozenset(persons), frozenset(units), everybody_in)


async def _standings(connection: Connection, persons: set[str], now: datetime) -> dict[str, Standing]:
    rows = await review.officer_standings(connection, sorted(persons), now)
    return {person: Standing(unit_id, frozenset(roles)) for person, unit_id, roles in rows}


def _persons(fact: Fact) -> set[str]:
    if isinstance(fact, Activity):
        return set(fact.team)
    officer_id: str | None = getattr(fact, "officer_id", None)
    return set() if officer_id is None else {officer_id}


async def _take_effect(connection: Connection, collection: Collection, fact: Fact, version: int, now: datetime) -> None:
    """Store the version's full content, known from *now* on."""
    table = TABLES[collection]
    stored = await store.stored_slices(connection, table, [fact.id])
    first = max((s.slice + 1 for s in stored.get(fact.id, []) if s.version == version), default=0)
    new = [
        (Mark(version, number, piece.known_from, fact.cancelled_at), piece.fact, True)
        for number, piece in enumerate(slices_of(fact, now), first)
    ]
    rows, ends = lay_out(collection, {fact.id: new}, stored)
    await store.move_ends(connection, table, ends)
    await store.write_slices(connection, table, rows)
    await store.note_changes(connection, collection, [fact.id])
