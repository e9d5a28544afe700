"""Registers, the steps: what leads where, who may, and every refusal in words. Pure.

A repair: reported → sent → returned or scrapped; cancelled before it was sent. A request for footage: requested →
approved or refused by the head of the unit whose footage it is → retrieved → returned; its applicant may withdraw it
until it was retrieved (regulation 二(二)4: 必须经单位主要领导批准并做好相应登记记录).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from alerts.incidents.actors import OF_THE_BUREAU, OF_THE_UNIT, Actor, Role

Register = Literal["repair", "request"]
RepairState = Literal["reported", "sent", "returned", "scrapped", "cancelled"]
RequestState = Literal["requested", "approved", "refused", "retrieved", "returned", "withdrawn"]
Code = Literal["unknown", "changed", "role", "foreign_unit", "same_person", "order", "no_note"]


@dataclass(frozen=True, slots=True)
class Way:
    """One step: from which states, to which, by which roles; `by_applicant`: only, or never (False), by who began it."""

    label: str
    before: frozenset[str]
    after: str
    roles: frozenset[Role] | None
    by_applicant: bool | None = None
    needs_note: bool = False


KEEPERS: Final[frozenset[Role]] = OF_THE_UNIT
APPLICANTS: Final[frozenset[Role]] = OF_THE_UNIT | OF_THE_BUREAU | {"officer", "auxiliary"}
HEADS: Final[frozenset[Role]] = frozenset({"head"})
RETRIEVERS: Final[frozenset[Role]] = frozenset({"custodian", "command_centre"})

WAYS: Final[Mapping[Register, Mapping[str, Way]]] = {
    "repair": {
        "send": Way("送修", frozenset({"reported"}), "sent", KEEPERS),
        "return": Way("修复返还", frozenset({"sent"}), "returned", KEEPERS),
        "scrap": Way("报废", frozenset({"reported", "sent"}), "scrapped", KEEPERS, needs_note=True),
        "cancel": Way("撤销", frozenset({"reported"}), "cancelled", KEEPERS, needs_note=True),
    },
    "request": {
        "approve": Way("批准", frozenset({"requested"}), "approved", HEADS, by_applicant=False),
        "refuse": Way("不予批准", frozenset({"requested"}), "refused", HEADS, by_applicant=False, needs_note=True),
        "retrieve": Way("调取", frozenset({"approved"}), "retrieved", RETRIEVERS),
        "return": Way("归还", frozenset({"retrieved"}), "returned", RETRIEVERS),
        "withdraw": Way("撤回申请", frozenset({"requested", "approved"}), "withdrawn", None, by_applicant=True),
    },
}
FIRST: Final[Mapping[Register, str]] = {"repair": "reported", "request": "requested"}
STATES_ZH: Final[Mapping[Register, Mapping[str, str]]] = {
    "repair": {
        "reported": "待送修",
        "sent": "维修中",
        "returned": "已修复",
        "scrapped": "已报废",
        "cancelled": "已撤销",
    },
    "request": {
        "requested": "待审批",
        "approved": "已批准",
        "refused": "不予批准",
        "retrieved": "已调取",
        "returned": "已归还",
        "withdrawn": "已撤回",
    },
}
REFUSALS: Final[Mapping[Code, str]] = {
    "unknown": "没有这条登记",
    "changed": "登记在此期间已有变化，请刷新后再办",
    "role": "您的角色不能办理此项",
    "foreign_unit": "不在您的权限范围内",
    "same_person": "申请与审批不得为同一人",
    "order": "登记当前状态不能办理此项",
    "no_note": "须写明理由",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How an entry stands: its state, the unit whose it is, who began it."""

    state: str
    unit_id: str
    applicant: str


def why_not(register: Register, step: str, standing: Standing, actor: Actor, note: str) -> Code | None:
    """Why *actor* may not take the step, or None; a step that doesn't exist is out of order."""
    way = WAYS[register].get(step)
    if way is None:
        return "order"
    refusal = _may(way, standing, actor)
    if refusal is not None:
        return refusal
    if standing.state not in way.before:
        return "order"
    return "no_note" if way.needs_note and not note.strip() else None


def why_not_begin(register: Register, unit_id: str, actor: Actor) -> Code | None:
    """Why *actor* may not begin an entry; a request is about any unit's footage, a repair about one's own recorders."""
    if register == "request":
        return None if actor.roles & APPLICANTS else "role"
    if not actor.roles & KEEPERS:
        return "role"
    return None if _covers(actor, unit_id) else "foreign_unit"


def after(register: Register, step: str) -> str:
    """The state that a step leads to."""
    return WAYS[register][step].after


def _may(way: Way, standing: Standing, actor: Actor) -> Code | None:
    is_applicant = actor.account == standing.applicant
    if way.by_applicant is True:
        return None if is_applicant else "role"
    if way.roles is not None and not actor.roles & way.roles:
        return "role"
    if not _covers(actor, standing.unit_id):
        return "foreign_unit"
    return "same_person" if way.by_applicant is False and is_applicant else None


def _covers(actor: Actor, unit_id: str) -> bool:
    return actor.units is None or unit_id in actor.units
