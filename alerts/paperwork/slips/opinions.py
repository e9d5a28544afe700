"""Slips, the order of steps: whose opinion is due, who may give it, and every refusal in words. Pure.

verifier's opinion → verifying department → supervision office → (annex 1) political office. Whoever is due may send it
back to the verifier; a verifier may void it; a void slip keeps its number and takes no step any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from alerts.incidents.actions import deciders, may_become_slip
from alerts.incidents.actors import Actor, Role
from alerts.paperwork.slips.forms import FORMS, REQUIRED_TEXTS, TEXT_LABELS, Annex, Step, TextKind, place_of
from telemetry.records.incidents import IncidentRow, TransitionRow
from telemetry.records.slips import SlipStepRow
from telemetry.vocabulary import texts

Move = Literal["verifier", "department", "supervision", "political", "return", "void"]
State = Literal["verifier", "department", "supervision", "political", "complete", "void"]
"""The step that is due, or how it ended."""
STATES_ZH: Final = texts("slip_state")
MOVES_ZH: Final = texts("slip_move")
ROLE_OF: Final[dict[Step, Role]] = {
    "verifier": "verifier",
    "department": "verifier",
    "supervision": "supervision",
    "political": "political",
}
SlipRefusalCode = Literal[
    "unknown",
    "changed",
    "no_opinion",
    "foreign_unit",
    "role",
    "about_yourself",
    "own_unit",
    "same_person",
    "no_slip",
    "has_slip",
    "no_form",
    "wrong_form",
    "text_missing",
    "under_review",
    "evidence_changed",
    "void",
    "complete",
    "order",
]
TEXTS: Final[dict[SlipRefusalCode, str]] = {
    "unknown": "移送单不存在",
    "changed": "移送单在此期间已有变化，请刷新后再办理",
    "no_opinion": "须写明意见或理由",
    "foreign_unit": "该移送单不在您的权限范围内",
    "role": "您的角色不能办理此步骤",
    "about_yourself": "本人不得办理涉及自己的移送单",
    "own_unit": "不得办理本单位的移送单",
    "same_person": "核查与审批不得为同一人，各步骤须由不同人员办理",
    "no_slip": "只有认定属实、可移送且经证实到人的事件才能制作移送单",
    "has_slip": "该事件已有移送单",
    "no_form": "此类事件没有对应的移送单",
    "wrong_form": "附件或情形类型与事件不符",
    "text_missing": "须先填写：",
    "under_review": "事件正在复核，移送单暂停办理",
    "evidence_changed": "事件证据在制单后有变化，须作废后重新制单",
    "void": "移送单已作废",
    "complete": "移送单已办结",
    "order": "未到此步骤",
}


@dataclass(frozen=True, slots=True)
class SlipRefusal:
    """Why a step was not taken: a code for machines, a sentence for people."""

    code: SlipRefusalCode
    text: str


def refuse(code: SlipRefusalCode, more: str = "") -> SlipRefusal:
    """A refusal with its sentence."""
    return SlipRefusal(code, TEXTS[code] + more)


def state_of(annex: Annex, steps: Sequence[SlipStepRow]) -> State:
    """What is due after *steps*, whatever they are: the opinions in order count, anything else moves nothing."""
    order = FORMS[annex].steps
    position = 0
    for row in steps:
        if row.step == "void":
            return "void"
        if row.step == "return":
            position = 0 if 0 < position < len(order) else position
        elif position < len(order) and row.step == order[position]:
            position += 1
    return order[position] if position < len(order) else "complete"


def opinions_of(annex: Annex, steps: Sequence[SlipStepRow]) -> dict[Step, SlipStepRow]:
    """The opinions that stand: those given since it was last sent back."""
    order = FORMS[annex].steps
    standing: dict[Step, SlipStepRow] = {}
    for row in steps:
        if row.step == "return":
            standing = {} if len(standing) < len(order) else standing
        elif len(standing) < len(order) and row.step == order[len(standing)]:
            standing[order[len(standing)]] = row
    return standing


def why_no_slip(
    incident: IncidentRow,
    actor: Actor,
    asked: tuple[int, int | None] | None,
    texts: dict[TextKind, str],
) -> SlipRefusal | tuple[Annex, int | None]:
    """Annex and box of the slip that *actor* may issue for an incident, or why he may not.

    *asked* is the place that he chose; None takes the rule's own.
    """
    refusal = _impartial(incident, actor, "verifier")
    if refusal is not None:
        return refusal
    if not may_become_slip(incident):
        return refuse("no_slip")
    place = place_of(incident.rule, incident.activity_id)
    if place is None:
        return refuse("no_form")
    if asked is not None and asked != place:
        return refuse("wrong_form")
    needed = REQUIRED_TEXTS.get(place[1])
    if needed is not None and not texts.get(needed, "").strip():
        return refuse("text_missing", TEXT_LABELS[needed])
    return place


@dataclass(frozen=True, slots=True)
class Dossier:
    """A slip with what a step on it must know; `is_current` tells whether its evidence is still the incident's."""

    annex: Annex
    issued_by: str
    steps: Sequence[SlipStepRow]
    incident: IncidentRow
    history: Sequence[TransitionRow]
    is_current: bool

    @property
    def state(self) -> State:
        """What is due."""
        return state_of(self.annex, self.steps)


def why_not(dossier: Dossier, move: Move, actor: Actor, opinion: str) -> SlipRefusal | None:
    """Why *actor* may not take the step, or None."""
    state = dossier.state
    if not opinion.strip():
        return refuse("no_opinion")
    if state == "void":
        return refuse("void")
    if move == "void":
        return _impartial(dossier.incident, actor, "verifier")
    if state == "complete":
        return refuse("complete")
    if (move == "return" and state == "verifier") or move not in {"return", state}:
        return refuse("order")
    return (
        _impartial(dossier.incident, actor, ROLE_OF[state])
        or _is_another(dossier, state, actor)
        or _holds(dossier, move)
    )


def moves_of(dossier: Dossier, actor: Actor) -> list[Move]:
    """The steps that *actor* may take now, an opinion given."""
    moves: tuple[Move, ...] = ("verifier", "department", "supervision", "political", "return", "void")
    return [move for move in moves if why_not(dossier, move, actor, "意见") is None]


def _holds(dossier: Dossier, move: Move) -> SlipRefusal | None:
    """Whether the incident still bears the slip; sending it back is for when it does not."""
    if move == "return":
        return None
    if dossier.incident.status == "reopened":
        return refuse("under_review")
    if not may_become_slip(dossier.incident):
        return refuse("no_slip")
    return None if dossier.is_current else refuse("evidence_changed")


def _impartial(incident: IncidentRow, actor: Actor, role: Role) -> SlipRefusal | None:
    if role not in actor.roles:
        return refuse("role")
    if actor.is_subject_of(incident):
        return refuse("about_yourself")
    if not actor.covers(incident):
        return refuse("foreign_unit")
    if incident.unit_id is not None and incident.unit_id in actor.own_units:
        return refuse("own_unit")
    return None


def _is_another(dossier: Dossier, state: State, actor: Actor) -> SlipRefusal | None:
    """Verifier ≠ approver: who decided the incident, issued the slip or gave an opinion on it gives no later one."""
    if state == "verifier":
        return None
    given = {row.account for row in opinions_of(dossier.annex, dossier.steps).values()}
    barred = given | deciders(dossier.history) | {dossier.issued_by}
    return refuse("same_person") if actor.account in barred else None
