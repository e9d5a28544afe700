"""Facts, between steps 3 and 4: a fact's fields in the order of its table's columns."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from alerts.facts.fields import Fact
from alerts.facts.models import Activity, Collection, DockImport, Officer, Unit
from telemetry.records.facts import TABLES, StoredSlice


def _unit(unit: Unit) -> tuple[Any, ...]:
    area = None if unit.area is None else json.dumps(unit.area)
    return (unit.name, unit.parent_id, unit.kind, area)


def _officer(officer: Officer) -> tuple[Any, ...]:
    contact = None if officer.contact is None else officer.contact.model_dump_json(exclude_none=True)
    return (officer.name, officer.unit_id, officer.role, contact)


def _activity(activity: Activity) -> tuple[Any, ...]:
    return (
        *(activity.officer_id, activity.team, activity.recorder_id, activity.kind, activity.starts_at),
        *(activity.ends_at, activity.case_no, activity.times_from, activity.rounded_to_min),
    )


def _dock_import(done: DockImport) -> tuple[Any, ...]:
    segments = None if done.segments is None else [(segment.from_at, segment.to_at) for segment in done.segments]
    return (
        *(done.recorder_id, done.station_id, done.docked_at, done.imported_at, done.files, done.megabytes),
        *(done.recorded_from, done.recorded_to, segments),
    )


_SPECIAL: Final[dict[Collection, Callable[[Any], tuple[Any, ...]]]] = {
    "units": _unit,
    "officers": _officer,
    "activities": _activity,
    "dock_imports": _dock_import,
}


def values_of(collection: Collection) -> Callable[[Fact], tuple[Any, ...]]:
    """A function that turns a fact of *collection* into column values."""
    special = _SPECIAL.get(collection)
    return attrgetter(*TABLES[collection].columns) if special is None else special


def moved_ends(
    fact_id: str, known: Sequence[StoredSlice], settled: Sequence[datetime | None]
) -> list[tuple[str, int, int, datetime | None]]:
    """The stored slices whose end changed; *settled* starts with the ends of these slices."""
    return [
        (fact_id, old.version, old.slice, known_to)
        for old, known_to in zip(known, settled, strict=False)
        if known_to != old.known_to
    ]
