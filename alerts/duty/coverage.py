"""What was recorded, what wasn't, and what is unknown: first per recorder, then for the team of a duty. Pure.

A recorder that is silent may be recording in a garage. So absence is `confirmed` only if gapless readings (`seq`
without holes) or an import with segments cover the whole time (domain.md, "How sure").
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from alerts.duty.wearer import Worn
from alerts.intervals import Interval, clip, intersect, subtract, total, union

_BOOT_SLACK = timedelta(minutes=2)
_EDGE = timedelta(seconds=5)
"""A shorter unknown period comes from comparing two clocks and is not a gap."""
_OLDEST_SEGMENT = timedelta(days=40)
_SEGMENT_SLACK = timedelta(minutes=2)
_BACKLOG_WITHIN = timedelta(hours=24)
"""How long after a return to wait for missing messages (domain.md, "How sure")."""
_NEXT_READING = timedelta(minutes=5)
"""A recorder not heard for this long is checked again; it may just send rarely."""
_SETTLED_AFTER = timedelta(hours=1)
_SKEW_S = 30.0
"""A smaller clock offset is ignored: arrivals themselves vary by seconds."""


@dataclass(frozen=True, slots=True)
class StateRow:
    """One recording state, first reported at `since`, last confirmed at `last_at`."""

    boot: str
    state: str
    since: datetime
    last_at: datetime
    skew_s: float = 0.0
    """How far the device clock was behind the server's (s)."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """Messages of one boot stored without a hole in `seq`, measured from `first_at` to `last_at`."""

    boot: str
    first_at: datetime
    last_at: datetime
    boot_at: datetime | None = None
    has_first: bool = False
    """Whether its first message is the boot's first."""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One import; `segments` is None if the station can't list them."""

    import_id: str
    docked_at: datetime
    imported_at: datetime
    recorded_from: datetime
    recorded_to: datetime
    segments: tuple[Interval, ...] | None = None


@dataclass(frozen=True, slots=True)
class QuietRow:
    """A silence. More evidence may arrive while it lasts or isn't settled.

    `has_holes`: messages within it are missing, which a backlog may still deliver.
    """

    since: datetime
    until: datetime | None
    settled: bool
    goodbye: str | None = None
    has_holes: bool = False

    def waits_to(self) -> datetime | None:
        """When to stop waiting for its backlog; None if nothing is missing, or while it lasts."""
        return self.until + _BACKLOG_WITHIN if self.until is not None and self.has_holes else None


@dataclass(frozen=True, slots=True)
class RecorderCoverage:
    """What one recorder recorded in a period, where this is certain, and where evidence is pending."""

    recorder_id: str
    recorded: tuple[Interval, ...] = ()
    known: tuple[Interval, ...] = ()
    pending: tuple[Interval, ...] = ()
    pending_to: datetime | None = None
    """When the wait for a backlog ends."""
    read: tuple[Interval, ...] = ()
    """The part of `known` that gapless readings show; imports with segments settle the rest."""


@dataclass(frozen=True, slots=True)
class TeamCoverage:
    """The recorders of a duty together; `unknown`: no evidence; `pending`: the part that evidence may still settle.

    `unread`: the part not shown by gapless readings; if it is known, imports settled it.
    """

    within: Interval
    recorded: tuple[Interval, ...]
    unknown: tuple[Interval, ...]
    pending: tuple[Interval, ...]
    recorder_ids: tuple[str, ...]
    missing: tuple[tuple[str, Interval], ...] = ()
    """Recorders and times without evidence while a team member wore them; the id is "" if the team had none."""
    pending_to: datetime | None = None
    """When the wait for a backlog ends."""
    unread: tuple[Interval, ...] = ()

    def is_known(self, part: Iterable[Interval]) -> bool:
        """Whether all of *part* is known, apart from clock edges."""
        return total(intersect(part, self.unknown)) <= _EDGE

    def is_pending(self, part: Iterable[Interval]) -> bool:
        """Whether evidence about *part* may still arrive."""
        return total(intersect(part, self.pending)) > _EDGE

    def is_read(self, part: Iterable[Interval]) -> bool:
        """Whether gapless readings alone cover *part*."""
        return total(intersect(part, self.unread)) <= _EDGE


@dataclass(slots=True)
class Rows:
    """The database rows about one recorder in one period."""

    states: list[StateRow] = field(default_factory=list)
    runs: list[RunRow] = field(default_factory=list)
    imports: list[ImportRow] = field(default_factory=list)
    quiet: list[QuietRow] = field(default_factory=list)
    was_heard: bool = True


def recorder_coverage(
    recorder_id: str, within: Interval, rows: Rows, now: datetime, give_up: timedelta
) -> RecorderCoverage:
    """What is known about one recorder in the period *within*.

    *give_up*: how long after the period to wait for a recorder that said goodbye or was never heard. A recorder that
    was lost without a goodbye is waited for until it is back.
    """
    told = _told(rows.states, rows.runs, within)
    imported, settled = _imported(rows.imports, told, within)
    recorded = union([*told, *imported])
    read = [clip(run.first_at, run.last_at, within) for run in rows.runs if _tells_state(run, rows.states)]
    known = union([*read, *settled, *recorded])
    waits = now < within.end + give_up
    pending = [
        clip(quiet.since, quiet.until, within) for quiet in rows.quiet if _may_still_tell(quiet, now, waits=waits)
    ]
    if not rows.was_heard and waits:
        pending.append(within)
    waits_to = [at for at in (quiet.waits_to() for quiet in rows.quiet) if at is not None and at > now]
    until = max(waits_to, default=None)
    silent = [clip(quiet.since, quiet.until, within) for quiet in rows.quiet]
    if total(overdue := subtract([within], [*known, *silent])) > _EDGE and now < within.end + _BACKLOG_WITHIN:
        # Nothing explains the gap: the next reading isn't due yet, or a message is late.
        pending += overdue
        again = now + _NEXT_READING if now < within.end + _SETTLED_AFTER else within.end + _BACKLOG_WITHIN
        until = again if until is None else min(until, again)
    left = tuple(subtract(pending, known))
    return RecorderCoverage(recorder_id, tuple(recorded), tuple(known), left, until, tuple(union(read)))


def _may_still_tell(quiet: QuietRow, now: datetime, *, waits: bool) -> bool:
    """Whether readings from this silence may still arrive."""
    if quiet.until is None:
        return quiet.goodbye is None or waits
    waits_to = quiet.waits_to()
    return not quiet.settled or (waits_to is not None and now < waits_to)


def _told(states: Sequence[StateRow], runs: Sequence[RunRow], within: Interval) -> list[Interval]:
    """The periods that the recorder reported as recorded.

    A state lasts until the next state of the same boot. The last state of a boot lasts as long as its readings have no
    hole, because a change would have sent a message, and at least until it was last confirmed. A second standby with a
    later start shows that a recording in between ended, though no message about it arrived.
    """
    by_boot: dict[str, list[StateRow]] = defaultdict(list)
    for state in states:
        by_boot[state.boot].append(state)
    booted = {run.boot: run.boot_at for run in runs if run.boot_at is not None}
    recorded = []
    for boot, told in by_boot.items():
        told.sort(key=lambda state: state.since)
        for state, after in zip(told, [*told[1:], None], strict=True):
            if state.state != "recording":
                continue
            # A boot can't record before it was switched on: an earlier start comes from a wrong clock.
            start = max(state.since, booted[boot] - _BOOT_SLACK) if boot in booted else state.since
            end = after.since if after is not None else _holds_until(state, runs)
            recorded += [clip(*moved, within) for moved in by_either_clock(start, max(end, start), state.skew_s)]
        recorded += intersect([within], _ended_unheard(told, runs))
    return union(recorded)


def _ended_unheard(told: Sequence[StateRow], runs: Sequence[RunRow]) -> list[Interval]:
    """The time between two standby states of one boot that began at different times, from the first hole in `seq` on.

    A recording ended in it, but nobody knows when it began. The doubt favours the officer: all of it counts as
    recorded, readings without a hole included, for they tell no state.
    """
    return [
        Interval(held_to, later.since)
        for earlier, later in pairwise(told)
        if earlier.state == later.state == "standby" and later.since > (held_to := _holds_until(earlier, runs))
    ]


def _tells_state(run: RunRow, states: Iterable[StateRow]) -> bool:
    """Whether it is known throughout *run* if the recorder recorded: it tells a state, or one lasted into it.

    Without a message about it the recorder hasn't recorded since its boot began; but after a hole nobody knows.
    """
    return run.has_first or any(
        state.boot == run.boot and state.since <= run.last_at and run.first_at <= state.last_at for state in states
    )


def by_either_clock(start: datetime, end: datetime, skew_s: float) -> list[tuple[datetime, datetime]]:
    """The period by the device clock and, if that was off, also by the server's; both count in the officer's favour."""
    if abs(skew_s) <= _SKEW_S:
        return [(start, end)]
    skew = timedelta(seconds=skew_s)
    return [(start, end), (start + skew, end + skew)]


def _holds_until(state: StateRow, runs: Sequence[RunRow]) -> datetime:
    covering = [r.last_at for r in runs if r.boot == state.boot and r.first_at <= state.last_at <= r.last_at]
    return max([state.last_at, *covering])


def _imported(
    imports: Sequence[ImportRow], told: Sequence[Interval], within: Interval
) -> tuple[list[Interval], list[Interval]]:
    """The segments of imports, and the periods for which imports settle what was recorded.

    An import covers everything on the device since the previous import. An import without segments leaves the time
    before it unknown. An import that lacks what the recorder reported, or whose segments have a wrong clock, proves no
    absence.
    """
    recorded: list[Interval] = []
    settled: list[Interval] = []
    start = within.start
    for docked in sorted(imports, key=lambda i: i.docked_at):
        if docked.segments is not None:
            recorded += [clip(s.start, s.end, within) for s in docked.segments]
            span = clip(start, docked.docked_at, within)
            if span.length and _is_whole(docked, docked.segments, intersect(told, [span])):
                settled.append(span)
        start = max(start, docked.docked_at)
    return recorded, settled


def _is_whole(docked: ImportRow, segments: Sequence[Interval], told: Sequence[Interval]) -> bool:
    oldest = docked.docked_at - _OLDEST_SEGMENT
    widened = [Interval(s.start - _SEGMENT_SLACK, s.end + _SEGMENT_SLACK) for s in segments]
    # A segment older than that, or later than the docking, comes from a wrong clock.
    is_sane = all(oldest < s.start <= docked.docked_at for s in segments)
    return is_sane and total(subtract(told, widened)) <= _SEGMENT_SLACK


def team_coverage(within: Interval, worn: Iterable[Worn], of: dict[str, RecorderCoverage]) -> TeamCoverage:
    """What the recorders of a team recorded together, each while a team member wore it."""
    recorded: list[Interval] = []
    unknown: list[Interval] = []
    pending: list[Interval] = []
    unread: list[Interval] = []
    had: list[Interval] = []
    untold: list[tuple[str, Interval]] = []
    names: set[str] = set()
    for stretch in worn:
        known = of.get(stretch.recorder_id, RecorderCoverage(stretch.recorder_id))
        had.append(stretch.during)
        names.add(stretch.recorder_id)
        recorded += intersect([stretch.during], known.recorded)
        missing = subtract([stretch.during], known.known)
        unknown += missing
        untold += [(stretch.recorder_id, part) for part in missing]
        pending += intersect(missing, known.pending)
        unread += subtract([stretch.during], known.read)
    # An officer without a recorder may have logged in on one that nobody heard.
    untold += [("", part) for part in subtract([within], had)]
    unknown += subtract([within], had)
    return TeamCoverage(
        within,
        tuple(intersect([within], recorded)),
        tuple(subtract(intersect([within], unknown), recorded)),
        tuple(subtract(intersect([within], pending), recorded)),
        tuple(sorted(names)),
        tuple((recorder_id, rest) for recorder_id, part in untold for rest in subtract([part], recorded)),
        max((at for at in (of[name].pending_to for name in names if name in of) if at is not None), default=None),
        tuple(subtract(intersect([within], [*unread, *unknown]), recorded)),
    )
