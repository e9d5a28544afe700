"""Evaluation, step 1: silences made anew, their causes decided, and what SIM, offline and outage rules say of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from alerts.duty.on_duty import duty_times, recorder_excuses, recorder_on_duty
from alerts.facts.known import KnownFacts
from alerts.finding import Look
from alerts.intervals import Interval
from alerts.rules import recorder_offline, sim_removed
from alerts.rules.eval_cards import judge_sims, seen_again
from alerts.rules.eval_outages import share_losses
from alerts.rules.recorder_offline import RecorderOffline
from alerts.rules.sim_removed import Times
from alerts.rules.tick import SETTLE_S, Tick
from alerts.rules.verdicts import bindings_of
from alerts.silences.cause_decision import decide
from alerts.silences.cause_evidence import Period, SharedLoss, Verdict
from alerts.silences.gather import Readings, bundle_of, readings_of, with_cells, with_neighbours
from alerts.silences.outage import OutageParameters
from alerts.silences.rebuild import MIN_SILENCE_S, rebuild, settled_by, silences_named, spans_to_look_at
from alerts.silences.rows import SilenceRow
from alerts.silences.standstill import Standstill, explained_by
from telemetry.store.evaluation import ask, execute, fetch, watching

KIND = "silence"
_MOMENT = timedelta(seconds=1)
_RECOUNT = timedelta(minutes=5)
_AROUND = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Judged:
    """A silence with its verdict and the outage that explains it."""

    row: SilenceRow
    verdict: Verdict
    shared: SharedLoss | None


async def judge_silences(tick: Tick) -> None:
    """Look again at every silence that readings, facts or time have changed."""
    touched = sorted({change.recorder_id for change in tick.changes} | {quiet[0] for quiet in tick.quiet})
    registered = {row[0]: row[1] for row in await fetch(tick.connection, "registered", [(r,) for r in touched])}
    spans = spans_to_look_at(tick.changes, tick.quiet, registered, tick.now)
    rebuilt = await rebuild(tick.connection, spans, registered, tick.now)
    changed = {row.silence_id: row for row in rebuilt.changed}
    gone = {row.silence_id for row in rebuilt.gone}
    others = {int(key) for key in tick.keys(KIND)} - changed.keys() - gone
    rows = [*changed.values(), *await silences_named(tick.connection, others)]
    cards = {c.recorder_id for c in tick.changes if c.kind == "card"} & registered.keys()
    again = seen_again(tick)
    if not (rows or rebuilt.gone or cards or again):
        return
    ends = [row.until or tick.now for row in (*rows, *rebuilt.gone)] + [tick.now]
    starts = [row.since for row in (*rows, *rebuilt.gone)] + [tick.now]
    recorder_ids = {row.recorder_id for row in (*rows, *rebuilt.gone)} | cards | again.keys()
    facts = await tick.facts(Interval(min(starts), max(ends)), sorted(recorder_ids))
    times = await tick.report_times(facts.reports)
    known = {row.silence_id: _stands(row) for row in rows if row.cause is not None}
    judged = await _judge(tick, rows, facts, times)
    await _spread(
        tick, [each.row for each in judged if known.get(each.row.silence_id, _stands(each.row)) != _stands(each.row)]
    )
    for row in rebuilt.gone:
        tick.looks.append(Look(recorder_offline.RULE.id, row.recorder_id, row.since, row.until or tick.now))
    for each in judged:
        _say_offline(tick, each, facts, times)
        _look_again(tick, each, facts)
    await judge_sims(tick, [(j.row, j.verdict) for j in judged], rebuilt.gone, cards, facts, again=again)


async def _judge(tick: Tick, rows: Sequence[SilenceRow], facts: KnownFacts, times: Times) -> list[Judged]:
    readings = await readings_of(tick.connection, rows, tick.now)
    rows = with_cells(rows, readings)
    standstills = await _standstills(tick, rows)
    ours = {row.silence_id: explained_by(standstills, row.since, _heartbeat_s(row, facts)) for row in rows}
    rows = [_with_duty(replace(row, settled=settled_by(row, tick.now, SETTLE_S)), facts, tick) for row in rows]
    rows = [replace(row, counts=False) if ours[row.silence_id] else row for row in rows]
    # What the losses share is counted over the database: it must know the cells and duties of the new ones.
    await _save(tick, rows)
    rows = await with_neighbours(tick.connection, rows, tick.now)
    rows, shared = await share_losses(tick, rows, standstills)
    bindings = await bindings_of(tick, {row.recorder_id for row in rows}, facts)
    judged = []
    for row in rows:
        own = ours[row.silence_id]
        bundle = bundle_of(
            row,
            readings.get(row.silence_id, Readings()),
            _heartbeat_s(row, facts),
            outage=shared.get(row.outage_key or "") if own is None else own.shared,
            bindings=bindings.get(row.recorder_id, ()),
            repairs=_repairs(row, facts, times, tick.now),
        )
        verdict = decide(bundle, tick.settings.causes)
        judged.append(Judged(_with_verdict(row, verdict), verdict, bundle.outage))
    await _save(tick, [each.row for each in judged])
    return judged


async def _standstills(tick: Tick, rows: Sequence[SilenceRow]) -> list[Standstill]:
    """Our own standstills around some silences."""
    if not rows:
        return []
    since = min(row.since for row in rows)
    return [Standstill(row[0], row[1]) for row in await ask(tick.connection, "standstills", since, tick.now)]


def _stands(row: SilenceRow) -> tuple[str | None, str | None, bool]:
    return row.cause, row.confidence, row.settled


async def _spread(tick: Tick, rows: Sequence[SilenceRow]) -> None:
    """Look again, within this tick, at what rested on a recorder while it was silent: what is thought of that changed."""
    stretches = [("recorder", row.recorder_id, row.since, row.until or tick.now) for row in rows]
    if stretches:
        tick.dirty |= await watching(tick.connection, stretches)


def _with_duty(row: SilenceRow, facts: KnownFacts, tick: Tick) -> SilenceRow:
    """Whether it was on duty at the loss, and whether an outage may count it; asked once, and when facts changed."""
    if row.unit_id is not None and (KIND, str(row.silence_id)) not in tick.dirty:
        return row if row.goodbye is None else replace(row, counts=False)
    register = facts.recorder_at(row.recorder_id, row.since)
    found = recorder_on_duty(row.recorder_id, Interval(row.since, row.since + _MOMENT), facts)
    near = timedelta(seconds=tick.settings.of(OutageParameters).shift_end_s)
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
    await execute(tick.connection, "judge_silences", records)


def _say_offline(tick: Tick, each: Judged, facts: KnownFacts, times: Times) -> None:
    row = each.row
    parameters = tick.settings.of(RecorderOffline)
    finding = recorder_offline.judge(row, each.verdict, each.shared, facts, parameters, now=tick.now, times=times)
    lost = Look(recorder_offline.RULE.id, row.recorder_id, row.since, row.until or tick.now)
    tick.looks.append(lost)
    tick.say(row.recorder_id, finding)


def _look_again(tick: Tick, each: Judged, facts: KnownFacts) -> None:
    """When time alone can change what is thought of a silence, and whose readings and facts can."""
    row = each.row
    key = str(row.silence_id)
    if row.until is None and each.shared is not None and each.shared.ends_at is not None:
        after_min = tick.settings.of(RecorderOffline).after_min
        tick.due(KIND, key, each.shared.ends_at + timedelta(minutes=after_min))
    # An outage looks at its members itself, once it has ended.
    if row.until is None and row.outage_key is None:
        tick.due(KIND, key, row.since + timedelta(minutes=tick.settings.of(RecorderOffline).after_min))
        if row.on_duty:
            tick.due(KIND, key, row.since + _RECOUNT)
            tick.due(
                KIND, key, row.since + timedelta(minutes=tick.settings.of(sim_removed.SimRemoved).suspect_after_min)
            )
    elif row.until is not None and not row.settled:
        tick.due(KIND, key, max(row.until, row.touched_at) + timedelta(seconds=SETTLE_S))
    lasted = Interval(row.since, (row.until or tick.now) + _MOMENT)
    tick.watch_worn(KIND, key, row.recorder_id, lasted, facts=facts, around=_AROUND)
