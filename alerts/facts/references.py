"""Facts, step 2 of 4: every id that a fact refers to must exist, in the same load or in the store."""

from collections.abc import Iterator, Mapping
from typing import Final

from alerts.facts.elements import Element, FactSet
from alerts.facts.faults import MAX_FAULTS, FactFault, at_most
from alerts.facts.models import Activity, Collection, Unit

REFERENCES: Final[dict[Collection, tuple[tuple[str, Collection], ...]]] = {
    "units": (("parent_id", "units"),),
    "officers": (("unit_id", "units"),),
    "recorders": (("unit_id", "units"), ("holder_id", "officers")),
    "assignments": (("recorder_id", "recorders"), ("officer_id", "officers")),
    "sim_bindings": (("recorder_id", "recorders"),),
    "shifts": (("officer_id", "officers"), ("recorder_id", "recorders")),
    "activities": (("officer_id", "officers"), ("recorder_id", "recorders")),
    "exemptions": (("officer_id", "officers"), ("unit_id", "units")),
    "fault_reports": (("officer_id", "officers"), ("recorder_id", "recorders")),
    "dock_imports": (("recorder_id", "recorders"),),
    "phone_footage": (("officer_id", "officers"), ("fault_report_id", "fault_reports")),
}
"""Which field refers to which collection. Approvers, receivers and stations are names in other systems: not checked."""
_WORDS: Final[dict[Collection, tuple[str, str]]] = {
    "units": ("unit", "单位"),
    "officers": ("officer", "人员"),
    "recorders": ("recorder", "记录仪"),
    "fault_reports": ("fault report", "报备"),
}


def named_elsewhere(facts: FactSet) -> dict[Collection, set[str]]:
    """The ids that *facts* refer to but don't contain."""
    brought = {name: {element.fact.id for element in elements} for name, elements in facts.elements.items()}
    missing: dict[Collection, set[str]] = {name: set() for name in _WORDS}
    for elements in facts.elements.values():
        for element in elements:
            for _, target, named_id in _named(element):
                if named_id not in brought[target]:
                    missing[target].add(named_id)
    return missing


def check_references(facts: FactSet, unknown: Mapping[Collection, set[str]]) -> list[FactFault]:
    """A fault for each field that refers to an id in *unknown*."""
    if not any(unknown.values()):
        return []
    faults = []
    for elements in facts.elements.values():
        for element in elements:
            for field, target, named_id in _named(element):
                if named_id in unknown[target]:
                    word, word_zh = _WORDS[target]
                    reason, reason_zh = f"no {word} {named_id}", f"没有编号为{named_id}的{word_zh}，请先导入或改正编号"
                    if named_id.isdecimal():
                        reason_zh += "（编号以0开头的，请把该列设为文本格式）"
                    faults.append(element.source.fault(element.position, field, reason, reason_zh))
                    if len(faults) > MAX_FAULTS:
                        return at_most(faults)
    return faults


def check_tree(facts: FactSet, stored_parents: Mapping[str, str | None]) -> list[FactFault]:
    """A fault for each unit of the load that would be its own ancestor; *stored_parents*: the tree before the load."""
    parents = dict(stored_parents)
    for element in facts.elements["units"]:
        assert isinstance(element.fact, Unit)
        parents[element.fact.id] = element.fact.parent_id
    return [
        element.source.fault(element.position, "parent_id", "stands above itself", "上级单位形成循环，请改正")
        for element in facts.elements["units"]
        if _is_in_circle(element.fact.id, parents)
    ]


def _is_in_circle(unit_id: str, parents: Mapping[str, str | None]) -> bool:
    seen: set[str] = set()
    above = parents.get(unit_id)
    while above is not None and above not in seen:
        if above == unit_id:
            return True
        seen.add(above)
        above = parents.get(above)
    return False


def _named(element: Element) -> Iterator[tuple[str, Collection, str]]:
    fact = element.fact
    for field, target in REFERENCES[element.source.collection]:
        named_id = getattr(fact, field)
        if named_id is not None:
            yield field, target, named_id
    if isinstance(fact, Activity):
        for index, officer_id in enumerate(fact.officer_ids):
            yield f"officer_ids.{index}", "officers", officer_id
