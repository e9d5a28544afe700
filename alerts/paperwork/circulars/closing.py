"""Counts a month, closes it, and reads closed months."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any, Final

from alerts.duty.coverage_rows import coverage_of
from alerts.duty.duty_case import case_of
from alerts.duty.wearer import team_wore
from alerts.facts.known import KnownDuty
from alerts.facts.known_query import known_facts
from alerts.intervals import Interval, intersect, total
from alerts.paperwork.circulars.figures import Decision, Entry, Figures, Tally, figures_of
from alerts.paperwork.circulars.periods import bounds, day_of, month_before, period_of
from alerts.workflow import Refusal
from telemetry.records.circulars import CircularRow, CountRow
from telemetry.store.circulars import (
    activities_ended,
    add_circular,
    closed_circulars,
    decisions_before,
    imports_due,
    keep_count,
    kept_count,
    lock_circulars,
    units_at,
)
from telemetry.store.evaluation import Questions
from telemetry.store.platform import run_job
from telemetry.store.pool import Connection, Database

_PAD: Final = timedelta(hours=1)
_GIVE_UP: Final = timedelta(hours=24)
_AT_A_TIME: Final = 50
"""Activities per batch of coverage. A batch blocks the event loop for about 65 ms."""
_LONG_S: Final = 1.0
"""A count that takes longer is made once a day and stored, so that no request waits for it."""
_KEPT_FOR: Final = timedelta(hours=26)
"""An older stored count means that the daily job failed, so the month is counted again."""
NOT_OVER: Final = Refusal("conflict", "not_over", "该月尚未结束，不能办结")
CLOSED: Final = Refusal("conflict", "closed", "该月通报已办结，变动将在下期更正")
OUT_OF_ORDER: Final = Refusal("conflict", "out_of_order", "已有更晚月份办结，不能再办结该月")


async def close_period(connection: Connection, period: str, account: str, now: datetime) -> Figures | Refusal:
    """Close a month in the caller's transaction; return its final figures, or the refusal.

    The figures are those of `figures_at`, but counted after the month's end.
    """
    if bounds(period)[1] > now:
        return NOT_OVER
    await lock_circulars(connection)
    earlier = [_read(row) for row in await closed_circulars(connection)]
    if any(month.period == period for month in earlier):
        return CLOSED
    if any(month.period > period for month in earlier):
        return OUT_OF_ORDER
    figures = replace(await _count(connection, period, earlier, now), closed_by=account)
    await add_circular(connection, CircularRow(period, now, account, _values(figures)))
    return figures


async def count_open_months(database: Database, now: datetime) -> int:
    """Count the open months once per day (Asia/Shanghai); return how many were counted."""

    async def work(connection: Connection) -> int:
        closed = {month.period for month in await closed_circulars(connection)}
        today, done = day_of(now), 0
        for period in (month_before(period_of(now)), period_of(now)):
            kept = await kept_count(connection, period)
            if period in closed or (kept is not None and day_of(kept.counted_at) >= today):
                continue
            began = monotonic()
            tallies = await _tallies(connection, period, now)
            took_s = round(monotonic() - began, 3)
            await keep_count(connection, CountRow(period, now, took_s, [asdict(tally) for tally in tallies]))
            done += 1
        return done

    return await run_job(database, "count_months", work)


async def closed_months(connection: Connection) -> list[Figures]:
    """The figures of all closed months, oldest first."""
    return [_read(row) for row in await closed_circulars(connection)]


async def figures_at(connection: Connection, period: str, now: datetime) -> Figures:
    """A month's figures: final if closed, else current; if counting takes long, those of the daily count."""
    months = await closed_months(connection)
    found = next((month for month in months if month.period == period), None)
    return found or await _count(connection, period, [m for m in months if m.period < period], now)


async def _count(connection: Connection, period: str, earlier: Sequence[Figures], now: datetime) -> Figures:
    kept = await kept_count(connection, period)
    if kept is not None and kept.took_s > _LONG_S and _is_of_use(kept, period, now):
        as_of, tallies = kept.counted_at, [Tally(**tally) for tally in kept.tallies]
    else:
        as_of, tallies = now, await _tallies(connection, period, now)
    decisions = [Decision(*row) for row in await decisions_before(connection, as_of)]
    return figures_of(period, decisions, tallies, earlier, as_of=as_of.isoformat())


def _is_of_use(kept: CountRow, period: str, now: datetime) -> bool:
    """Whether a stored count is recent and, for a past month, was made after its end (a closing uses it)."""
    over = bounds(period)[1]
    return now - kept.counted_at <= _KEPT_FOR and (now < over or kept.counted_at >= over)


async def _tallies(connection: Connection, period: str, now: datetime) -> list[Tally]:
    begins, ends = bounds(period)
    ends = min(ends, now)
    done: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    day = begins
    while day < ends:
        rows = await activities_ended(connection, day, min(day + timedelta(days=1), ends), now)
        for start in range(0, len(rows), _AT_A_TIME):
            await _cover(connection, rows[start : start + _AT_A_TIME], now, done)
        day += timedelta(days=1)
    imports = {unit_id: (due, in_time) for unit_id, due, in_time in await imports_due(connection, begins, ends, now)}
    return [
        Tally(
            *unit,
            int(done[unit[0]][0]),
            round(done[unit[0]][1], 1),
            round(done[unit[0]][2], 1),
            *imports.get(unit[0], (0, 0)),
        )
        for unit in await units_at(connection, now)
    ]


async def _cover(
    connection: Connection, rows: Sequence[Mapping[str, Any]], now: datetime, done: dict[str, list[float]]
) -> None:
    """Add up activities by unit: how many, seconds that nothing excuses, seconds of these that were recorded."""
    duties = [KnownDuty.of("activity", row) for row in rows]
    within = Interval(min(d.starts_at for d in duties) - _PAD, max(d.ends_at or now for d in duties) + _PAD)
    facts = await known_facts(
        connection,
        now,
        within,
        recorder_ids=[d.recorder_id for d in duties if d.recorder_id is not None],
        officer_ids=[officer_id for duty in duties for officer_id in duty.officer_ids],
    )
    stretches = [Interval(duty.starts_at, duty.ends_at or now) for duty in duties]
    worn = [team_wore(duty, stretch, facts) for duty, stretch in zip(duties, stretches, strict=True)]
    wanted = {
        (w.recorder_id, stretch)
        for teams, stretch in zip(worn, stretches, strict=True)
        for w in teams
        if stretch.length
    }
    found = await coverage_of(Questions(connection), wanted, now, _GIVE_UP)
    for row, duty, stretch, wore in zip(rows, duties, stretches, worn, strict=True):
        of = {w.recorder_id: found[w.recorder_id, stretch] for w in wore if (w.recorder_id, stretch) in found}
        case = case_of(duty, wore, facts, of, times={}, now=now)
        sums = done[row["unit_id"] or ""]
        sums[0] += 1
        sums[1] += total(case.rest).total_seconds()
        sums[2] += total(intersect(case.rest, case.coverage.recorded)).total_seconds()


def _values(figures: Figures) -> dict[str, Any]:
    values = asdict(figures)
    values["entries"] = [{**entry, "day": entry["day"].isoformat()} for entry in values["entries"]]
    return values


def _read(row: CircularRow) -> Figures:
    values = row.figures
    return Figures(
        values["period"],
        values["as_of"],
        values["closed_by"],
        tuple(Tally(**tally) for tally in values["tallies"]),
        tuple(Entry(**{**entry, "day": date.fromisoformat(entry["day"])}) for entry in values["entries"]),
    )
