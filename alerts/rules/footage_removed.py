"""footage-removed: recordings vanished from a recorder between two readings without a dock visit or import."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from pydantic import Field

from alerts.duty.duty_case import EXCUSES
from alerts.duty.on_duty import ReportTimes, recorder_excuses
from alerts.duty.wearer import wearers_during
from alerts.facts.known import KnownFacts
from alerts.finding import Confidence, Evidence, Finding, Standing, Subject
from alerts.intervals import Interval
from alerts.rules.rests_on import RestsOn
from alerts.rules.rule import Case, Rule, Source
from alerts.rules.tick import Tick, is_judged
from alerts.shanghai_time import day_and_time, span
from telemetry.domain.measurement import TWICE, mounted
from telemetry.domain.settings_table import Hours, Megabytes, Minutes, Table
from telemetry.records.evaluation import Stretch

KIND: Final = "stored"
_MOMENT: Final = timedelta(seconds=1)
_AROUND: Final = timedelta(minutes=15)
_DAY: Final = timedelta(days=1)
_SAME_ACT: Final = timedelta(minutes=30)
_MISREAD: Final = timedelta(minutes=3)
_ROUNDED_MB: Final = 100
_COMES_BACK_WITHIN: Final = timedelta(hours=1)
_FILLS_MB: Final = 250
"""Upper bound of what a recording writes to the card in a minute (MB): 33 Mbit/s."""


class FootageRemoved(Table):
    """What counts as footage that is gone. Defaults: domain.md, "Rules"."""

    free_mb: Megabytes = Field(500.0, title="剩余空间增加超过多少才计", description="growth of free space that counts")
    slack_min: Minutes = Field(
        10.0, title="前后多久内进站或者导入可以解释", description="distance in time at which a dock visit explains it"
    )
    wait_h: Hours = Field(24.0, title="等待补登导入的时间", description="how long an import may be late")
    full_mb: Megabytes = Field(
        2048.0,
        title="剩余空间低于此值时，视为记录仪可能自动覆盖",
        description="with less free space than this a recorder may overwrite its oldest files by itself",
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """One storage reading."""

    at: datetime
    boot: str
    seq: int
    total_mb: int
    free_mb: int
    files: int


@dataclass(frozen=True, slots=True)
class Loss:
    """Footage that vanished between two readings; `told`: the device itself reported the deletion.

    `is_confirmed_before`: the two readings before the loss agree, and each of them holds what was lost.
    """

    before: Stored | None
    after: Stored | None
    start: datetime
    end: datetime
    told: bool = False
    is_confirmed_before: bool = True


@dataclass(frozen=True, slots=True)
class Suspect:
    """One loss and what decides about it: the readings *later*, who wore the recorder, and excuses."""

    recorder_id: str
    loss: Loss
    later: Sequence[Stored]
    facts: KnownFacts
    times: Mapping[str, ReportTimes]
    now: datetime


async def gather(tick: Tick) -> Sequence[Case]:
    """Recorders whose stored footage shrank."""
    spans = await _shrunk(tick)
    if not spans:
        return []
    names = sorted(spans)
    stretches = [(n, r, *spans[r]) for n, r in enumerate(names)]
    readings: dict[int, list[Stored]] = defaultdict(list)
    for key, *values in await tick.questions.over("footage_removed.readings", stretches):
        readings[key].append(Stored(*values))
    deletions: dict[int, list[datetime]] = defaultdict(list)
    for key, at, kind, *_ in await tick.questions.over("events", stretches):
        if kind == "recording_deleted":
            deletions[key].append(at)
    parameters = tick.settings.of(FootageRemoved)
    looked_at = [Case(r, None, Interval(*spans[r])) for r in names]
    found = {
        r: (readings[n], deletions[n])
        for n, r in enumerate(names)
        if losses_of(readings[n], deletions[n], (), parameters)
    }
    return [*looked_at, *(await _suspects(tick, found) if found else [])]


async def _shrunk(tick: Tick) -> dict[str, tuple[datetime, datetime]]:
    """By recorder, the period in which storage may have shrunk: new readings, scheduled checks and earlier findings."""
    found = [
        (c.recorder_id, c.from_at - _AROUND, c.to_at + _AROUND)
        for c in tick.changes
        if c.kind in {"storage", "late", "event"}
    ]
    for key in tick.keys(KIND):
        recorder_id, _, moment = key.partition("|")
        at = datetime.fromisoformat(moment)
        found.append((recorder_id, at - _AROUND, at + _AROUND))
    records = [(RULE.id, *span) for span in found]
    found += [
        (old["scope"], old["starts_at"] - _AROUND, old["ends_at"] + _AROUND)
        for old in await tick.questions.of("findings_of", records)
    ]
    spans: dict[str, tuple[datetime, datetime]] = {}
    for recorder_id, start, end in found:
        known = spans.get(recorder_id, (start, end))
        spans[recorder_id] = (min(known[0], start), max(known[1], end))
    return spans


async def _suspects(tick: Tick, found: Mapping[str, tuple[list[Stored], list[datetime]]]) -> list[Case]:
    names = sorted(found)
    bounds = {r: _bounds(*found[r]) for r in names}
    stretches = [(n, r, bounds[r].start - _AROUND, bounds[r].end + _AROUND) for n, r in enumerate(names)]
    visits: dict[str, list[Interval]] = defaultdict(list)
    for key, start, end in await tick.questions.over("footage_removed.visits", stretches, tick.now):
        visits[names[key]].append(Interval(start, end))
    within = Interval(min(b.start for b in bounds.values()), max(b.end for b in bounds.values()))
    facts = await tick.facts(within, names)
    times = await tick.report_times(facts.reports)
    parameters = tick.settings.of(FootageRemoved)
    wait = timedelta(hours=parameters.wait_h)
    later = await _readings_since(tick, bounds, wait)
    return [
        Case(
            recorder_id,
            Suspect(recorder_id, loss, later[recorder_id], facts, times, tick.now),
            key=f"{recorder_id}|{loss.end.isoformat()}",
            look_again=(loss.end + wait,),
            rests_on=(RestsOn("recorder", recorder_id, Interval(loss.start - _DAY, loss.end + _DAY)),),
        )
        for recorder_id, (readings, deletions) in found.items()
        if is_judged(recorder_id, facts, tick.now)
        for loss in losses_of(readings, deletions, visits[recorder_id], parameters)
    ]


async def _readings_since(tick: Tick, bounds: Mapping[str, Interval], wait: timedelta) -> dict[str, list[Stored]]:
    """Storage readings from each loss on, for as long as later readings may undo it."""
    names = sorted(bounds)
    stretches: list[Stretch] = [
        (n, r, bounds[r].start, max(bounds[r].end, min(tick.now, bounds[r].end + wait))) for n, r in enumerate(names)
    ]
    found: dict[str, list[Stored]] = defaultdict(list)
    for key, *values in await tick.questions.over("footage_removed.readings", stretches):
        found[names[key]].append(Stored(*values))
    return found


def _bounds(readings: Sequence[Stored], deletions: Sequence[datetime]) -> Interval:
    moments = [*(reading.at for reading in readings), *deletions]
    return Interval(min(moments), max(moments))


def losses_of(
    readings: Sequence[Stored], deletions: Sequence[datetime], visits: Sequence[Interval], parameters: FootageRemoved
) -> list[Loss]:
    """Losses in time order, without those explained by dock *visits*; losses within half an hour are one."""
    slack = timedelta(minutes=parameters.slack_min)
    readings = mounted(readings)
    found: list[Loss] = []
    for index in range(1, len(readings)):
        before, after = readings[index - 1], readings[index]
        following = readings[index + 1] if index + 1 < len(readings) else None
        if _fell(before, after, parameters) and not _is_misread(before, following):
            previous = readings[index - 2] if index > 1 else None
            is_confirmed_before = (
                previous is not None and _follows(previous, before) and _fell(previous, after, parameters)
            )
            found.append(Loss(before, after, before.at, after.at, is_confirmed_before=is_confirmed_before))
    found += [_told(at, readings) for at in deletions]
    explained = [Interval(v.start - slack, v.end + slack) for v in visits]
    found = [loss for loss in found if not any(v.start <= loss.end and loss.start <= v.end for v in explained)]
    return _joined(sorted(found, key=lambda loss: (loss.start, loss.end)))


def _fell(before: Stored, after: Stored, parameters: FootageRemoved) -> bool:
    if before.boot == after.boot and after.seq <= before.seq:
        return False
    grew = after.free_mb - before.free_mb > parameters.free_mb
    # A nearly full recorder overwrites its oldest files by itself.
    if after.files < before.files and not grew and before.free_mb < parameters.full_mb:
        return False
    return after.files < before.files or grew


def _follows(previous: Stored, reading: Stored) -> bool:
    """Whether the card can have filled this much since the last reading: about one file and `_FILLS_MB` a minute."""
    minutes = (reading.at - previous.at) / timedelta(minutes=1) if reading.boot == previous.boot else 0.0
    filled_mb = previous.free_mb - reading.free_mb
    return reading.files - previous.files <= 1 + minutes and filled_mb <= _FILLS_MB * (2 + minutes)


def _is_misread(before: Stored, following: Stored | None) -> bool:
    """Whether the next reading takes this one back at once."""
    if following is None or following.at - before.at > _MISREAD:
        return False
    return following.files >= before.files and following.free_mb - before.free_mb <= 0


def is_undone(loss: Loss, later: Sequence[Stored]) -> bool:
    """Whether the lost footage came back within an hour: it never left, as no recording fills a card that fast.

    *later* are the readings after the loss, in order.
    """
    before, after = loss.before, loss.after
    if loss.told or before is None or after is None:
        return False
    soon = [r for r in later if after.at < r.at <= after.at + _COMES_BACK_WITHIN and r.total_mb == after.total_mb]
    known = [after, *soon]
    lost_files, freed_mb = before.files - after.files, after.free_mb - before.free_mb
    if freed_mb <= 0 and len(known) > 1 and known[1].files >= before.files:
        # The file count fell in one reading only, and no space was freed.
        return True
    return any(
        two.files >= before.files
        and two.free_mb <= before.free_mb + _ROUNDED_MB
        and (two.files - one.files >= max(lost_files, 2) or one.free_mb - two.free_mb >= max(freed_mb / 2, _ROUNDED_MB))
        for one, two in pairwise(known)
    )


def is_told_again(loss: Loss, later: Sequence[Stored]) -> bool:
    """Whether both sides of the loss are confirmed: by a reading before it, and by one at least a minute after it.

    The device's own report needs no confirmation (domain.md, "Nothing convicts on one sight").
    """
    after = loss.after
    if loss.told or after is None:
        return loss.told
    return loss.is_confirmed_before and any(r.total_mb == after.total_mb and r.at - after.at >= TWICE for r in later)


def _told(at: datetime, readings: Sequence[Stored]) -> Loss:
    before = [r for r in readings if r.at <= at]
    after = [r for r in readings if r.at > at]
    start = before[-1].at if before else at
    end = after[0].at if after else at
    return Loss(before[-1] if before else None, after[0] if after else None, start, end, told=True)


def _joined(found: Sequence[Loss]) -> list[Loss]:
    joined: list[Loss] = []
    for loss in found:
        if joined and loss.start - joined[-1].end <= _SAME_ACT:
            last = joined[-1]
            joined[-1] = Loss(
                last.before,
                loss.after if loss.end >= last.end else last.after,
                last.start,
                max(last.end, loss.end),
                last.told or loss.told,
                last.is_confirmed_before or loss.is_confirmed_before,
            )
        else:
            joined.append(loss)
    return joined


def judge(suspect: Suspect, parameters: FootageRemoved) -> list[Finding]:
    """The finding about one loss; none if later readings undo it.

    It is confirmed if the device reported the deletion; else suspected for `wait_h`, and probable after that if both
    sides of the loss are confirmed.
    """
    recorder_id, loss, facts = suspect.recorder_id, suspect.loss, suspect.facts
    if is_undone(loss, suspect.later):
        return []
    confidence: Confidence = "suspected"
    if loss.told:
        confidence = "confirmed"
    elif suspect.now >= loss.end + timedelta(hours=parameters.wait_h) and is_told_again(loss, suspect.later):
        confidence = "probable"
    slack = timedelta(minutes=parameters.slack_min)
    within = Interval(loss.start, loss.end + _MOMENT)
    answers = [answer for _, answer in wearers_during(recorder_id, within, facts)]
    officers = {answer.officer_id for answer in answers}
    officer_id = officers.pop() if len(officers) == 1 else None
    register = facts.recorder_at(recorder_id, loss.start)
    excuses = [e for e in recorder_excuses(recorder_id, within, facts, suspect.times) if e.kind == "repair"]
    standing: Standing = "excused" if excuses else "holds"
    finding = Finding(
        key=f"{recorder_id}|{loss.start.isoformat()}",
        subject=Subject(
            answers[0].unit_id if officer_id is not None else (register.unit_id if register else None),
            recorder_id,
            officer_id,
        ),
        starts_at=loss.start,
        ends_at=loss.end,
        confidence=confidence,
        weight="check",
        standing=standing,
        evidence=_evidence(recorder_id, loss, confidence, parameters),
        excuse=f"{EXCUSES[excuses[0].kind]}（{excuses[0].fact}）" if excuses else None,
        # Without these readings the recorder may have reported a dock visit that never arrived.
        absence=() if loss.told else ((recorder_id, Interval(loss.start - slack, loss.end + slack)),),
    )
    return [finding]


def _evidence(recorder_id: str, loss: Loss, confidence: Confidence, parameters: FootageRemoved) -> Evidence:
    before, after = loss.before, loss.after
    when = span(loss.start, loss.end) if loss.end - loss.start >= timedelta(minutes=1) else day_and_time(loss.start)
    reasons = [f"其间及前后{parameters.slack_min:.0f}分钟没有放入采集站或者导入的记录。"]
    if before is not None and after is not None:
        reasons.insert(
            0,
            f"{day_and_time(before.at)}机内文件{before.files}个、可用{before.free_mb} MB，"
            f"{day_and_time(after.at)}为{after.files}个、{after.free_mb} MB。",
        )
    if loss.told:
        key = f"{recorder_id}于{when}自报录像被删除。"
    elif before is not None and after is not None and after.files < before.files:
        key = (
            f"{recorder_id}机内文件于{when}由{before.files}个减为{after.files}个（少{before.files - after.files}个）。"
        )
    else:
        freed_mb = after.free_mb - before.free_mb if before is not None and after is not None else 0
        key = f"{recorder_id}可用空间于{when}增加{freed_mb} MB。"
    limits = ["是否人为删除、由谁所为，系统不能判断。"]
    if confidence == "suspected":
        limits.insert(0, f"{parameters.wait_h:.0f}小时内补登的导入记录可以说明去向，目前仅为疑似。")
    facts = {
        "files": [loss.before.files if loss.before else None, loss.after.files if loss.after else None],
        "free_mb": [loss.before.free_mb if loss.before else None, loss.after.free_mb if loss.after else None],
        "told": loss.told,
    }
    return Evidence(key, tuple(reasons), limits=tuple(limits), facts=facts)


RULE = Rule(
    id="footage-removed",
    title="记录仪内文件减少",
    what="机内文件减少，其间无导入记录",
    conduct="所持执法记录仪内的视音频文件减少，其间无导入记录",
    clause="三(二)3",
    box=(2, 3),
    weight="check",
    parameters=FootageRemoved,
    source=Source(KIND, gather),
    judge=judge,
    file=__file__,
    score=5.0,
    grows_by={"free_mb": "free_mb"},
)
