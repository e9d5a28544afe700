"""The workflows of register entries: transitions, who may cause them, and the refusals. Pure.

A repair: reported → sent → returned or scrapped; cancelled before it was sent. A request for footage: requested →
approved or refused by the head of the unit that owns the footage → retrieved → returned; the applicant may withdraw it
before it is retrieved (regulation 二(二)4: 必须经单位主要领导批准并做好相应登记记录).
"""

from collections.abc import Mapping
from typing import Final, Literal

from alerts.incidents.actors import OF_THE_BUREAU, OF_THE_UNIT, Actor, Role
from alerts.workflow import Attempt, Check, Refusal, Transition, Workflow, between, text_or
from telemetry.records.register_entries import EntryRow
from telemetry.vocabulary import texts

Register = Literal["repair", "request"]

KEEPERS: Final[frozenset[Role]] = OF_THE_UNIT
APPLICANTS: Final[frozenset[Role]] = OF_THE_UNIT | OF_THE_BUREAU | {"officer", "auxiliary"}
HEADS: Final[frozenset[Role]] = frozenset({"head"})
RETRIEVERS: Final[frozenset[Role]] = frozenset({"custodian", "command_centre"})

FIRST: Final[Mapping[Register, str]] = {"repair": "reported", "request": "requested"}
STATES_ZH: Final[Mapping[Register, Mapping[str, str]]] = {
    "repair": texts("repair_state"),
    "request": texts("request_state"),
}
STEPS_ZH: Final[Mapping[Register, Mapping[str, str]]] = {
    "repair": texts("repair_move"),
    "request": texts("request_move"),
}
UNKNOWN: Final = Refusal("unknown", "unknown", "登记不存在")
CHANGED: Final = Refusal("conflict", "changed", "登记在此期间已有变化，请刷新后再办理")
ROLE: Final = Refusal("forbidden", "role", "您的角色不能办理此项")
FOREIGN_UNIT: Final = Refusal("forbidden", "foreign_unit", "不在您的权限范围内")
SAME_PERSON: Final = Refusal("forbidden", "same_person", "申请与审批不得为同一人")
ORDER: Final = Refusal("conflict", "order", "登记当前状态不能办理此项")
NO_NOTE: Final = Refusal("invalid", "no_note", "须写明理由", field="note")

_Try = Attempt[EntryRow, Actor]


def _holds(roles: frozenset[Role]) -> Check[EntryRow, Actor]:
    def check(attempt: _Try) -> Refusal | None:
        if not attempt.actor.roles & roles:
            return ROLE
        return None if _covers(attempt.actor, attempt.thing.unit_id) else FOREIGN_UNIT

    return check


def _is_applicant(attempt: _Try) -> Refusal | None:
    return None if attempt.actor.account == attempt.thing.begun_by else ROLE


def _is_another(attempt: _Try) -> Refusal | None:
    return SAME_PERSON if attempt.actor.account == attempt.thing.begun_by else None


def _workflow(transitions: Mapping[str, Transition[EntryRow, Actor]]) -> Workflow[EntryRow, Actor]:
    return Workflow(transitions, state_of=lambda row: row.state, not_due=lambda _: ORDER)


_KEEPER, _RETRIEVER = (_holds(KEEPERS),), (_holds(RETRIEVERS),)
_HEAD = (_holds(HEADS), _is_another)
_NOTED: Final[tuple[Check[EntryRow, Actor]]] = (text_or(NO_NOTE),)
WORKFLOWS: Final[Mapping[Register, Workflow[EntryRow, Actor]]] = {
    "repair": _workflow(
        {
            "send": Transition({"reported": "sent"}, _KEEPER),
            "return": Transition({"sent": "returned"}, _KEEPER),
            "scrap": Transition(between("reported", "sent", to="scrapped"), _KEEPER, _NOTED),
            "cancel": Transition({"reported": "cancelled"}, _KEEPER, _NOTED),
        }
    ),
    "request": _workflow(
        {
            "approve": Transition({"requested": "approved"}, _HEAD),
            "refuse": Transition({"requested": "refused"}, _HEAD, _NOTED),
            "retrieve": Transition({"approved": "retrieved"}, _RETRIEVER),
            "return": Transition({"retrieved": "returned"}, _RETRIEVER),
            "withdraw": Transition(between("requested", "approved", to="withdrawn"), (_is_applicant,)),
        }
    ),
}


def begin_refusal(register: Register, unit_id: str, actor: Actor) -> Refusal | None:
    """Why *actor* may not create an entry. A request may be for any unit's footage, a repair only for his units."""
    if register == "request":
        return None if actor.roles & APPLICANTS else ROLE
    if not actor.roles & KEEPERS:
        return ROLE
    return None if _covers(actor, unit_id) else FOREIGN_UNIT


def _covers(actor: Actor, unit_id: str) -> bool:
    return actor.units is None or unit_id in actor.units
