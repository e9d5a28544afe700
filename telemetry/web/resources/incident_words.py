"""Incidents in words, for the console: one line about each, its evidence as sentences, its history. Pure.

What speaks for the person concerned is marked as such: he and whoever decides about him read the same list.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel

from alerts.finding import Evidence
from alerts.incidents.actions import BY_HAND
from alerts.incidents.revise import effective_weight
from alerts.incidents.states import CLEARED, UNDECIDED
from alerts.notices import texts as notice_texts
from alerts.notices.wording import plain, span
from alerts.rules.registry import RULE_OF
from alerts.shanghai_time import duration
from alerts.silences.cause_texts import CAUSES
from telemetry.records import fields_of
from telemetry.records.incidents import IncidentRow, Names, TransitionRow
from telemetry.vocabulary import texts

ACTIONS: Final = texts("incident_action")
_BY_RULES: Final = texts("incident_change")
PROPOSALS: Final = texts("proposal")
_MOST_CHARACTERS: Final = 160
"""Of a key sentence in a headline: one that somebody entered by hand has no bound."""
_NEUTRAL: Final = ("恢复后为同一次开机", "该型号", "离线前", "失联前")


class Claim(BaseModel):
    """How sure an incident was, and what for."""

    confidence: str
    weight: str


class IncidentSummary(BaseModel):
    """An incident in a list. `confidence` and `weight` are what is said now: nothing once it is cleared, then `was` says it."""

    incident_id: str
    rule: str
    rule_zh: str
    clause: str
    status: str
    confidence: str | None
    weight: str | None
    was: Claim | None
    cause: str | None
    cause_zh: str | None
    recorder_id: str | None
    officer_id: str | None
    officer_name: str | None
    unit_id: str | None
    unit_name: str | None
    shift_id: str | None
    activity_id: str | None
    starts_at: datetime
    ends_at: datetime | None
    detected_at: datetime
    changed_at: datetime
    headline: str
    version: int
    flaps: int
    raised: bool
    review: str | None
    excuse: str | None
    outage_id: str | None


class Sentence(BaseModel):
    """One sentence of the evidence: the deciding one, for whom it speaks, or what the system can't judge."""

    side: Literal["key", "for", "against", "neutral", "limit"]
    text: str


class Statement(BaseModel):
    """What the person concerned stated."""

    at: datetime
    text: str


class HistoryEntry(BaseModel):
    """One change of an incident."""

    version: int
    at: datetime
    actor: str
    actor_name: str
    action: str
    action_zh: str
    from_status: str | None
    to_status: str
    reason: str


def summarize(row: IncidentRow, names: Names, now: datetime) -> IncidentSummary:
    """An incident as a line of a list."""
    rule = RULE_OF.get(row.rule)
    clause = (rule.clause or "") if rule is not None else BY_HAND.get(row.rule, "")
    claim = Claim(confidence=row.confidence, weight=effective_weight(row))
    stands = row.status not in CLEARED
    said = claim.model_dump() if stands else {"confidence": None, "weight": None}
    return IncidentSummary(
        **{**fields_of(row), **said},
        rule_zh=notice_texts.TITLES.get(row.rule, row.rule),
        clause=clause,
        was=None if stands else claim,
        cause_zh=None if row.cause is None else CAUSES.get(row.cause, row.cause),
        officer_name=names.officers.get(row.officer_id or ""),
        unit_name=names.units.get(row.unit_id or ""),
        headline=headline(row, names, now),
    )


def headline(row: IncidentRow, names: Names, now: datetime) -> str:
    """The deciding fact and whom it concerns; where a rule told none: who or what, when, and what was seen."""
    unit = plain(names.units.get(row.unit_id or "", row.unit_id or notice_texts.WHOLE_BUREAU))
    person = names.officers.get(row.officer_id or "")
    known = unit if person is None else f"{unit}，{plain(person)}"
    key = plain(Evidence.of(row.evidence).key).rstrip("。；;.")
    if key:
        whom = (
            ""
            if person is None
            else (notice_texts.WEARER if row.recorder_id else notice_texts.CONCERNED).format(name=plain(person))
        )
        return "，".join(filter(None, (key[:_MOST_CHARACTERS], unit, whom)))
    who = f"{row.recorder_id}（{known}）" if row.recorder_id else (unit if person is None else f"{unit}{plain(person)}")
    length = duration((row.ends_at or now) - row.starts_at)
    what = notice_texts.WHAT.get(row.rule, row.rule).replace("{duration}", length)
    return f"{who}{span(row.starts_at, row.ends_at, now)}{what}"


def sentences_of(row: IncidentRow) -> list[Sentence]:
    """The evidence as sentences, the deciding one first."""
    said = Evidence.of(row.evidence)
    return [
        *(Sentence(side="key", text=text) for text in (said.key,) if text),
        *(Sentence(side=_side(row, text), text=text) for text in said.reasons),
        *(Sentence(side="for", text=text) for text in said.pleas),
        *(Sentence(side="limit", text=text) for text in said.limits),
    ]


def _side(row: IncidentRow, text: str) -> Literal["against", "neutral"]:
    is_accusing = effective_weight(row) in {"check", "transfer", "reminder"}
    return "against" if is_accusing and not text.startswith(_NEUTRAL) else "neutral"


def history_of(rows: Sequence[TransitionRow], names: Names) -> list[HistoryEntry]:
    """Every change of an incident, first to last."""
    return [
        HistoryEntry(
            **{**fields_of(row), "reason": PROPOSALS.get(row.reason, row.reason)},
            actor_name=_actor_name(row.actor, names),
            action_zh=_action_zh(row.action, row.actor),
        )
        for row in rows
    ]


def _action_zh(action: str, actor: str) -> str:
    if action == "opened" and not actor.startswith("rule:"):
        action = "opened_by_hand"
    return ACTIONS.get(action) or _BY_RULES.get(action, action)


def _actor_name(actor: str, names: Names) -> str:
    kind, _, rule = actor.partition(":")
    if kind == "rule":
        return f"规则：{notice_texts.TITLES.get(rule, rule)}"
    return names.accounts.get(actor, actor)


def hearing_until(row: IncidentRow, until: datetime | None) -> datetime | None:
    """Until when the person concerned may state his side: only while nobody has decided, or it is decided anew."""
    return until if row.status in UNDECIDED or row.status == "reopened" else None


def statement_of(rows: Sequence[TransitionRow], officer_id: str | None) -> list[Statement]:
    """What the person concerned has stated, as he wrote it."""
    return [
        Statement(at=row.at, text=row.reason)
        for row in rows
        if row.action == "state" and (row.detail or {}).get("officer_id") == officer_id
    ]
