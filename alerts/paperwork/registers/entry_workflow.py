"""Registers, the steps: what leads where, who may, and every refusal in words. Pure.

A repair: reported → sent → returned or scrapped; cancelled before it was sent. A request for footage: requested →
approved or refused by the head of the unit whose footage it is → retrieved → returned; its applicant may withdraw it
until it was retrieved (regulation 二(二)4: 必须经单位主要领导批准并做好相应登记记录).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from alerts.incidents.actors import OF_THE_BUREAU, OF_THE_UNIT, Actor, Role
from telemetry.vocabulary import texts

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

_REPAIR: Final = texts("repair_move")
_REQUEST: Final = texts("request_move")
WAYS: Final[Mapping[Register, Mapping[str, Way]]] = {
    "repair": {
        "send": Way(_REPAIR["send"], frozenset({"reported"}), "sent", KEEPERS),
        "return": Way(_REPAIR["return"], frozenset({"sent"}), "returned", KEEPERS),
        "scrap": Way(_REPAIR["scrap"], frozenset({"reported", "sent"}), "scrapped", KEEPERS, needs_note=True),
        "cancel": Way(_REPAIR["cancel"], frozenset({"reported"}), "cancelled", KEEPERS, needs_note=True),
    },
    "request": {
        "approve": Way(_REQUEST["approve"], frozenset({"requested"}), "approved", HEADS, by_applicant=False),
        "refuse": Way(
            _REQUEST["refuse"], frozenset({"requested"}), "refused", HEADS, by_applicant=False, needs_note=True
        ),
        "retrieve": Way(_REQUEST["retrieve"], frozenset({"approved"}), "retrieved", RETRIEVERS),
        "return": Way(_REQUEST["return"], frozenset({"retrieved"}), "returned", RETRIEVERS),
        "withdraw": Way(
            _REQUEST["withdraw"], frozenset({"requested", "approved"}), "withdrawn", None, by_applicant=True
        ),
    },
}
FIRST: Final[Mapping[Register, str]] = {"repair": "reported", "request": "requested"}
STATES_ZH: Final[Mapping[Register, Mapping[str, str]]] = {
    "repair": texts("repair_state"),
    "request": texts("request_state"),
}
REFUSALS: Final[Mapping[Code, str]] = {
    "unknown": "登记不存在",
    "changed": "登记在此期间已有变化，请刷新后再办理",
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
