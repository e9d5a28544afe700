"""Facts, step 1 of 4: what was sent becomes facts that remember where they stood, or faults that name the place."""

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
"""In one array; a bureau of 20,000 recorders writes as many in a quarter."""


@dataclass(frozen=True, slots=True)
class Source:
    """One array of one file, or one sheet; `title` is the sheet's name where it is a table, `letters` its columns'."""

    collection: Collection
    file: str = ""
    title: str | None = None
    letters: Mapping[str, str] = field(default_factory=dict)

    def with_cells(self, letters: Mapping[str, str]) -> "Source":
        """The same sheet, with the letter of each field's column."""
        return replace(self, letters=letters)

    def place(self, index: int) -> str:
        """An element's name for people: by position in an array, by row in a sheet."""
        return f"{self.collection}[{index}]" if self.title is None else f"{self.title} 第{index}行"

    def fault(self, index: int, name: str, reason: str, reason_zh: str) -> FactFault:
        """A fault of the element at *index*."""
        column = title_of(self.collection, name)
        letter = self.letters.get(name) or self.letters.get(name.partition(".")[0])
        cell = "" if letter is None else f"{letter}{index}"
        return FactFault(self.place(index), name, reason, reason_zh, self.file, element=index, column=column, cell=cell)

    def faults(self, index: int, invalid: ValidationError) -> list[FactFault]:
        """What pydantic found in the element at *index*."""
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
    """One fact and where it stood; `position` is its index in an array, or its row in a sheet."""

    fact: Fact
    source: Source
    position: int


@dataclass(slots=True)
class FactSet:
    """The facts of one load, in the order of writing.

    `ignored` are the names in its files that are no collection; `texts` its JSON files by name, so that a fault which
    is found later still gets its line.
    """

    elements: dict[Collection, list[Element]] = field(default_factory=lambda: {name: [] for name in MODELS})
    ignored: list[str] = field(default_factory=list)
    texts: dict[str, bytes] = field(default_factory=dict)

    def add(self, other: "FactSet") -> None:
        """Take in what another file of the same load says, after what is here."""
        for collection, elements in other.elements.items():
            self.elements[collection] += elements
        self.ignored += other.ignored
        self.texts |= other.texts

    @property
    def counts(self) -> dict[Collection, int]:
        """Elements per collection."""
        return {collection: len(elements) for collection, elements in self.elements.items()}


def read_array(values: Any, source: Source) -> FactSet | list[FactFault]:
    """The elements of a decoded JSON array, or every fault in them."""
    if not isinstance(values, list):
        return [FactFault(source.collection, "", "is no array", "应为数组", source.file)]
    if len(values) > MAX_ELEMENTS:
        text = f"over {MAX_ELEMENTS} elements"
        return [FactFault(source.collection, "", text, f"超过{MAX_ELEMENTS}项", source.file)]
    return read_rows(enumerate(values), source)


def read_rows(rows: Iterable[tuple[int, Any]], source: Source) -> FactSet | list[FactFault]:
    """The elements of (position, JSON object) pairs, or every fault in them, up to `MAX_FAULTS`."""
    validator = MODELS[source.collection].__pydantic_validator__
    assert isinstance(validator, SchemaValidator)
    facts = FactSet()
    elements = facts.elements[source.collection]
    faults: list[FactFault] = []
    for position, value in rows:
        try:
            elements.append(Element(validator.validate_python(value), source, position))
        except ValidationError as invalid:
            faults += source.faults(position, invalid)
            if len(faults) > MAX_FAULTS:
                return at_most(faults)
    return faults or facts


def gather(parts: Iterable[FactSet | list[FactFault]]) -> FactSet | list[FactFault]:
    """One set out of several, or the faults of all of them."""
    gathered = FactSet()
    faults: list[FactFault] = []
    for part in parts:
        if isinstance(part, FactSet):
            gathered.add(part)
        else:
            faults += part
    return at_most(faults) if faults else gathered
