"""The account that acts on an incident: its roles and units, and the refusals (domain.md, "Who may see what")."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from alerts.workflow import Refusal
from telemetry.records.incidents import IncidentRow

Role = Literal[
    "officer",
    "auxiliary",
    "custodian",
    "leader",
    "deputy",
    "head",
    "command_centre",
    "verifier",
    "supervision",
    "political",
    "engineer",
    "auditor",
    "administrator",
    "security",
]
OF_THE_UNIT: Final[frozenset[Role]] = frozenset({"custodian", "leader", "deputy", "head"})
"""Roles that acknowledge, comment and propose for a unit."""
OF_THE_BUREAU: Final[frozenset[Role]] = frozenset({"command_centre", "verifier", "supervision", "political"})


@dataclass(frozen=True, slots=True)
class Actor:
    """An account that acts.

    `units` are the units that its rights cover (None: the whole bureau). `own_units` are those where the account's
    person serves (see `own_units_of`); the two may differ.
    """

    account: str
    roles: frozenset[Role]
    units: frozenset[str] | None = None
    officer_id: str | None = None
    own_units: frozenset[str] = frozenset()

    def covers(self, incident: IncidentRow) -> bool:
        """Whether the account's rights cover the incident; one without a unit needs rights for the whole bureau."""
        return self.units is None or incident.unit_id in self.units

    def is_subject_of(self, incident: IncidentRow) -> bool:
        """Whether the incident is about the account's own person."""
        return self.officer_id is not None and self.officer_id == incident.officer_id


UNKNOWN: Final = Refusal("unknown", "unknown", "事件不存在")
CHANGED: Final = Refusal("conflict", "changed", "事件在此期间已有变化，请刷新后再办理")
NO_REASON: Final = Refusal("invalid", "no_reason", "须写明理由", field="reason")
FOREIGN_UNIT: Final = Refusal("forbidden", "foreign_unit", "该事件不在您的权限范围内")
ROLE: Final = Refusal("forbidden", "role", "您的角色不能办理此项")
ABOUT_YOURSELF: Final = Refusal("forbidden", "about_yourself", "本人不得办理涉及自己的事件")
OWN_UNIT: Final = Refusal("forbidden", "own_unit", "不得办理本单位的事件")
SAME_PERSON: Final = Refusal("forbidden", "same_person", "核查与审批不得为同一人")
STATUS: Final = Refusal("invalid", "status", "事件当前状态不能办理此项")
WEIGHT: Final = Refusal("invalid", "weight", "此类事件不能办理此项")
SUSPECTED: Final = Refusal("invalid", "suspected", "尚属疑似，证据未齐，不能办理")
NOT_CONFIRMED: Final = Refusal("invalid", "not_confirmed", "未经数据确证（设备、卡号或者导入记录），不能转为可移送")
NO_CERTAIN_PERSON: Final = Refusal("invalid", "no_certain_person", "佩戴人未能确定，不能转为可移送")
NO_DUTY: Final = Refusal("invalid", "no_duty", "当时无班次或执法活动，不能转为可移送")
NOT_TOLD: Final = Refusal("invalid", "not_told", "当事人尚未收到通知，陈述期限尚未起算")
BEING_HEARD: Final = Refusal("invalid", "being_heard", "当事人陈述期限未满")


def conflict_of_interest(
    incident: IncidentRow, actor: Actor, about_yourself: Refusal, foreign_unit: Refusal, own_unit: Refusal
) -> Refusal | None:
    """Why *actor* may not decide: it is about himself, outside his rights, or of his own unit; None if he may."""
    if actor.is_subject_of(incident):
        return about_yourself
    if not actor.covers(incident):
        return foreign_unit
    return own_unit if incident.unit_id is not None and incident.unit_id in actor.own_units else None


def own_units_of(home: str, parents: Mapping[str, str | None], bureau: Iterable[str]) -> frozenset[str]:
    """The units that a person may not decide about: *home*, and those above and below it.

    *parents* gives each unit's parent. The *bureau* nodes are above everybody and don't count, except for people who
    serve at one directly: for them that node alone counts.
    """
    everybodys = frozenset(bureau)
    if home in everybodys:
        return frozenset({home})
    above = _lineage(home, parents)
    below = {unit for unit in parents if home in _lineage(unit, parents)}
    return frozenset({home, *above, *below}) - everybodys


def _lineage(unit: str, parents: Mapping[str, str | None]) -> set[str]:
    line: set[str] = set()
    parent: str | None = unit
    while parent is not None and parent not in line:
        line.add(parent)
        parent = parents.get(parent)
    return line
