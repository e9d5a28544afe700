"""Facts, between steps 3 and 4: the table of each collection, and a fact's values for it; pure."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from alerts.facts.fields import Fact
from alerts.facts.models import MODELS, Collection, DockImport, Officer, Unit
from telemetry.records.facts import FactTable, StoredSlice


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


def moved_ends(
    fact_id: str, known: Sequence[StoredSlice], settled: Sequence[datetime | None]
) -> list[tuple[str, int, int, datetime | None]]:
    """The stored slices whose end changed; *settled* starts with the ends of these slices."""
    return [
        (fact_id, old.version, old.slice, known_to)
        for old, known_to in zip(known, settled, strict=False)
        if known_to != old.known_to
    ]
