"""Silences as cases for the rules about silence and SIM: rebuilt where readings changed, with their causes decided."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import msgspec

from alerts.duty.on_duty import ReportTimes, duty_times, recorder_excuses, recorder_on_duty
from alerts.facts.known import KnownFacts
from alerts.intervals import Interval
from alerts.rules.rule import SETTLE_S, Source
from alerts.rules.shared_losses import SharedLosses, share_losses
from alerts.rules.tick import Tick
from alerts.silences.cause_decision import decide
from alerts.silences.cause_evidence import Binding, Period, SharedLoss, Verdict
from alerts.silences.gather import Readings, bundle_of, readings_of, with_cells, with_neighbours
from alerts.silences.outage import OutageParameters
from alerts.silences.rebuild import MIN_SILENCE_S, rebuild, settled_by, silences_named, spans_to_look_at
from alerts.silences.rows import SilenceRow
from alerts.silences.standstill import Standstill, explained_by

KIND: Final = "silence"
CARD: Final = "card"
"""Kind of watch for findings on a foreign SIM. The silence in which it came in may vanish when backlog arrives."""
_MOMENT: Final = timedelta(seconds=1)
Times = Mapping[str, ReportTimes]


@dataclass(frozen=True, slots=True)
class Judged:
    """A silence with its verdict and the outage that explains it."""

    row: SilenceRow
    verdict: Verdict
    shared: SharedLoss | None


@dataclass(slots=True)
class Silences:
    """The silences and SIMs of one tick: judged silences, and silences that no longer exist (`gone`).

    `cards`: recorders whose SIM changed. `again`: recorders whose foreign SIM must be judged again, with its first
    sighting.
    """

    judged: Sequence[Judged] = ()
    gone: Sequence[SilenceRow] = ()
    cards: frozenset[str] = frozenset()
    again: Mapping[str, datetime] = field(default_factory=dict)
    facts: KnownFacts = field(default_factory=KnownFacts)
    times: Times = field(default_factory=dict)
    shared: SharedLosses = field(default_factory=lambda: SharedLosses([]))


async def gather(tick: Tick) -> Silences:
    """Every silence that readings, facts or time have changed."""
    touched = sorted({change.recorder_id for change in tick.changes} | {quiet[0] for quiet in tick.quiet})
    registered = {row[0]: row[1] for row in await tick.questions.of("registered", [(r,) for r in touched])}
    spans = spans_to_look_at(tick.changes, tick.quiet, registered, tick.now)
    rebuilt = await rebuild(tick.questions, spans, registered, tick.now)
    changed = {row.silence_id: row for row in rebuilt.changed}
    gone = {row.silence_id for row in rebuilt.gone}
    others = {int(key) for key in tick.keys(KIND)} - changed.keys() - gone
    rows = [*changed.values(), *await silences_named(tick.questions, others)]
    cards = frozenset({c.recorder_id for c in tick.changes if c.kind == "card"} & registered.keys())
    again = _seen_again(tick)
    if not (rows or rebuilt.gone or cards or again):
        return Silences()
    ends = [row.until or tick.now for row in (*rows, *rebuilt.gone)] + [tick.now]
    starts = [row.since for row in (*rows, *rebuilt.gone)] + [tick.now]
    recorder_ids = {row.recorder_id for row in (*rows, *rebuilt.gone)} | cards | again.keys()
    facts = await tick.facts(Interval(min(starts), max(ends)), sorted(recorder_ids))
    times = await tick.report_times(facts.reports)
    known = {row.silence_id: _stands(row) for row in rows if row.cause is not None}
    judged, shared = await _judge(tick, rows, facts, times)
    await _spread(
        tick, [each.row for each in judged if known.get(each.row.silence_id, _stands(each.row)) != _stands(each.row)]
    )
    return Silences(judged, rebuilt.gone, cards, again, facts, times, shared)


def _seen_again(tick: Tick) -> dict[str, datetime]:
    """Recorders whose foreign SIM must be judged again, with the first sighting of the earliest one."""
    found: dict[str, datetime] = {}
    for key in tick.keys(CARD):
        recorder_id, _, moment = key.partition("|")
        first_at = datetime.fromisoformat(moment)
        found[recorder_id] = min(found.get(recorder_id, first_at), first_at)
    return found


async def _judge(
    tick: Tick, rows: Sequence[SilenceRow], facts: KnownFacts, times: Times
) -> tuple[list[Judged], SharedLosses]:
    readings = await readings_of(tick.questions, rows, tick.now)
    rows = with_cells(rows, readings)
    standstills = await _standstills(tick, rows)
    ours = {row.silence_id: explained_by(standstills, row.since, _heartbeat_s(row, facts)) for row in rows}
    rows = [_with_duty(replace(row, settled=settled_by(row, tick.now, SETTLE_S)), facts, tick) for row in rows]
    rows = [replace(row, counts=False) if ours[row.silence_id] else row for row in rows]
    # Save first: outages are counted in the database, which must have the cells and duties of the new losses.
    await _save(tick, rows)
    rows = await with_neighbours(tick.questions, rows, tick.now)
    shared = await share_losses(tick, rows, standstills)
    rows = shared.rows
    bindings = await bindings_of(tick, {row.recorder_id for row in rows}, facts)
    judged = []
    for row in rows:
        own = ours[row.silence_id]
        bundle = bundle_of(
            row,
            readings.get(row.silence_id, Readings()),
            _heartbeat_s(row, facts),
            outage=shared.by_key.get(row.outage_key or "") if own is None else own.shared,
            bindings=bindings.get(row.recorder_id, ()),
            repairs=_repairs(row, facts, times, tick.now),
        )
        verdict = decide(bundle, tick.settings.causes)
        judged.append(Judged(_with_verdict(row, verdict), verdict, bundle.outage))
    await _save(tick, [each.row for each in judged])
    return judged, shared


async def _standstills(tick: Tick, rows: Sequence[SilenceRow]) -> list[Standstill]:
    """Standstills of our own system since the first of these silences."""
    if not rows:
        return []
    since = min(row.since for row in rows)
    return [Standstill(row[0], row[1]) for row in await tick.questions.ask("standstills", since, tick.now)]


def _stands(row: SilenceRow) -> tuple[str | None, str | None, bool]:
    return row.cause, row.confidence, row.settled


async def _spread(tick: Tick, rows: Sequence[SilenceRow]) -> None:
    """Judge again, in this tick, what rests on a recorder during a silence whose cause or confidence changed."""
    stretches = [("recorder", row.recorder_id, row.since, row.until or tick.now) for row in rows]
    tick.dirty |= {(row[0], row[1]) for row in await tick.questions.of("watching", stretches)}


def _with_duty(row: SilenceRow, facts: KnownFacts, tick: Tick) -> SilenceRow:
    """Add whether it was on duty at the loss and whether an outage may count it; done once, and when facts change."""
    if row.unit_id is not None and (KIND, str(row.silence_id)) not in tick.dirty:
        return row if row.goodbye is None else replace(row, counts=False)
    register = facts.recorder_at(row.recorder_id, row.since)
    found = recorder_on_duty(row.recorder_id, Interval(row.since, row.since + _MOMENT), facts)
    near = timedelta(seconds=tick.settings.of(OutageParameters).shift_end_s)
    # At the end of a shift many recorders go home together; that is no outage (domain.md, `outage`).
    going_home = any(
        on.duty.kind == "shift" and on.duty.ends_at is not None and on.duty.ends_at - row.since <= near for on in found
    )
    is_long = row.will or (row.until or tick.now) - row.since >= timedelta(seconds=MIN_SILENCE_S)
    return replace(
        row,
        on_duty=bool(duty_times(found)),
        counts=bool(found) and not going_home and row.goodbye is None and is_long,
        unit_id=register.unit_id if register is not None else None,
    )


def _heartbeat_s(row: SilenceRow, facts: KnownFacts) -> int:
    register = facts.recorder_at(row.recorder_id, row.since)
    return register.heartbeat_s if register is not None else 30


def _repairs(row: SilenceRow, facts: KnownFacts, times: Times, now: datetime) -> list[Period]:
    within = Interval(row.since, (row.until or now) + _MOMENT)
    return [
        Period(excuse.during.start, excuse.during.end)
        for excuse in recorder_excuses(row.recorder_id, within, facts, times)
        if excuse.kind == "repair"
    ]


def _with_verdict(row: SilenceRow, verdict: Verdict) -> SilenceRow:
    kept = {"reasons": list(verdict.reasons), "pleas": list(verdict.pleas), "facts": verdict.facts}
    return replace(row, cause=verdict.cause, confidence=verdict.confidence, verdict=kept)


async def _save(tick: Tick, rows: Sequence[SilenceRow]) -> None:
    records = [
        (
            *(row.silence_id, row.cell, row.cell_online, row.cell_silent, row.fleet_online, row.on_duty, row.counts),
            *(row.unit_id, row.outage_key, row.settled, row.cause, row.confidence),
            None if row.verdict is None else msgspec.json.encode(row.verdict).decode(),
        )
        for row in rows
    ]
    await tick.questions.of("judge_silences", records)


async def bindings_of(tick: Tick, recorder_ids: set[str], facts: KnownFacts) -> dict[str, list[Binding]]:
    """The SIMs bound to these recorders: the register's own, and those bound since."""
    found: dict[str, list[Binding]] = defaultdict(list)
    for recorder_id in recorder_ids:
        register = facts.recorder_at(recorder_id, tick.now)
        if register is not None and register.iccid is not None:
            found[recorder_id].append(Binding(register.iccid))
    for recorder_id, iccid, valid_from in await tick.questions.ask(
        "sim_removed.bindings", sorted(recorder_ids), tick.now
    ):
        found[recorder_id].append(Binding(iccid, valid_from))
    return found


SILENCES: Final = Source(KIND, gather, rank=2)
