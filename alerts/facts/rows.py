"""Facts, between steps 3 and 4: the table of each collection, and the rows of a fact in it; pure."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from alerts.facts.fields import Fact
from alerts.facts.models import MODELS, Collection, DockImport, Officer, Unit
from alerts.facts.versions import Mark, settle
from telemetry.records.facts import FactTable, SliceRow, StoredSlice


def _area(unit: Unit) -> str | None:
    return None if unit.area is None else json.dumps(unit.area)


def _contact(officer: Officer) -> str | None:
    return None if officer.contact is None else officer.contact.model_dump_json(exclude_none=True)


def _segments(done: DockImport) -> list[tuple[datetime, datetime]] | None:
    return None if done.segments is None else [(segment.from_at, segment.to_at) for segment in done.segments]


_SPECIAL: Final[Mapping[str, Callable[[Any], Any]]] = {
    "area": _area,
    "contact": _contact,
    "officer_ids": attrgetter("team"),
    "segments": _segments,
}
"""Fields whose column has another form."""
_RENAMED: Final = {"role": "roles"}
"""Fields whose column has another name."""


def _content(model: type[Fact]) -> list[str]:
    """The fields that only this kind of fact has, in the order of the model."""
    return [name for name in model.model_fields if name not in Fact.model_fields]


def _table(collection: Collection, model: type[Fact]) -> FactTable:
    word = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", model.__name__).lower()
    columns = tuple(_RENAMED.get(name, name) for name in _content(model))
    return FactTable(collection, f"{word}_fact", f"{word}_id", columns)


TABLES: Final[Mapping[Collection, FactTable]] = {
    collection: _table(collection, model) for collection, model in MODELS.items()
}


def values_of(collection: Collection) -> Callable[[Fact], tuple[Any, ...]]:
    """A function that turns a fact of *collection* into column values."""
    readers = [_SPECIAL.get(name, attrgetter(name)) for name in _content(MODELS[collection])]
    return lambda fact: tuple(read(fact) for read in readers)


def lay_out(
    collection: Collection,
    new: Mapping[str, Sequence[tuple[Mark, Fact, bool]]],
    stored: Mapping[str, list[StoredSlice]],
) -> tuple[list[SliceRow], list[tuple[str, int, int, datetime | None]]]:
    """Rows for the new slices of each fact (with content, and whether they are late), and new ends of stored ones."""
    values = values_of(collection)
    rows: list[SliceRow] = []
    ends: list[tuple[str, int, int, datetime | None]] = []
    for fact_id, slices in new.items():
        known = stored.get(fact_id, [])
        marks = [Mark(s.version, s.slice, s.known_from, s.cancelled_at) for s in known]
        settled = settle([*marks, *(mark for mark, _, _ in slices)])
        for old, known_to in zip(known, settled, strict=False):
            if known_to != old.known_to:
                ends.append((fact_id, old.version, old.slice, known_to))
        for (mark, fact, late), known_to in zip(slices, settled[len(known) :], strict=True):
            rows.append(SliceRow(fact_id, mark.version, mark.slice, mark.known_from, known_to, late, values(fact)))
    return rows, ends
