"""Facts, step 3 of 4: merge shifts and activities that are one conduct under several ids; pure.

One conduct is one incident, however often it was entered; facts of the same people, times and kind are one (domain.md,
"Rules"). Activities also match by case number or by any shared person, so a team listed person by person is one team.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from alerts.facts.elements import Element
from alerts.facts.faults import FactFault
from alerts.facts.fields import MAX_TEAM, Fact
from alerts.facts.models import Activity, Collection, Shift

COLLECTIONS: Final[tuple[Collection, ...]] = ("shifts", "activities")


class Conduct(NamedTuple):
    """What two facts of one conduct share: person or case number, times and kind."""

    officer_id: str | None
    case_no: str | None
    starts_at: datetime
    ends_at: datetime | None
    kind: str


def conducts_of(fact: Fact) -> list[Conduct]:
    """The keys of *fact*'s conduct; none if it is cancelled or declares itself a separate one (`override`)."""
    if fact.override is not None or fact.cancelled_at is not None:
        return []
    match fact:
        case Shift():
            return [Conduct(fact.officer_id, None, fact.starts_at, fact.ends_at, fact.kind)]
        case Activity():
            when = (fact.starts_at, fact.ends_at, fact.kind)
            # "无" and the like aren't case numbers.
            is_number = any(map(str.isdigit, fact.case_no or ""))
            of_case = [Conduct(None, fact.case_no, *when)] if is_number else []
            return [Conduct(officer_id, None, *when) for officer_id in fact.team] + of_case
        case _:
            return []


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored before a load: the ids in it, and other facts of the same conduct."""

    ids: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)
    alike: Mapping[Conduct, str] = field(default_factory=dict)


def new_ids(elements: Sequence[Element], stored: Stored) -> list[Element]:
    """The first element of each id that is neither stored nor merged yet; largest teams first."""
    first: dict[str, Element] = {}
    for element in elements:
        if element.fact.id not in stored.ids and element.fact.id not in stored.aliases:
            first.setdefault(element.fact.id, element)
    return sorted(first.values(), key=lambda element: -len(conducts_of(element.fact)))


def taken_as(elements: Sequence[Element], stored: Stored) -> dict[str, str]:
    """Ids of *elements* merged into other ids, with these ids; the first element of an id decides."""
    held: dict[Conduct, str] = dict(stored.alike)
    for element in elements:
        if element.fact.id in stored.ids:
            held |= dict.fromkeys(conducts_of(element.fact), element.fact.id)
    taken = {
        element.fact.id: stored.aliases[element.fact.id]
        for element in elements
        if element.fact.id in stored.aliases and element.fact.id not in stored.ids
    }
    first = {element.fact.id: element.fact for element in new_ids(elements, stored)}
    for fact_id, fact in first.items():
        conducts = conducts_of(fact)
        alike = [*dict.fromkeys(_root(held[conduct], taken) for conduct in conducts if conduct in held), fact_id]
        one = next((other for other in alike if other not in first), alike[0])
        taken |= {other: one for other in alike if other != one and other in first}
        for conduct in conducts:
            held.setdefault(conduct, one)
    return {fact_id: _root(fact_id, taken) for fact_id in taken}


def _root(fact_id: str, taken: Mapping[str, str]) -> str:
    while fact_id in taken:
        fact_id = taken[fact_id]
    return fact_id


def as_one(
    elements: Sequence[Element], taken: Mapping[str, str], before: Mapping[str, Fact]
) -> tuple[list[Element], list[FactFault]]:
    """*elements* with merged facts written under the other id, and one warning for each.

    *before* holds the stored facts of those ids; fields that a row leaves out keep their value. Rows entered together
    form one team from the start, so that none of them waits for approval.
    """
    ones = frozenset(taken.values())
    current = {element.fact.id: element.fact for element in reversed(elements) if element.fact.id in ones} | dict(
        before
    )
    teams = _teams(elements, taken)
    written, told = [], []
    for element in elements:
        fact, other = element.fact, taken.get(element.fact.id)
        if other is not None and fact.override is None:
            fact = _joined(current.get(other), fact, other)
            text = f"与{other}的人员、时间、类别相同，已作为同一条处理"
            told.append(element.source.fault(element.position, "id", f"taken as {other}: the same conduct", text))
        fact = _with_team(fact, teams.get((fact.id, element.fact.entered_at), ()))
        current[fact.id] = fact
        written.append(element._replace(fact=fact))
    return written, told


def _teams(elements: Sequence[Element], taken: Mapping[str, str]) -> dict[tuple[str, datetime | None], tuple[str, ...]]:
    """The team of each fact that others merge into, by id and time of entry."""
    teams: dict[tuple[str, datetime | None], tuple[str, ...]] = {}
    ones = frozenset(taken.values())
    for element in elements:
        fact_id = taken.get(element.fact.id, element.fact.id)
        if fact_id in ones and isinstance(element.fact, Activity) and element.fact.override is None:
            key = (fact_id, element.fact.entered_at)
            teams[key] = (*teams.get(key, ()), *element.fact.team)
    return teams


def _joined(before: Fact | None, fact: Fact, fact_id: str) -> Fact:
    if before is None:
        return fact.model_copy(update={"id": fact_id})
    left_out = type(fact).model_fields.keys() - fact.model_fields_set - {"ends_at", "cancelled_at", "override"}
    joined = fact.model_copy(update={name: getattr(before, name) for name in left_out} | {"id": fact_id})
    if isinstance(before, Activity) and isinstance(fact, Activity):
        joined = joined.model_copy(update={"officer_id": before.officer_id, "officer_ids": before.officer_ids})
        return _with_team(joined, fact.team)
    return joined


def _with_team(fact: Fact, people: Sequence[str]) -> Fact:
    """*fact* with *people* added to its team, up to the largest team allowed."""
    if not isinstance(fact, Activity) or set(people) <= set(fact.team):
        return fact
    return fact.model_copy(update={"officer_ids": list(dict.fromkeys((*fact.team, *people)))[:MAX_TEAM]})
