"""Evaluation, step 4: footage that vanished from a recorder, and footage that wasn't brought in."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from alerts.duty.on_duty import ReportTimes
from alerts.duty.wearer import wearers_during
from alerts.facts.known import KnownFacts
from alerts.finding import Look
from alerts.intervals import Interval
from alerts.rules import footage_removed, import_overdue
from alerts.rules.footage_removed import FootageRemoved, Stored
from alerts.rules.import_overdue import Import, ImportOverdue, Recording
from alerts.rules.tick import Tick
from alerts.shanghai_time import SHANGHAI
from telemetry.records.evaluation import Stretch, Watch
from telemetry.store.evaluation import fetch, fetch_rule, read_rule, read_stretches

STORED, IMPORT = "stored", "import"
_AROUND = timedelta(minutes=15)
_AFTER = timedelta(hours=2)
_DAY = timedelta(days=1)
_DELETED = "recording_deleted"


async def judge_losses(tick: Tick) -> None:
    """Storage that shrank."""
    spans = await _shrunk(tick)
    if not spans:
        return
    names = sorted(spans)
    stretches: list[Stretch] = [(n, r, *spans[r]) for n, r in enumerate(names)]
    readings: dict[int, list[Stored]] = defaultdict(list)
    for key, *values in await read_rule(tick.connection, "footage_removed", "readings", stretches):
        readings[key].append(Stored(*values))
    deletions: dict[int, list[datetime]] = defaultdict(list)
    for key, at, kind, *_ in await read_stretches(tick.connection, "events", stretches):
        if kind == _DELETED:
            deletions[key].append(at)
    parameters = tick.settings.of(FootageRemoved)
    suspects = [n for n in range(len(names)) if footage_removed.losses_of(readings[n], deletions[n], (), parameters)]
    for recorder_id, (start, end) in spans.items():
        tick.looks.append(Look(footage_removed.RULE.id, recorder_id, start, end))
    if suspects:
        await _say_losses(tick, {names[n]: (readings[n], deletions[n]) for n in suspects})


async def _shrunk(tick: Tick) -> dict[str, tuple[datetime, datetime]]:
    """Where storage may have shrunk, by recorder: what arrived, what is to be looked at again, what was said of it."""
    found = [
        (c.recorder_id, c.from_at - _AROUND, c.to_at + _AROUND)
        for c in tick.changes
        if c.kind in {"storage", "late", "event"}
    ]
    for key in tick.keys(STORED):
        recorder_id, _, moment = key.partition("|")
        at = datetime.fromisoformat(moment)
        found.append((recorder_id, at - _AROUND, at + _AROUND))
    records = [(footage_removed.RULE.id, *span) for span in found]
    found += [
        (old["scope"], old["starts_at"] - _AROUND, old["ends_at"] + _AROUND)
        for old in await fetch(tick.connection, "findings_of", records)
    ]
    spans: dict[str, tuple[datetime, datetime]] = {}
    for recorder_id, start, end in found:
        known = spans.get(recorder_id, (start, end))
        spans[recorder_id] = (min(known[0], start), max(known[1], end))
    return spans


async def _say_losses(tick: Tick, found: dict[str, tuple[list[Stored], list[datetime]]]) -> None:
    names = sorted(found)
    bounds = {r: _bounds(*found[r]) for r in names}
    visits: dict[str, list[Interval]] = defaultdict(list)
    stretches: list[Stretch] = [(n, r, bounds[r].start - _AROUND, bounds[r].end + _AROUND) for n, r in enumerate(names)]
    for key, start, end in await read_rule(tick.connection, "footage_removed", "visits", stretches, tick.now):
        visits[names[key]].append(Interval(start, end))
    facts = await tick.facts(
        Interval(min(b.start for b in bounds.values()), max(b.end for b in bounds.values())), names
    )
    parameters = tick.settings.of(FootageRemoved)
    times = await tick.report_times(facts.reports)
    later = await _readings_since(tick, bounds, timedelta(hours=parameters.wait_h))
    for recorder_id, (readings, deletions) in found.items():
        register = facts.recorder_at(recorder_id, tick.now)
        if register is None or not register.is_judged:
            continue
        for loss in footage_removed.losses_of(readings, deletions, visits[recorder_id], parameters):
            said = footage_removed.judge(
                recorder_id, loss, facts, parameters, tick.now, later=later[recorder_id], times=times
            )
            tick.say(recorder_id, said)
            key = f"{recorder_id}|{loss.end.isoformat()}"
            tick.due(STORED, key, loss.end + timedelta(hours=parameters.wait_h))
            tick.watched.add((STORED, key))
            tick.watches.append(Watch(STORED, key, "recorder", recorder_id, loss.start - _DAY, loss.end + _DAY))


async def _readings_since(tick: Tick, bounds: Mapping[str, Interval], wait: timedelta) -> dict[str, list[Stored]]:
    """What some recorders told of their storage from a loss on, as long as it may be taken back."""
    names = sorted(bounds)
    stretches: list[Stretch] = [
        (n, r, bounds[r].start, max(bounds[r].end, min(tick.now, bounds[r].end + wait))) for n, r in enumerate(names)
    ]
    found: dict[str, list[Stored]] = defaultdict(list)
    for key, *values in await read_rule(tick.connection, "footage_removed", "readings", stretches):
        found[names[key]].append(Stored(*values))
    return found


def _bounds(readings: Sequence[Stored], deletions: Sequence[datetime]) -> Interval:
    moments = [*(reading.at for reading in readings), *deletions]
    return Interval(min(moments), max(moments))


async def judge_imports(tick: Tick) -> None:
    """Every recorder's day that is due, or whose imports, recordings or duties changed."""
    for change in tick.changes:
        if change.kind == "recording":
            # Whatever began now is over in two hours or looked at again then; whole hours keep the looks few.
            at = (change.from_at + _AFTER).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            key = f"{change.recorder_id}|{change.from_at.astimezone(SHANGHAI).date().isoformat()}"
            tick.dues.append((IMPORT, key, max(at, tick.now + timedelta(seconds=1))))
    keys = [key.partition("|") for key in tick.keys(IMPORT)]
    days = sorted({(recorder_id, date.fromisoformat(day)) for recorder_id, _, day in keys})
    if not days:
        return
    parameters = tick.settings.of(ImportOverdue)
    stretches: list[Stretch] = [
        (n, r, _midnight(day) - _DAY, _midnight(day) + 2 * _DAY) for n, (r, day) in enumerate(days)
    ]
    recorded: dict[int, list[tuple[Interval, float]]] = defaultdict(list)
    columns = list(zip(*stretches, strict=True))
    for key, _, start, end, skew_s in await fetch_rule(tick.connection, "import_overdue", "recordings", *columns):
        recorded[key].append((Interval(start, end), skew_s or 0.0))
    imports: dict[int, list[Import]] = defaultdict(list)
    for key, import_id, docked_at, imported_at, start, end in await fetch_rule(
        tick.connection, "import_overdue", "imports", *columns, tick.now
    ):
        imports[key].append(Import(import_id, docked_at, imported_at, Interval(start, end)))
    names = {r for r, _ in days}
    facts = await tick.facts(Interval(min(s[2] for s in stretches), max(s[3] for s in stretches)), sorted(names))
    times = await tick.report_times(facts.reports)
    for n, (recorder_id, day) in enumerate(days):
        register = facts.recorder_at(recorder_id, tick.now)
        if register is not None and register.is_judged:
            _judge_day(
                tick,
                recorder_id,
                day,
                _recordings(recorder_id, recorded[n], imports[n], facts, parameters),
                facts,
                times=times,
            )


def _recordings(
    recorder_id: str,
    recorded: Iterable[tuple[Interval, float]],
    imports: Sequence[Import],
    facts: KnownFacts,
    parameters: ImportOverdue,
) -> list[tuple[date, Recording]]:
    found = []
    for during, skew_s in recorded:
        worn = wearers_during(
            recorder_id, Interval(during.start, max(during.end, during.start + timedelta(seconds=1))), facts
        )
        officers = {officer_id for _, answer in worn for officer_id in answer.candidates}
        duties = [d for officer_id in officers for d in facts.duties_of_officer.get(officer_id, [])]
        duties += facts.duties_of_recorder.get(recorder_id, [])
        recording = import_overdue.recording_of(during, duties, imports, parameters, skew_s=skew_s)
        if recording is not None:
            found.append((import_overdue.duty_day(during.start, duties), recording))
    return found


def _judge_day(
    tick: Tick,
    recorder_id: str,
    day: date,
    recordings: Sequence[tuple[date, Recording]],
    facts: KnownFacts,
    *,
    times: Mapping[str, ReportTimes],
) -> None:
    parameters = tick.settings.of(ImportOverdue)
    by_day: dict[date, list[Recording]] = {day: [], day - _DAY: []}
    for duty_day, recording in recordings:
        # A shift that crosses midnight belongs to the day before: its recordings are looked at under both.
        if duty_day in by_day:
            by_day[duty_day].append(recording)
    for each, own in by_day.items():
        scope = f"{recorder_id}|{each.isoformat()}"
        if each == day or own:
            tick.looks.append(Look(import_overdue.RULE.id, scope, _midnight(each) - _DAY, tick.now))
            tick.say(scope, import_overdue.judge(recorder_id, each, own, facts, parameters, now=tick.now, times=times))
        for recording in own:
            if not recording.was_in_time:
                tick.due(IMPORT, scope, import_overdue.reminder_at(recording.deadline, parameters))
                tick.due(IMPORT, scope, recording.deadline)
    key = f"{recorder_id}|{day.isoformat()}"
    tick.watched.add((IMPORT, key))
    start = _midnight(day)
    tick.watches.append(Watch(IMPORT, key, "recorder", recorder_id, start - _DAY, start + 2 * _DAY))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)
