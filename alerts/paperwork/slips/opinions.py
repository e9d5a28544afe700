"""The workflow of slips: the order of opinions, who may give them, and the refusals. Pure.

Verifier → verifying department → supervision office → (annex 1) political office. Whoever is next may return the slip
to the verifier. A verifier may void it; a void slip keeps its number and accepts no further step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from alerts.incidents.actions import deciders, may_become_slip
from alerts.incidents.actors import Actor, Role, conflict_of_interest
from alerts.paperwork.slips.forms import FORMS, REQUIRED_TEXTS, TEXT_LABELS, Annex, Step, TextKind, place_of
from alerts.workflow import Attempt, Check, Refusal, Transition, Workflow, between, text_or
from telemetry.records.incidents import IncidentRow, TransitionRow
from telemetry.records.slips import SlipStepRow
from telemetry.vocabulary import texts

Move = Literal["verifier", "department", "supervision", "political", "return", "void"]
State = Literal["verifier", "department", "supervision", "political", "complete", "void"]
"""The next step, or how the workflow ended."""
STATES_ZH: Final = texts("slip_state")
MOVES_ZH: Final = texts("slip_move")
ROLE_OF: Final[dict[Step, Role]] = {
    "verifier": "verifier",
    "department": "verifier",
    "supervision": "supervision",
    "political": "political",
}
UNKNOWN: Final = Refusal("unknown", "unknown", "移送单不存在")
CHANGED: Final = Refusal("conflict", "changed", "移送单在此期间已有变化，请刷新后再办理")
NO_OPINION: Final = Refusal("invalid", "no_opinion", "须写明意见或理由", field="opinion")
FOREIGN_UNIT: Final = Refusal("forbidden", "foreign_unit", "该移送单不在您的权限范围内")
ROLE: Final = Refusal("forbidden", "role", "您的角色不能办理此步骤")
ABOUT_YOURSELF: Final = Refusal("forbidden", "about_yourself", "本人不得办理涉及自己的移送单")
OWN_UNIT: Final = Refusal("forbidden", "own_unit", "不得办理本单位的移送单")
SAME_PERSON: Final = Refusal("forbidden", "same_person", "核查与审批不得为同一人，各步骤须由不同人员办理")
NO_SLIP: Final = Refusal("invalid", "no_slip", "只有认定属实、可移送且经证实到人的事件才能制作移送单")
HAS_SLIP: Final = Refusal("conflict", "has_slip", "该事件已有移送单")
NO_FORM: Final = Refusal("invalid", "no_form", "此类事件没有对应的移送单")
WRONG_FORM: Final = Refusal("invalid", "wrong_form", "附件或情形类型与事件不符", field="box")
TEXT_MISSING: Final = Refusal("invalid", "text_missing", "须先填写：", field="texts")
UNDER_REVIEW: Final = Refusal("conflict", "under_review", "事件正在复核，移送单暂停办理")
EVIDENCE_CHANGED: Final = Refusal("conflict", "evidence_changed", "事件证据在制单后有变化，须作废后重新制单")
VOID: Final = Refusal("conflict", "void", "移送单已作废")
COMPLETE: Final = Refusal("conflict", "complete", "移送单已办结")
ORDER: Final = Refusal("conflict", "order", "未到此步骤")


@dataclass(frozen=True, slots=True)
class Dossier:
    """A slip and what its steps depend on; `is_current`: its evidence is still that of the incident."""

    annex: Annex
    issued_by: str
    steps: Sequence[SlipStepRow]
    incident: IncidentRow
    history: Sequence[TransitionRow]
    is_current: bool

    @property
    def state(self) -> State:
        """The next step, or how the workflow ended."""
        return state_of(self.annex, self.steps)


def state_of(annex: Annex, steps: Sequence[SlipStepRow]) -> State:
    """The state after *steps*; steps that aren't allowed in their state are ignored."""
    return _standing(annex, steps)[0]


def opinions_of(annex: Annex, steps: Sequence[SlipStepRow]) -> dict[Step, SlipStepRow]:
    """The valid opinions: those given since the slip was last returned."""
    return _standing(annex, steps)[1]


def _standing(annex: Annex, steps: Sequence[SlipStepRow]) -> tuple[State, dict[Step, SlipStepRow]]:
    state, opinions = "verifier", dict[Step, SlipStepRow]()
    for row in steps:
        after = WORKFLOWS[annex].after(state, row.step)
        if after is None:
            continue
        if row.step == "return":
            opinions = {}
        elif row.step != "void":
            opinions[cast("Step", row.step)] = row
        state = after
    return cast("State", state), opinions


def place_or_refusal(
    incident: IncidentRow,
    actor: Actor,
    asked: tuple[int, int | None] | None,
    texts: dict[TextKind, str],
) -> Refusal | tuple[Annex, int | None]:
    """Annex and box of the slip that *actor* may issue for an incident, or the refusal.

    *asked* is the annex and box that he chose; None takes those of the rule.
    """
    refusal = _role_and_interest(incident, actor, "verifier")
    if refusal is not None:
        return refusal
    if not may_become_slip(incident):
        return NO_SLIP
    place = place_of(incident.rule, incident.activity_id)
    if place is None:
        return NO_FORM
    if asked is not None and asked != place:
        return WRONG_FORM
    needed = REQUIRED_TEXTS.get(place[1])
    if needed is not None and not texts.get(needed, "").strip():
        return TEXT_MISSING.more(TEXT_LABELS[needed])
    return place


def slip_place(incident: IncidentRow, actor: Actor) -> tuple[Annex, int | None] | None:
    """Annex and box of the slip that *actor* may issue once its texts are written; None if he may not."""
    place = place_or_refusal(incident, actor, None, dict.fromkeys(get_args(TextKind), "-"))
    return None if isinstance(place, Refusal) else place


def _role_of(role: Role) -> Check[Dossier, Actor]:
    return lambda attempt: _role_and_interest(attempt.thing.incident, attempt.actor, role)


def _role_due(attempt: Attempt[Dossier, Actor]) -> Refusal | None:
    """Only the role whose opinion is next may return the slip."""
    role = ROLE_OF[cast("Step", attempt.thing.state)]
    return _role_and_interest(attempt.thing.incident, attempt.actor, role)


def _role_and_interest(incident: IncidentRow, actor: Actor, role: Role) -> Refusal | None:
    if role not in actor.roles:
        return ROLE
    return conflict_of_interest(incident, actor, ABOUT_YOURSELF, FOREIGN_UNIT, OWN_UNIT)


def _is_another(attempt: Attempt[Dossier, Actor]) -> Refusal | None:
    """Verifier ≠ approver: whoever decided the incident, issued the slip or gave an opinion may not give a later one."""
    dossier = attempt.thing
    given = {row.account for row in opinions_of(dossier.annex, dossier.steps).values()}
    barred = given | deciders(dossier.history) | {dossier.issued_by}
    return SAME_PERSON if attempt.actor.account in barred else None


def _supports_slip(attempt: Attempt[Dossier, Actor]) -> Refusal | None:
    """Refuse an opinion if the incident no longer supports the slip."""
    dossier = attempt.thing
    if dossier.incident.status == "reopened":
        return UNDER_REVIEW
    if not may_become_slip(dossier.incident):
        return NO_SLIP
    return None if dossier.is_current else EVIDENCE_CHANGED


def _workflow(annex: Annex) -> Workflow[Dossier, Actor]:
    order = FORMS[annex].steps
    transitions: dict[str, Transition[Dossier, Actor]] = {
        step: Transition(
            {step: after},
            (text_or(NO_OPINION),),
            (_role_of(ROLE_OF[step]), *(() if step == "verifier" else (_is_another,)), _supports_slip),
        )
        for step, after in zip(order, (*order[1:], "complete"), strict=True)
    }
    transitions["return"] = Transition(
        between(*order[1:], to="verifier"), (text_or(NO_OPINION),), (_role_due, _is_another)
    )
    transitions["void"] = Transition(
        between(*order, "complete", to="void"), (text_or(NO_OPINION),), (_role_of("verifier"),)
    )
    return Workflow(
        transitions,
        state_of=lambda dossier: dossier.state,
        not_due=lambda state: {"void": VOID, "complete": COMPLETE}.get(state, ORDER),
    )


WORKFLOWS: Final[Mapping[Annex, Workflow[Dossier, Actor]]] = {1: _workflow(1), 2: _workflow(2)}
"""The workflow of slips, by annex."""
