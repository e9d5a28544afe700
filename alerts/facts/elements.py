"""Facts, step 1 of 4: turn input into facts that remember their position, or into faults that name it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from pydantic_core import SchemaValidator

from alerts.facts.faults import MAX_FAULTS, FactFault, at_most, fault_of
from alerts.facts.fields import Fact
from alerts.facts.labels import VALUES, title_of
from alerts.facts.models import MODELS, Collection

MAX_ELEMENTS: Final = 2_000_000
"""Per array; a bureau of 20,000 recorders produces as many in a quarter."""


@dataclass(frozen=True, slots=True)
class Source:
    """One array of a file, or one sheet; `title` is the sheet's name for a table, `letters` its column letters."""

    collection: Collection
    file: str = ""
    title: str | None = None
    letters: Mapping[str, str] = field(default_factory=dict)

    def with_cells(self, letters: Mapping[str, str]) -> "Source":
        """The same sheet with the column letter of each field."""
        return replace(self, letters=letters)

    def place(self, index: int) -> str:
        """An element's position for people: the index in an array, the row in a sheet."""
        return f"{self.collection}[{index}]" if self.title is None else f"{self.title} 第{index}行"

    def fault(self, index: int, name: str, reason: str, reason_zh: str) -> FactFault:
        """A fault of the element at *index*."""
        column = title_of(self.collection, name)
        letter = self.letters.get(name) or self.letters.get(name.partition(".")[0])
        cell = "" if letter is None else f"{letter}{index}"
        return FactFault(self.place(index), name, reason, reason_zh, self.file, element=index, column=column, cell=cell)

    def faults(self, index: int, invalid: ValidationError) -> list[FactFault]:
        """The faults that pydantic found in the element at *index*."""
        found = []
        for error in invalid.errors(include_url=False):
            fault = fault_of(error, self.place(index), index)
            choices = VALUES[self.collection].get(fault.field.partition(".")[0])
            reason_zh = fault.reason_zh
            if error["type"] == "literal_error" and choices:
                reason_zh = f"不在可选值之内：{'、'.join(choices)}"
            elif error["type"] == "disorder":
                word = "早于" if error["ctx"]["word"] == "before" else "不晚于"
                reason_zh = f"{word}{title_of(self.collection, error['ctx']['first'])}，请核对"
            found.append(self.fault(index, fault.field, fault.reason, reason_zh))
        return found


class Element(NamedTuple):
    """One fact and its `position`: the index in an array, or the row in a sheet."""

    fact: Fact
    source: Source
    position: int


@dataclass(slots=True)
class FactSet:
    """The facts of one load, in the order of writing.

    `ignored` are names in its files that aren't collections; `texts` holds its JSON files by name, so that a fault
    found later still gets a line number.
    """

    elements: dict[Collection, list[Element]] = field(default_factory=lambda: {name: [] for name in MODELS})
    ignored: list[str] = field(default_factory=list)
    texts: dict[str, bytes] = field(default_factory=dict)

    def add(self, other: "FactSet") -> None:
        """Append the facts of another file of the same load."""
        for collection, elements in other.elements.items():
            self.elements[collection] += elements
        self.ignored += other.ignored
        self.texts |= other.texts

    @property
    def counts(self) -> dict[Collection, int]:
        """Number of elements per collection."""
        return {collection: len(elements) for collection, elements in self.elements.items()}


def read_array(values: Any, source: Source) -> FactSet | list[FactFault]:
    """The elements of a decoded JSON array, or all its faults."""
    if not isinstance(values, list):
        return [FactFault(source.collection, "", "is no array", "应为数组", source.file)]
    if len(values) > MAX_ELEMENTS:
        text = f"over {MAX_ELEMENTS} elements"
        return [FactFault(source.collection, "", text, f"超过{MAX_ELEMENTS}项", source.file)]
    return read_rows(enumerate(values), source)


def read_rows(rows: Iterable[tuple[int, Any]], source: Source) -> FactSet | list[FactFault]:
    """The elements of (position, JSON object) pairs, or their faults, up to `MAX_FAULTS`."""
    validator = MODELS[source.collection].__pydantic_validator__
    assert isinstance(validator, SchemaValidator)
    facts = FactSet()
    elements = facts.elements[source.collection]
    faults: list[FactFault] = []
    # Rows mostly have the same fields, and a set of its own is half of what a fact takes in memory.
    fields_sets: dict[frozenset[str], set[str]] = {}
    for position, value in rows:
        try:
            fact = validator.validate_python(value)
            shared = fields_sets.setdefault(frozenset(fact.model_fields_set), fact.model_fields_set)
            object.__setattr__(fact, "__pydantic_fields_set__", shared)
            elements.append(Element(fact, source, position))
        except ValidationError as invalid:
            faults += source.faults(position, invalid)
            if len(faults) > MAX_FAULTS:
                return at_most(faults)
    return faults or facts


def gather(parts: Iterable[FactSet | list[FactFault]]) -> FactSet | list[FactFault]:
    """Merge several sets into one; if any has faults, return all faults."""
    gathered = FactSet()
    faults: list[FactFault] = []
    for part in parts:
        if isinstance(part, FactSet):
            gathered.add(part)
        else:
            faults += part
    return at_most(faults) if faults else gathered
