"""Facts as known at one moment: plain rows from {collection}_known_at(now), with indexes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal, Self, TypeVar, TypeVarTuple

from alerts.intervals import Interval, clip

Row = TypeVar("Row")
Asked = TypeVarTuple("Asked")
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """A unit and its parent unit."""

    unit_id: str
    name: str
    parent_id: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class KnownOfficer:
    """A person with unit and roles, as registered from `known_from` to `known_to`."""

    officer_id: str
    name: str
    unit_id: str
    roles: tuple[str, ...]
    known_from: datetime | None = None
    known_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownRecorder:
    """A recorder as registered from `known_from` to `known_to`; `heartbeat_s` in seconds."""

    recorder_id: str
    known_from: datetime
    unit_id: str
    model: str
    holder_id: str | None
    iccid: str | None
    heartbeat_s: int
    senses_sim: bool
    status: str
    known_to: datetime | None = None

    @property
    def is_judged(self) -> bool:
        """Whether rules judge it: a `test` recorder belongs to a load test."""
        return self.status != "test"


@dataclass(frozen=True, slots=True)
class KnownAssignment:
    """Who holds which recorder; `ends_at` None: still handed out.

    Until `unconfirmed_to` the hand-out names nobody, because its officer must confirm it; None if it needs no
    confirmation (sql/migrations/0066_wearer.sql, `unconfirmed_handouts`).
    """

    assignment_id: str
    recorder_id: str
    officer_id: str
    starts_at: datetime
    ends_at: datetime | None
    reason: str
    late: bool = False
    unconfirmed_to: datetime | None = None

    def covers(self, moment: datetime) -> bool:
        """Whether it is handed out at *moment*."""
        return self.starts_at <= moment and (self.ends_at is None or moment < self.ends_at)

    def names_at(self, moment: datetime) -> bool:
        """Whether it names its officer at *moment*: it is confirmed, or needs no confirmation."""
        return self.unconfirmed_to is None or self.unconfirmed_to <= moment


@dataclass(frozen=True, slots=True)
class KnownDuty:
    """A shift or activity; `officer_ids` is the team, first the officer it is entered for; `ends_at` None: it runs.

    `purpose` is the shift's or activity's `kind`; `times_from` and `rounded_to_min` (minutes) exist for activities
    only.
    """

    kind: Literal["shift", "activity"]
    duty_id: str
    officer_ids: tuple[str, ...]
    recorder_id: str | None
    starts_at: datetime
    ends_at: datetime | None
    purpose: str
    late: bool = False
    times_from: str | None = None
    rounded_to_min: float | None = None

    @classmethod
    def of(cls, kind: Literal["shift", "activity"], row: Mapping[str, Any]) -> Self:
        """The duty in a row of `shifts_known_at` or `activities_known_at`."""
        return cls(
            kind=kind,
            duty_id=row[f"{kind}_id"],
            officer_ids=(row["officer_id"],) if kind == "shift" else tuple(row["officer_ids"]),
            recorder_id=row["recorder_id"],
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            purpose=row["kind"],
            late=row["late"],
            times_from=row.get("times_from"),
            rounded_to_min=row.get("rounded_to_min"),
        )

    @property
    def officer_id(self) -> str:
        """The officer it is entered for."""
        return self.officer_ids[0]

    @property
    def needs_recorder(self) -> bool:
        """Whether it is a duty to carry and record; an `office` shift isn't."""
        return self.kind == "activity" or self.purpose in {"patrol", "campaign"}

    def covers(self, moment: datetime) -> bool:
        """Whether it runs at *moment*."""
        return self.starts_at <= moment and (self.ends_at is None or moment < self.ends_at)


@dataclass(frozen=True, slots=True)
class KnownExemption:
    """An exemption, for one officer or for a unit with all units below it."""

    exemption_id: str
    officer_id: str | None
    unit_id: str | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    approved_by: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class KnownReport:
    """A fault report, with its repair and end as far as known."""

    fault_report_id: str
    officer_id: str
    recorder_id: str
    kind: str
    reported_at: datetime
    repair_at: datetime | None
    resolved_at: datetime | None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Login:
    """Who was logged in on a recorder, from when to when; `officer_id` None: nobody.

    `heard_to` is the last reading of the boot that reported the login. On a recorder that is off, the login is still
    the last one reported, but nobody is using it.
    """

    recorder_id: str
    officer_id: str | None
    starts_at: datetime
    ends_at: datetime | None
    heard_to: datetime | None = None

    def covers(self, moment: datetime) -> bool:
        """Whether the login holds at *moment*."""
        return self.starts_at <= moment and (self.ends_at is None or moment < self.ends_at)


@dataclass(frozen=True)
class KnownFacts:
    """What was known at one moment about a period, for the whole fleet or part of it.

    `recorders` and `officers` may have several rows per id: the register has no times of its own, so its state at a
    moment is what was known then (`recorder_at`, `unit_of_officer`). Of recorders whose holders are logged in on another
    one, `recordings` lists what they recorded, and `used` when they were on and off the dock.
    """

    units: Sequence[KnownUnit] = ()
    officers: Sequence[KnownOfficer] = ()
    recorders: Sequence[KnownRecorder] = ()
    assignments: Sequence[KnownAssignment] = ()
    duties: Sequence[KnownDuty] = ()
    exemptions: Sequence[KnownExemption] = ()
    reports: Sequence[KnownReport] = ()
    logins: Sequence[Login] = ()
    recordings: Sequence[tuple[str, Interval]] = ()
    used: Sequence[tuple[str, Interval]] = ()
    _remembered: dict[tuple[Any, ...], Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    @cached_property
    def officer(self) -> Mapping[str, KnownOfficer]:
        """Officers by id, as known now."""
        return {name: rows[-1] for name, rows in self.officers_by_id.items() if rows[-1].known_to is None}

    @cached_property
    def officers_by_id(self) -> Mapping[str, list[KnownOfficer]]:
        """All rows of each officer, oldest first."""
        return _grouped(((o.officer_id, o) for o in self.officers), lambda row: row.known_from or _EVER)

    def unit_of_officer(self, officer_id: str, moment: datetime) -> str | None:
        """The unit of a known officer at *moment*, or his first one if he was entered later; None: unknown officer."""
        rows = self.officers_by_id[officer_id] if officer_id in self.officer else []
        return next((r.unit_id for r in reversed(rows) if r is rows[0] or (r.known_from or _EVER) <= moment), None)

    @cached_property
    def unit(self) -> Mapping[str, KnownUnit]:
        """Units by id."""
        return {unit.unit_id: unit for unit in self.units}

    @cached_property
    def assignments_of_recorder(self) -> Mapping[str, list[KnownAssignment]]:
        """By recorder, in order of start."""
        return _grouped(((a.recorder_id, a) for a in self.assignments), _assignment_order)

    @cached_property
    def assignments_of_officer(self) -> Mapping[str, list[KnownAssignment]]:
        """By officer, in order of start."""
        return _grouped(((a.officer_id, a) for a in self.assignments), _assignment_order)

    @cached_property
    def duties_of_recorder(self) -> Mapping[str, list[KnownDuty]]:
        """By recorder, the shifts and activities that name it."""
        named = ((d.recorder_id, d) for d in self.duties if d.recorder_id is not None)
        return _grouped(named, _duty_order)

    @cached_property
    def duties_of_officer(self) -> Mapping[str, list[KnownDuty]]:
        """By officer, the shifts and activities he takes part in."""
        return _grouped(((officer_id, d) for d in self.duties for officer_id in d.officer_ids), _duty_order)

    @cached_property
    def logins_of_recorder(self) -> Mapping[str, list[Login]]:
        """By recorder, in order of start."""
        return _grouped(((lg.recorder_id, lg) for lg in self.logins), lambda row: (row.starts_at, row.officer_id or ""))

    @cached_property
    def logins_of_officer(self) -> Mapping[str, list[Login]]:
        """By officer, in order of start."""
        return _grouped(
            ((lg.officer_id, lg) for lg in self.logins if lg.officer_id is not None), lambda lg: lg.starts_at
        )

    @cached_property
    def recorders_by_id(self) -> Mapping[str, list[KnownRecorder]]:
        """All rows of each recorder, oldest first."""
        return _grouped(((r.recorder_id, r) for r in self.recorders), lambda row: row.known_from)

    @cached_property
    def recorders_held(self) -> Mapping[str, frozenset[str]]:
        """By holder, all recorders that were ever in his care."""
        held: dict[str, set[str]] = defaultdict(set)
        for recorder in self.recorders:
            if recorder.holder_id is not None:
                held[recorder.holder_id].add(recorder.recorder_id)
        return {holder_id: frozenset(recorder_ids) for holder_id, recorder_ids in held.items()}

    def recorder_at(self, recorder_id: str, moment: datetime) -> KnownRecorder | None:
        """The register's entry for a recorder at *moment*, or its first one if that is later; None: not registered."""
        rows = self.recorders_by_id.get(recorder_id)
        if not rows:
            return None
        row = next((row for row in reversed(rows) if row.known_from <= moment), rows[0])
        return row if row.known_to is None or moment < row.known_to else None

    def register_during(self, recorder_id: str, within: Interval) -> list[tuple[Interval, KnownRecorder]]:
        """The register's entries for a recorder over *within*; its first entry also holds for the time before."""
        rows = self.recorders_by_id.get(recorder_id, [])
        starts = [within.start, *(row.known_from for row in rows[1:])]
        ends = [*starts[1:], None]
        stretches = [
            (clip(start, min(filter(None, (end, row.known_to)), default=None), within), row)
            for start, end, row in zip(starts, ends, rows, strict=False)
        ]
        return [(during, row) for during, row in stretches if during.length]

    def are_in_line(self, unit_id: str, other_id: str) -> bool:
        """Whether two units are the same, or one is above the other."""
        return other_id in self.ancestors(unit_id) or unit_id in self.ancestors(other_id)

    def ancestors(self, unit_id: str) -> frozenset[str]:
        """The unit and all units above it."""
        return self.once(_ancestors, unit_id)

    def once(self, function: Callable[["KnownFacts", *Asked], Row], *asked: *Asked) -> Row:
        """The result of a pure *function* of these facts, computed once for equal arguments.

        The result is shared by all who ask, so it must not be changed.
        """
        key = (function, *asked)
        if key not in self._remembered:
            self._remembered[key] = function(self, *asked)
        found: Row = self._remembered[key]
        return found


def _ancestors(facts: KnownFacts, unit_id: str) -> frozenset[str]:
    above = {unit_id}
    unit = facts.unit.get(unit_id)
    while unit is not None and unit.parent_id is not None and unit.parent_id not in above:
        above.add(unit.parent_id)
        unit = facts.unit.get(unit.parent_id)
    return frozenset(above)


def _grouped(pairs: Iterable[tuple[str, Row]], order: Callable[[Row], Any]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for key, row in pairs:
        grouped[key].append(row)
    return {key: sorted(rows, key=order) for key, rows in grouped.items()}


def _assignment_order(row: KnownAssignment) -> tuple[datetime, str]:
    return (row.starts_at, row.assignment_id)


def _duty_order(row: KnownDuty) -> tuple[datetime, str, str]:
    return (row.starts_at, row.kind, row.duty_id)
