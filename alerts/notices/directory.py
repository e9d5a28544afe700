"""Units and people at one moment, with roles and contact addresses, as the facts have them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Person:
    """An officer; `contact` has his address by kind of channel, `preferred` his own order of channels."""

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
    """Looks up people by unit and role in the tree of units."""

    def __init__(self, people: Iterable[Person], units: Iterable[Unit]) -> None:
        self.people: dict[str, Person] = {person.person_id: person for person in people}
        self.units: dict[str, Unit] = {unit.unit_id: unit for unit in units}
        self._by_role: dict[tuple[str, str], list[Person]] = defaultdict(list)
        for person in sorted(self.people.values(), key=lambda one: one.person_id):
            for role in person.roles:
                self._by_role[person.unit_id, role].append(person)
        # Names of one character would match ordinary text.
        self._called = {call for one in self.people.values() for call in (one.name, one.person_id) if len(call) > 1}
        self._lengths = sorted({len(call) for call in self._called})

    def lineage(self, unit_id: str | None) -> list[str]:
        """The unit and the units above it, nearest first."""
        line: list[str] = []
        while unit_id is not None and unit_id not in line:
            line.append(unit_id)
            unit = self.units.get(unit_id)
            unit_id = None if unit is None else unit.parent_id
        return line

    def answering(self, unit_id: str | None, role: str, *, but_not: str | None = None) -> list[Person]:
        """People with *role* in the unit, or else in the nearest unit above it that has any; never *but_not*."""
        for place in self.lineage(unit_id):
            found = [person for person in self._by_role[place, role] if person.person_id != but_not]
            if found:
                return found
        return []

    def names_somebody(self, text: str) -> bool:
        """Whether *text* contains the name or id of any person."""
        return any(text[at : at + length] in self._called for length in self._lengths for at in range(len(text)))

    def unit_name(self, unit_id: str | None) -> str:
        """A unit's name; its id if the unit is unknown."""
        if unit_id is None:
            return ""
        unit = self.units.get(unit_id)
        return unit_id if unit is None else unit.name
