"""The figures of a month, counted by the day of upholding, and the corrections of closed months. Pure.

`Figures` is stored when a month is closed and never changed. Later changes (a revocation, an upholding entered for a
past day, another unit) appear in the next circular as corrections: entries of +1 or -1 for an earlier month. Every
number is a count of entries, so its incidents can be listed.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Literal

from alerts.paperwork.circulars.periods import bounds

LEAST_FOR_RATE: Final = 20
"""With fewer activities a rate is meaningless, so only counts are shown (domain.md)."""
NO_UNIT: Final = ""
Kind = Literal["counted", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Decision:
    """An incident that was upheld: the day of the first upholding, and whether the decision still stands."""

    incident_id: str
    rule: str
    unit_id: str | None
    upheld_on: date
    stands: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """A unit's activities in the month, without the units below it; `activity_s` are unexcused seconds."""

    unit_id: str
    name: str
    parent_id: str | None
    kind: str
    activities: int = 0
    activity_s: float = 0.0
    recorded_s: float = 0.0
    imports_due: int = 0
    imports_in_time: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One incident in a month's count; `of_period` is another month if the entry corrects that one."""

    incident_id: str
    rule: str
    unit_id: str
    day: date
    kind: Kind
    of_period: str

    @property
    def sign(self) -> int:
        """+1, or -1 if the entry removes an incident."""
        return -1 if self.kind == "removed" else 1


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a month: final, or current if `closed_by` is None."""

    period: str
    as_of: str
    closed_by: str | None
    tallies: tuple[Tally, ...]
    entries: tuple[Entry, ...]


def figures_of(
    period: str,
    decisions: Iterable[Decision],
    tallies: Sequence[Tally],
    earlier: Sequence[Figures],
    *,
    as_of: str,
    closed_by: str | None = None,
) -> Figures:
    """Compute a month's figures, with corrections of the closed months *earlier*."""
    begins = bounds(period)[0].date()
    ends = bounds(period)[1].date()
    closed = {month.period for month in earlier}
    standing = {d.incident_id: d for d in decisions if d.stands}
    entries = [
        Entry(d.incident_id, d.rule, d.unit_id or NO_UNIT, d.upheld_on, "counted", period)
        for d in standing.values()
        if begins <= d.upheld_on < ends
    ]
    entries += _corrections(ledger(earlier), standing, closed)
    order = sorted(entries, key=lambda e: (e.kind, e.day, e.rule, e.incident_id, e.unit_id))
    return Figures(period, as_of, closed_by, tuple(tallies), tuple(order))


def ledger(months: Iterable[Figures]) -> dict[str, Entry]:
    """The entries of all *months* after corrections; each incident at most once."""
    counted: dict[str, Entry] = {}
    for month in sorted(months, key=lambda m: m.period):
        for entry in month.entries:
            if entry.kind == "removed":
                counted.pop(entry.incident_id, None)
        counted |= {entry.incident_id: entry for entry in month.entries if entry.kind != "removed"}
    return counted


def _corrections(counted: dict[str, Entry], standing: dict[str, Decision], closed: Collection[str]) -> list[Entry]:
    found = []
    for entry in counted.values():
        now = standing.get(entry.incident_id)
        if now is None or (now.rule, now.unit_id or NO_UNIT, now.upheld_on) != (entry.rule, entry.unit_id, entry.day):
            found.append(Entry(entry.incident_id, entry.rule, entry.unit_id, entry.day, "removed", entry.of_period))
    gone = {entry.incident_id for entry in found}
    for decision in standing.values():
        of_period = f"{decision.upheld_on:%Y-%m}"
        # An entry that was removed because its rule, unit or day changed is added again with the new values.
        is_new = decision.incident_id not in counted or decision.incident_id in gone
        if of_period in closed and is_new:
            unit_id = decision.unit_id or NO_UNIT
            found.append(Entry(decision.incident_id, decision.rule, unit_id, decision.upheld_on, "added", of_period))
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a circular: count, count of the month before, rate per 100 activities, and the incidents."""

    name: str
    count: int
    before: int | None
    incident_ids: tuple[str, ...]
    activities: int = 0
    rate: float | None = None
    coverage: float | None = None
    punctuality: float | None = None
    unit_id: str | None = None


@dataclass(frozen=True, slots=True)
class Circular:
    """A month's figures for the bureau, or for a unit with all units below it, ready for layout."""

    period: str
    unit_name: str
    is_closed: bool
    as_of: str
    total: Line
    by_rule: tuple[Line, ...]
    by_day: tuple[Line, ...]
    by_unit: tuple[Line, ...]
    corrections: tuple[Entry, ...]
    unit_names: dict[str, str] = field(default_factory=dict)


def rate_per_100(count: int, activities: int) -> float | None:
    """Incidents per 100 activities; None for fewer than 20 activities."""
    return round(100 * count / activities, 2) if activities >= LEAST_FOR_RATE else None


def circular_of(figures: Figures, before: Figures | None, unit_id: str | None, whole: str) -> Circular:
    """The circular for *unit_id* with all units below it; for None, the whole bureau, whose name is *whole*."""
    inside = _subtree(figures.tallies, unit_id)
    tallies = [tally for tally in figures.tallies if inside is None or tally.unit_id in inside]
    entries = _of(figures, inside)
    earlier = None if before is None else _of(before, inside)
    names = {tally.unit_id: tally.name for tally in figures.tallies} | {NO_UNIT: "未定单位"}
    return Circular(
        period=figures.period,
        unit_name=whole if unit_id is None else names.get(unit_id, unit_id),
        is_closed=figures.closed_by is not None,
        as_of=figures.as_of,
        total=_line("合计", entries, earlier, tallies),
        by_rule=_by_rule(entries, earlier),
        by_day=_by_day(entries),
        by_unit=_by_unit(entries, earlier, tallies, names),
        corrections=tuple(
            e for e in figures.entries if e.kind != "counted" and (inside is None or e.unit_id in inside)
        ),
        unit_names=names,
    )


def _of(figures: Figures, inside: Collection[str] | None) -> list[Entry]:
    return [e for e in figures.entries if e.kind == "counted" and (inside is None or e.unit_id in inside)]


def _subtree(tallies: Sequence[Tally], unit_id: str | None) -> set[str] | None:
    if unit_id is None:
        return None
    inside = {unit_id}
    for _ in tallies:
        more = {tally.unit_id for tally in tallies if tally.parent_id in inside} - inside
        if not more:
            break
        inside |= more
    return inside


def _line(name: str, entries: Sequence[Entry], before: Sequence[Entry] | None, tallies: Sequence[Tally]) -> Line:
    activities = sum(tally.activities for tally in tallies)
    return Line(
        name=name,
        count=len(entries),
        before=None if before is None else len(before),
        incident_ids=tuple(entry.incident_id for entry in entries),
        activities=activities,
        rate=rate_per_100(len(entries), activities),
        coverage=_share(sum(t.recorded_s for t in tallies), sum(t.activity_s for t in tallies)),
        punctuality=_share(sum(t.imports_in_time for t in tallies), sum(t.imports_due for t in tallies)),
    )


def _share(part: float, whole: float) -> float | None:
    return round(min(part / whole, 1.0), 4) if whole > 0 else None


def _by_rule(entries: Sequence[Entry], before: Sequence[Entry] | None) -> tuple[Line, ...]:
    grouped: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        grouped[entry.rule].append(entry)
    earlier = Counter(entry.rule for entry in before or ())
    return tuple(
        Line(
            rule,
            len(grouped[rule]),
            None if before is None else earlier[rule],
            tuple(entry.incident_id for entry in grouped[rule]),
        )
        for rule in sorted({*grouped, *earlier}, key=lambda name: (-len(grouped[name]), name))
    )


def _by_day(entries: Sequence[Entry]) -> tuple[Line, ...]:
    grouped: dict[date, list[str]] = defaultdict(list)
    for entry in entries:
        grouped[entry.day].append(entry.incident_id)
    return tuple(Line(day.isoformat(), len(ids), None, tuple(ids)) for day, ids in sorted(grouped.items()))


def _by_unit(
    entries: Sequence[Entry], before: Sequence[Entry] | None, tallies: Sequence[Tally], names: dict[str, str]
) -> tuple[Line, ...]:
    lines = []
    known = {tally.unit_id: tally for tally in tallies}
    for unit_id in [*known, *sorted({e.unit_id for e in entries} - known.keys())]:
        own = [tally] if (tally := known.get(unit_id)) else []
        here = [entry for entry in entries if entry.unit_id == unit_id]
        earlier = None if before is None else [entry for entry in before if entry.unit_id == unit_id]
        line = _line(names.get(unit_id, unit_id), here, earlier, own)
        if line.count or line.before or line.activities or (own and own[0].imports_due):
            lines.append(replace(line, unit_id=unit_id))
    return tuple(lines)
