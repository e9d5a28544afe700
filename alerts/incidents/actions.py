"""Incidents, the people's side: what an account may do to an incident, and what that does to it. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, assert_never, cast

from alerts.duty.working_time import PROVISIONAL
from alerts.incidents.actors import OF_THE_BUREAU, OF_THE_UNIT, Actor, Refusal, refuse
from alerts.incidents.revise import Change, adopted, effective_weight
from alerts.incidents.states import BY_PEOPLE, UNDECIDED, Status
from telemetry.records.incidents import IncidentRow, TransitionRow

Action = Literal[
    "acknowledge",
    "state",
    "verify",
    "uphold",
    "dismiss",
    "excuse",
    "reopen",
    "revoke",
    "raise",
    "resolve",
    "comment",
    "propose",
]
PROPOSALS: Final = ("card_changed", "device_fault", "approved", "check_needed")
"""What a notice asks a unit to choose between: 已换卡／设备故障／经批准／需核查."""
BY_HAND: Final[dict[str, str]] = {"footage-leaked": "三(二)4 → 2 №4", "other-breach": "三(二)8 → 2 №8"}
"""What people open themselves: the rule's name and its clause."""

_ENDS: Final[dict[Action, Status]] = {
    "acknowledge": "acknowledged",
    "verify": "verifying",
    "uphold": "upheld",
    "dismiss": "dismissed",
    "excuse": "excused",
    "reopen": "reopened",
    "revoke": "revoked",
    "resolve": "resolved",
}
_NEEDS_REASON: Final[frozenset[Action]] = frozenset(
    {"state", "uphold", "dismiss", "excuse", "reopen", "revoke", "raise", "resolve", "comment"}
)
_DECISIONS: Final[frozenset[Action]] = frozenset({"verify", "uphold", "dismiss", "excuse", "reopen", "revoke", "raise"})
_ANSWERABLE: Final = frozenset({"check", "transfer"})
_SETTLING: Final[frozenset[Action]] = frozenset({"dismiss", "excuse", "uphold", "revoke", "resolve"})
"""After these the status is somebody's decision, and rules leave it alone."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """Whether the person concerned has been heard: when he was told, and until when he may still state his side.

    Both are None where nobody has told him. `is_provisional`: reckoned over days that no decree speaks of yet.
    """

    told_at: datetime | None = None
    until: datetime | None = None
    is_provisional: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """An incident with what a decision on it must know: its history, the hearing, the latest conclusion set aside."""

    incident: IncidentRow
    history: Sequence[TransitionRow] = ()
    hearing: Hearing = Hearing()
    set_aside: dict[str, Any] | None = None


def decide(case: Case, action: Action, actor: Actor, reason: str, now: datetime) -> Change | Refusal:
    """What *action* does at *now*, or why it isn't done.

    *reason* is free text; for `propose` one of PROPOSALS, or free text.
    """
    if action in _NEEDS_REASON and not reason.strip():
        return refuse("no_reason")
    refusal = _may_see(case.incident, actor) or _may_act(case, action, actor) or _fits(case, action, now)
    return refusal or _done(case, action, actor, reason.strip(), now)


def has_stated(case: Case) -> bool:
    """Whether the person concerned (as the incident names him now) has stated his side."""
    return any(
        row.action == "state" and (row.detail or {}).get("officer_id") == case.incident.officer_id
        for row in case.history
    )


def deciders(history: Sequence[TransitionRow]) -> frozenset[str]:
    """The accounts that verified or decided an incident: none of them approves its slip (verifier ≠ approver)."""
    return frozenset(row.actor for row in history if row.action in _DECISIONS)


def may_become_slip(incident: IncidentRow) -> bool:
    """Upheld, of weight transfer (its own or raised), and confirmed about one certain person, and nothing since.

    No path leads from `probable` to a slip: a conclusion that fell back takes this away, whatever was raised before.
    """
    return (
        incident.status == "upheld"
        and effective_weight(incident) == "transfer"
        and incident.confidence == "confirmed"
        and incident.officer_id is not None
        and incident.review is None
    )


def _may_see(incident: IncidentRow, actor: Actor) -> Refusal | None:
    if actor.covers(incident) or actor.is_subject_of(incident):
        return None
    return refuse("foreign_unit")


def _may_act(case: Case, action: Action, actor: Actor) -> Refusal | None:
    """Role, and not on oneself or one's own unit."""
    incident = case.incident
    if not _ROLES[action](incident, actor):
        return refuse("role")
    if action in _DECISIONS:
        return _is_impartial(case, action, actor)
    if action == "acknowledge" and actor.is_subject_of(incident) and incident.weight != "reminder":
        return refuse("about_yourself")
    return None


def _is_impartial(case: Case, action: Action, actor: Actor) -> Refusal | None:
    incident = case.incident
    if actor.is_subject_of(incident):
        return refuse("about_yourself")
    if incident.unit_id is not None and incident.unit_id in actor.own_units:
        return refuse("own_unit")
    if action in {"uphold", "revoke"} and actor.account in _barred(case):
        return refuse("same_person")
    return None


def _barred(case: Case) -> set[str]:
    """Who opened an incident by hand doesn't uphold it; who upheld it doesn't decide its review."""
    opened = {row.actor for row in case.history if row.from_status is None}
    upheld = {row.actor for row in case.history if row.action == "uphold"}
    return opened | (upheld if case.incident.status == "reopened" else set())


def _holds_role(roles: frozenset[str]) -> Callable[[IncidentRow, Actor], bool]:
    return lambda incident, actor: bool(actor.roles & roles) and actor.covers(incident)


def _may_acknowledge(incident: IncidentRow, actor: Actor) -> bool:
    if incident.weight == "reminder" and actor.is_subject_of(incident):
        return True
    roles = OF_THE_UNIT | {"command_centre"} if incident.weight == "operational" else OF_THE_UNIT
    return bool(actor.roles & roles) and actor.covers(incident)


def _may_state(incident: IncidentRow, actor: Actor) -> bool:
    if incident.officer_id is not None:
        return actor.is_subject_of(incident)
    return bool(actor.roles & OF_THE_UNIT) and actor.covers(incident)


def _may_comment(incident: IncidentRow, actor: Actor) -> bool:
    return actor.is_subject_of(incident) or bool(actor.roles & (OF_THE_UNIT | OF_THE_BUREAU))


def _may_propose(incident: IncidentRow, actor: Actor) -> bool:
    return actor.is_subject_of(incident) or bool(actor.roles & OF_THE_UNIT)


_VERIFIES: Final = _holds_role(frozenset({"verifier"}))
_ROLES: Final[dict[Action, Callable[[IncidentRow, Actor], bool]]] = {
    "acknowledge": _may_acknowledge,
    "state": _may_state,
    "verify": _VERIFIES,
    "uphold": _VERIFIES,
    "dismiss": _VERIFIES,
    "excuse": _VERIFIES,
    "reopen": _VERIFIES,
    "revoke": _VERIFIES,
    "raise": _VERIFIES,
    "resolve": _holds_role(frozenset({"command_centre", "leader", "head"})),
    "comment": _may_comment,
    "propose": _may_propose,
}


def _fits(case: Case, action: Action, now: datetime) -> Refusal | None:
    """Whether the incident is at a point where *action* is due."""
    incident = case.incident
    match action:
        case "comment" | "propose" | "state":
            return _may_be_answered(incident, action)
        case "raise":
            return _may_be_raised(incident)
        case "acknowledge" | "resolve":
            # Other operational incidents end by themselves; an SOS is closed by hand.
            return _leads(incident, action) if action == "acknowledge" or incident.rule == "sos" else refuse("weight")
        case "verify" | "uphold" | "dismiss" | "excuse" | "reopen" | "revoke":
            return _may_be_decided(case, action, now)
        case _:
            assert_never(action)


def _may_be_answered(incident: IncidentRow, action: Action) -> Refusal | None:
    if action == "comment":
        return None
    if incident.confidence == "suspected":
        return refuse("suspected")
    if action == "state" and effective_weight(incident) not in _ANSWERABLE:
        return refuse("weight")
    return None if incident.status in UNDECIDED | {"reopened"} else refuse("status")


def _may_be_decided(case: Case, action: Action, now: datetime) -> Refusal | None:
    incident = case.incident
    if effective_weight(incident) not in _ANSWERABLE:
        return refuse("weight")
    if action not in {"verify", "uphold"}:
        return _leads(incident, action)
    if incident.confidence == "suspected":
        return refuse("suspected")
    return _leads(incident, action) or _is_heard(case, now)


def _leads(incident: IncidentRow, action: Action) -> Refusal | None:
    return None if (cast("Status", incident.status), _ENDS[action]) in BY_PEOPLE else refuse("status")


def _is_heard(case: Case, now: datetime) -> Refusal | None:
    """The person concerned has 3 working days to be heard, unless his statement is in."""
    hearing = case.hearing
    if has_stated(case):
        return None
    if hearing.until is None:
        return refuse("not_told")
    mark = f"（{PROVISIONAL}）" if hearing.is_provisional else ""
    return None if now >= hearing.until else refuse("being_heard", hearing.until, mark)


def _may_be_raised(incident: IncidentRow) -> Refusal | None:
    if incident.weight != "check" or incident.raised:
        return refuse("weight")
    if incident.status not in {"verifying", "upheld", "reopened"}:
        return refuse("status")
    if incident.confidence != "confirmed":
        return refuse("not_confirmed")
    if incident.officer_id is None:
        return refuse("no_certain_person")
    # What people open themselves (a leak) has no moment of duty that telemetry could know.
    if incident.rule not in BY_HAND and incident.shift_id is None and incident.activity_id is None:
        return refuse("no_duty")
    return None


def _done(case: Case, action: Action, actor: Actor, reason: str, now: datetime) -> Change:
    before = case.incident
    row = replace(before, version=before.version + 1, changed_at=now)
    detail: dict[str, Any] | None = None
    match action:
        case "state":
            detail = {"officer_id": before.officer_id}
            row = replace(row, status="statement") if before.status in {"open", "acknowledged"} else row
        case "propose":
            detail = {"proposal": reason if reason in PROPOSALS else "other"}
        case "raise":
            row = replace(row, raised=True)
        case "comment":
            pass
        case _:
            row = replace(row, status=_ENDS[action], decided_by=actor.account if action in _SETTLING else None)
    if action == "excuse":
        row = replace(row, excuse=reason)
    if action == "reopen":
        row = row if case.set_aside is None else adopted(row, case.set_aside, now)
        row = replace(row, review=row.standing if row.standing in {"withdrawn", "excused"} else None)
    if action in {"uphold", "revoke"}:
        row = replace(row, review=None)
    transition = TransitionRow(
        before.incident_id, row.version, now, actor.account, action, before.status, row.status, reason, detail
    )
    return Change(row, transition)
