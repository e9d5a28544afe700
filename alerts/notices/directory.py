"""Who is who, as the facts know it at one moment: units, people, their roles and where they can be reached."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Person:
    """An officer; `contact` names him on each kind of channel, `preferred` are channels in his own order."""

    person_id: str
    name: str
    unit_id: str
    roles: frozenset[str]
    contact: Mapping[str, str] = field(default_factory=dict)
    preferred: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """A node of the bureau's tree."""

    unit_id: str
    name: str
    parent_id: str | None
    kind: str


class Directory:
    """People by unit and role, and the units' tree."""

    def __init__(self, people: Iterable[Person], units: Iterable[Unit]) -> None:
        self.people: dict[str, Person] = {person.person_id: person for person in people}
        self.units: dict[str, Unit] = {unit.unit_id: unit for unit in units}
        self._by_role: dict[tuple[str, str], list[Person]] = defaultdict(list)
        for person in sorted(self.people.values(), key=lambda one: one.person_id):
            for role in person.roles:
                self._by_role[person.unit_id, role].append(person)
        # A name of one character would be found everywhere.
        self._called = {call for one in self.people.values() for call in (one.name, one.person_id) if len(call) > 1}
        self._lengths = sorted({len(call) for call in self._called})

    def lineage(self, unit_id: str | None) -> list[str]:
        """*unit_id* and the units above it, nearest first."""
        line: list[str] = []
        while unit_id is not None and unit_id not in line:
            line.append(unit_id)
            unit = self.units.get(unit_id)
            unit_id = None if unit is None else unit.parent_id
        return line

    def answering(self, unit_id: str | None, role: str, *, but_not: str | None = None) -> list[Person]:
        """Those with *role* in the unit, else in the nearest unit above it that has any; never *but_not*."""
        for place in self.lineage(unit_id):
            found = [person for person in self._by_role[place, role] if person.person_id != but_not]
            if found:
                return found
        return []

    def names_somebody(self, text: str) -> bool:
        """Whether anybody's name or id stands in *text*."""
        return any(text[at : at + length] in self._called for length in self._lengths for at in range(len(text)))

    def unit_name(self, unit_id: str | None) -> str:
        """A unit's name, or its id where it has none."""
        if unit_id is None:
            return ""
        unit = self.units.get(unit_id)
        return unit_id if unit is None else unit.name
