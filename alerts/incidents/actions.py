"""The actions of people on incidents: who may take which one, and what it changes. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final, Literal, get_args

from alerts.duty.working_time import PROVISIONAL
from alerts.incidents.actors import (
    ABOUT_YOURSELF,
    BEING_HEARD,
    FOREIGN_UNIT,
    NO_CERTAIN_PERSON,
    NO_DUTY,
    NO_REASON,
    NOT_CONFIRMED,
    NOT_TOLD,
    OF_THE_BUREAU,
    OF_THE_UNIT,
    OWN_UNIT,
    ROLE,
    SAME_PERSON,
    STATUS,
    SUSPECTED,
    WEIGHT,
    Actor,
    Role,
    conflict_of_interest,
)
from alerts.incidents.revise import Change, adopted, effective_weight
from alerts.incidents.states import UNDECIDED, Status
from alerts.workflow import Attempt, Check, Refusal, Transition, Workflow, between, text_or
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
"""The choices that a notice offers to a unit: 已换卡／设备故障／经批准／需核查."""
BY_HAND: Final[dict[str, str]] = {"footage-leaked": "三(二)4 → 2 №4", "other-breach": "三(二)8 → 2 №8"}
"""Rules whose incidents people open by hand, with their clauses."""

_DECISIONS: Final[frozenset[Action]] = frozenset({"verify", "uphold", "dismiss", "excuse", "reopen", "revoke", "raise"})
_ANSWERABLE: Final = frozenset({"check", "transfer"})
_SETTLING: Final[frozenset[Action]] = frozenset({"dismiss", "excuse", "uphold", "revoke", "resolve"})
"""After these the status is a person's decision, and findings don't change it."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """The hearing of the person concerned: when he was told, and until when he may give a statement.

    Both are None if nobody has told him. `is_provisional`: the deadline was computed with a provisional calendar.
    """

    told_at: datetime | None = None
    until: datetime | None = None
    is_provisional: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """An incident, its history, the hearing, and the latest finding that arrived after a decision (`set_aside`)."""

    incident: IncidentRow
    history: Sequence[TransitionRow] = ()
    hearing: Hearing = Hearing()
    set_aside: dict[str, Any] | None = None


def decide(case: Case, action: Action, actor: Actor, reason: str, now: datetime) -> Change | Refusal:
    """The change that *action* makes at *now*, or the refusal.

    *reason* is free text; for `propose` it is one of PROPOSALS or free text.
    """
    refusal = WORKFLOW.refusal(action, Attempt(case, actor, reason, now))
    return refusal or _done(case, action, actor, reason.strip(), now)


def has_stated(case: Case) -> bool:
    """Whether the officer whom the incident names now has given a statement."""
    return any(
        row.action == "state" and (row.detail or {}).get("officer_id") == case.incident.officer_id
        for row in case.history
    )


def deciders(history: Sequence[TransitionRow]) -> frozenset[str]:
    """The accounts that verified or decided an incident; none of them may approve its slip (verifier ≠ approver)."""
    return frozenset(row.actor for row in history if row.action in _DECISIONS)


def may_become_slip(incident: IncidentRow) -> bool:
    """Whether a slip may be issued: upheld, weight transfer, confirmed, one certain person, and no review pending.

    `probable` never leads to a slip: if a later finding falls back to it, the incident may no longer become one.
    """
    return (
        incident.status == "upheld"
        and effective_weight(incident) == "transfer"
        and incident.confidence == "confirmed"
        and incident.officer_id is not None
        and incident.review is None
    )


_Try = Attempt[Case, Actor]


def _sees(attempt: _Try) -> Refusal | None:
    incident, actor = attempt.thing.incident, attempt.actor
    return None if actor.covers(incident) or actor.is_subject_of(incident) else FOREIGN_UNIT


def _role(may: Callable[[IncidentRow, Actor], bool]) -> Check[Case, Actor]:
    return lambda attempt: None if may(attempt.thing.incident, attempt.actor) else ROLE


def _holds(roles: frozenset[Role], incident: IncidentRow, actor: Actor) -> bool:
    return bool(actor.roles & roles) and actor.covers(incident)


def _may_acknowledge(incident: IncidentRow, actor: Actor) -> bool:
    if incident.weight == "reminder" and actor.is_subject_of(incident):
        return True
    return _holds(
        OF_THE_UNIT | {"command_centre"} if incident.weight == "operational" else OF_THE_UNIT, incident, actor
    )


def _may_state(incident: IncidentRow, actor: Actor) -> bool:
    if incident.officer_id is not None:
        return actor.is_subject_of(incident)
    return _holds(OF_THE_UNIT, incident, actor)


def _is_subject_or(roles: frozenset[Role]) -> Check[Case, Actor]:
    return _role(lambda incident, actor: actor.is_subject_of(incident) or bool(actor.roles & roles))


def _is_no_subject(attempt: _Try) -> Refusal | None:
    """Refuse the person concerned, who may have to answer for the incident."""
    incident = attempt.thing.incident
    return ABOUT_YOURSELF if attempt.actor.is_subject_of(incident) and incident.weight != "reminder" else None


def _is_impartial(attempt: _Try) -> Refusal | None:
    return conflict_of_interest(attempt.thing.incident, attempt.actor, ABOUT_YOURSELF, FOREIGN_UNIT, OWN_UNIT)


def _is_another(attempt: _Try) -> Refusal | None:
    """Refuse whoever opened the incident by hand, and in a review whoever upheld it."""
    case = attempt.thing
    barred = {row.actor for row in case.history if row.from_status is None}
    if case.incident.status == "reopened":
        barred |= {row.actor for row in case.history if row.action == "uphold"}
    return SAME_PERSON if attempt.actor.account in barred else None


def _is_answerable(attempt: _Try) -> Refusal | None:
    return None if effective_weight(attempt.thing.incident) in _ANSWERABLE else WEIGHT


def _is_past_suspicion(attempt: _Try) -> Refusal | None:
    return SUSPECTED if attempt.thing.incident.confidence == "suspected" else None


def _ends_by_hand(attempt: _Try) -> Refusal | None:
    """Only an SOS is closed by hand; other operational incidents end by themselves."""
    return None if attempt.thing.incident.rule == "sos" else WEIGHT


def _is_unraised_check(attempt: _Try) -> Refusal | None:
    incident = attempt.thing.incident
    return WEIGHT if incident.weight != "check" or incident.raised else None


def _is_fit_for_transfer(attempt: _Try) -> Refusal | None:
    incident = attempt.thing.incident
    if incident.confidence != "confirmed":
        return NOT_CONFIRMED
    if incident.officer_id is None:
        return NO_CERTAIN_PERSON
    # For an incident opened by hand (a leak), telemetry doesn't know the moment, so no duty is required.
    if incident.rule not in BY_HAND and incident.shift_id is None and incident.activity_id is None:
        return NO_DUTY
    return None


def _is_heard(attempt: _Try) -> Refusal | None:
    """Wait until the person concerned has given a statement, or his 3 working days are over."""
    hearing = attempt.thing.hearing
    if has_stated(attempt.thing):
        return None
    if hearing.until is None:
        return NOT_TOLD
    mark = f"（{PROVISIONAL}）" if hearing.is_provisional else ""
    return None if attempt.now >= hearing.until else BEING_HEARD.more(mark, hearing.until)


_DECIDES: Final[tuple[Check[Case, Actor], ...]] = (
    text_or(NO_REASON),
    _sees,
    _role(partial(_holds, frozenset({"verifier"}))),
    _is_impartial,
)
_VERIFIES: Final = _DECIDES[1:]
_WHILE_UNDECIDED: Final = between(*UNDECIDED, "reopened")

WORKFLOW: Final[Workflow[Case, Actor]] = Workflow(
    {
        "acknowledge": Transition({"open": "acknowledged"}, (_sees, _role(_may_acknowledge), _is_no_subject)),
        "state": Transition(
            _WHILE_UNDECIDED | between("open", "acknowledged", to="statement"),
            (text_or(NO_REASON), _sees, _role(_may_state), _is_past_suspicion, _is_answerable),
        ),
        # Neither a missing statement nor a missing acknowledgement blocks verification once the hearing period is over.
        "verify": Transition(
            between("open", "acknowledged", "statement", to="verifying"),
            (*_VERIFIES, _is_answerable, _is_past_suspicion),
            (_is_heard,),
        ),
        "uphold": Transition(
            between("verifying", "reopened", to="upheld"),
            (*_DECIDES, _is_another, _is_answerable, _is_past_suspicion),
            (_is_heard,),
        ),
        "dismiss": Transition({"verifying": "dismissed"}, (*_DECIDES, _is_answerable)),
        "excuse": Transition(between(*UNDECIDED, to="excused"), (*_DECIDES, _is_answerable)),
        "reopen": Transition({"upheld": "reopened"}, (*_DECIDES, _is_answerable)),
        "revoke": Transition({"reopened": "revoked"}, (*_DECIDES, _is_another, _is_answerable)),
        "raise": Transition(
            between("verifying", "upheld", "reopened"),
            (*_DECIDES, _is_unraised_check),
            (_is_fit_for_transfer,),
        ),
        "resolve": Transition(
            between("open", "acknowledged", to="resolved"),
            (
                text_or(NO_REASON),
                _sees,
                _role(partial(_holds, frozenset({"command_centre", "leader", "head"}))),
                _ends_by_hand,
            ),
        ),
        "comment": Transition(
            between(*get_args(Status)), (text_or(NO_REASON), _sees, _is_subject_or(OF_THE_UNIT | OF_THE_BUREAU))
        ),
        "propose": Transition(_WHILE_UNDECIDED, (_sees, _is_subject_or(OF_THE_UNIT), _is_past_suspicion)),
    },
    state_of=lambda case: case.incident.status,
    not_due=lambda _: STATUS,
)
"""The transitions that people may cause (domain.md, "The life of an incident")."""


def _done(case: Case, action: Action, actor: Actor, reason: str, now: datetime) -> Change:
    before = case.incident
    status = WORKFLOW.transitions[action].states[before.status]
    row = replace(before, version=before.version + 1, changed_at=now, status=status)
    detail: dict[str, Any] | None = None
    match action:
        case "state":
            detail = {"officer_id": before.officer_id}
        case "propose":
            detail = {"proposal": reason if reason in PROPOSALS else "other"}
        case "raise":
            row = replace(row, raised=True)
        case "comment":
            pass
        case _:
            # With `decided_by` set, findings no longer change the status (`alerts.incidents.revise.settle`).
            row = replace(row, decided_by=actor.account if action in _SETTLING else None)
    if action == "excuse":
        row = replace(row, excuse=reason)
    if action == "reopen":
        # A review decides on the latest evidence, not on the finding that was upheld.
        row = row if case.set_aside is None else adopted(row, case.set_aside, now)
        row = replace(row, review=row.standing if row.standing in {"withdrawn", "excused"} else None)
    if action in {"uphold", "revoke"}:
        row = replace(row, review=None)
    transition = TransitionRow(
        before.incident_id, row.version, now, actor.account, action, before.status, row.status, reason, detail
    )
    return Change(row, transition)
