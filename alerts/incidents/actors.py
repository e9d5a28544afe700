"""Who acts on an incident, and why he may not: roles, units, refusals. Words of domain.md ("Who may see what")."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

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
"""Those through whom a unit acknowledges, comments and proposes."""
OF_THE_BUREAU: Final[frozenset[Role]] = frozenset({"command_centre", "verifier", "supervision", "political"})

RefusalCode = Literal[
    "unknown",
    "changed",
    "no_reason",
    "foreign_unit",
    "role",
    "about_yourself",
    "own_unit",
    "same_person",
    "status",
    "weight",
    "suspected",
    "not_confirmed",
    "no_certain_person",
    "no_duty",
    "not_told",
    "being_heard",
]


@dataclass(frozen=True, slots=True)
class Actor:
    """An account that acts.

    `units` is the subtree that its rights cover (None: the whole bureau); `own_units` are those where the person behind
    it serves (`own_units_of`), which need not be the same.
    """

    account: str
    roles: frozenset[Role]
    units: frozenset[str] | None = None
    officer_id: str | None = None
    own_units: frozenset[str] = frozenset()

    def covers(self, incident: IncidentRow) -> bool:
        """Whether the incident lies in the subtree; one of no unit is the whole bureau's."""
        return self.units is None or incident.unit_id in self.units

    def is_subject_of(self, incident: IncidentRow) -> bool:
        """Whether the person behind the account is the one concerned."""
        return self.officer_id is not None and self.officer_id == incident.officer_id


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action was not done: a code for machines, a sentence for people, and until when where time mends it."""

    code: RefusalCode
    text: str
    until: datetime | None = None


TEXTS: Final[Mapping[RefusalCode, str]] = {
    "unknown": "事件不存在",
    "changed": "事件在此期间已有变化，请刷新后再办理",
    "no_reason": "须写明理由",
    "foreign_unit": "该事件不在您的权限范围内",
    "role": "您的角色不能办理此项",
    "about_yourself": "本人不得办理涉及自己的事件",
    "own_unit": "不得办理本单位的事件",
    "same_person": "核查与审批不得为同一人",
    "status": "事件当前状态不能办理此项",
    "weight": "此类事件不能办理此项",
    "suspected": "尚属疑似，证据未齐，不能办理",
    "not_confirmed": "未经数据确证（设备、卡号或者导入记录），不能转为可移送",
    "no_certain_person": "佩戴人未能确定，不能转为可移送",
    "no_duty": "当时无班次或执法活动，不能转为可移送",
    "not_told": "当事人尚未收到通知，陈述期限尚未起算",
    "being_heard": "当事人陈述期限未满",
}


def refuse(code: RefusalCode, until: datetime | None = None, mark: str = "") -> Refusal:
    """A refusal with its sentence, and *mark* after it."""
    return Refusal(code, TEXTS[code] + mark, until)


def own_units_of(home: str, parents: Mapping[str, str | None], bureau: Iterable[str]) -> frozenset[str]:
    """The units that count as one's own when one decides: *home*, those above it and those below it.

    *parents* gives each unit's parent. The *bureau* nodes are everybody's and so nobody's own, but for those who serve
    directly at one: to them it alone is their own.
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
