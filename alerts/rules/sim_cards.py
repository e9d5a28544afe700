"""Gathers what is known of a recorder's SIM, as cases for `sim-removed`: silences with verdicts, and foreign SIMs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, cast

import msgspec

from alerts.facts.known import KnownFacts
from alerts.finding import Confidence, is_limit
from alerts.intervals import Interval
from alerts.rules.rests_on import worn
from alerts.rules.rule import Case
from alerts.rules.silences import CARD, Silences, Times, bindings_of
from alerts.rules.tick import Tick
from alerts.silences.cause_evidence import Cause, Sighting, SimEvidence, Verdict
from alerts.silences.foreign_sims import ForeignCard, foreign_cards
from alerts.silences.rows import SilenceRow
from telemetry.records.evaluation import Stretch

RULE_ID: Final = "sim-removed"
AROUND: Final = timedelta(minutes=3)
"""A removal this close to a swap belongs to it."""
_INSTANT: Final = timedelta(milliseconds=1)
_BACK: Final = timedelta(days=1)
_LOOK_AGAIN: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class KnownCards:
    """Everything known about one recorder's SIM from some moment on: its silences with verdicts, and foreign SIMs."""

    recorder_id: str
    losses: Sequence[tuple[SilenceRow, Verdict | None]]
    cards: Sequence[ForeignCard]
    facts: KnownFacts
    times: Times
    now: datetime


async def cases(tick: Tick, silences: Silences) -> Sequence[Case]:
    """One case for each recorder whose silences or SIMs changed.

    All its removals and foreign SIMs are judged together, because those that meet in time are one conduct.
    """
    since: dict[str, datetime] = {}
    for row in (*(each.row for each in silences.judged), *silences.gone):
        since[row.recorder_id] = min(since.get(row.recorder_id, row.since), row.since)
    for recorder_id in silences.cards:
        since.setdefault(recorder_id, tick.now)
    if not since and not silences.again:
        return []
    covered = min([*since.values(), tick.now])
    for recorder_id, first_at in silences.again.items():
        since[recorder_id] = min(since.get(recorder_id, tick.now), first_at)
    facts = silences.facts
    earlier = await _earlier_findings(tick, since)
    pulled = {each.row.recorder_id for each in silences.judged if each.verdict.cause == "sim_removed"}
    suspects = pulled | silences.cards | silences.again.keys() | earlier.keys()
    suspects |= await _foreign_births(tick, [each.row for each in silences.judged], facts)
    if not suspects:
        return []
    starts = {r: min(since[r], earlier.get(r, since[r])) for r in suspects}
    found = await _foreign_cards(tick, starts, facts)
    # The SIM may have been swapped at any time since the bound one was last seen, so ask who had the recorder then too.
    seen = [card.bound_at or card.first_at for known in found.values() for card in known]
    earliest = min([*starts.values(), *seen])
    if earliest < covered:
        facts = await tick.facts(Interval(earliest, tick.now), sorted(starts))
    times = await tick.report_times(facts.reports)
    rows = await _silences(tick, starts)
    fresh = {each.row.silence_id: each.verdict for each in silences.judged}
    found_cases: list[Case] = []
    for recorder_id, start in starts.items():
        losses = [(row, fresh.get(row.silence_id) or verdict_of(row)) for row in rows.get(recorder_id, ())]
        cards = [card for card in found.get(recorder_id, []) if (card.back_at or tick.now) >= start]
        known = KnownCards(recorder_id, losses, cards, facts, times, tick.now)
        found_cases.append(Case(recorder_id, known, Interval(start, tick.now)))
        found_cases += [_rest_on(tick, recorder_id, card, facts) for card in cards]
    return found_cases


def _rest_on(tick: Tick, recorder_id: str, card: ForeignCard, facts: KnownFacts) -> Case:
    """What the finding about a foreign SIM rests on.

    A SIM seen only once is looked at again for a day: its second sighting may be a heartbeat, which triggers no tick.
    """
    is_fresh = not card.is_told_twice and tick.now < card.first_at + _BACK
    lasted = Interval(card.bound_at or card.first_at, (card.back_at or tick.now) + _INSTANT)
    return Case(
        recorder_id,
        kind=CARD,
        key=f"{recorder_id}|{card.first_at.isoformat()}",
        look_again=(tick.now + _LOOK_AGAIN,) if is_fresh else (),
        rests_on=worn(recorder_id, lasted, facts),
    )


async def _earlier_findings(tick: Tick, since: Mapping[str, datetime]) -> dict[str, datetime]:
    """Recorders with an earlier finding of this rule that reaches into the period, with the start of that finding."""
    records = [(RULE_ID, recorder_id, at, tick.now) for recorder_id, at in since.items()]
    earlier: dict[str, datetime] = {}
    for row in await tick.questions.of("findings_of", records):
        if row["standing"] != "withdrawn":
            earlier[row["scope"]] = min(earlier.get(row["scope"], row["starts_at"]), row["starts_at"])
    return earlier


async def _foreign_births(tick: Tick, rows: Sequence[SilenceRow], facts: KnownFacts) -> set[str]:
    """Recorders that came back with a SIM that is neither the register's nor bound; a cheap check at each return."""
    back: list[Stretch] = [
        (n, row.recorder_id, row.since, row.until + AROUND) for n, row in enumerate(rows) if row.until
    ]
    births = [(rows[row[0]].recorder_id, row[4]) for row in await tick.questions.over("births", back)]
    named = {(recorder_id, iccid) for recorder_id, iccid in births if iccid is not None}
    bindings = await bindings_of(tick, {recorder_id for recorder_id, _ in named}, facts)
    return {r for r, iccid in named if iccid not in {b.iccid for b in bindings.get(r, ())}}


async def _foreign_cards(tick: Tick, starts: Mapping[str, datetime], facts: KnownFacts) -> dict[str, list[ForeignCard]]:
    names = sorted(starts)
    stretches: list[Stretch] = [(n, r, starts[r] - _BACK, tick.now + AROUND) for n, r in enumerate(names)]
    seen: dict[str, list[Sighting]] = defaultdict(list)
    for key, *told in await tick.questions.over("sim_removed.sightings", stretches):
        seen[names[key]].append(Sighting(*told))
    bindings = await bindings_of(tick, set(names), facts)
    slack = timedelta(seconds=tick.settings.causes.binding_slack_s)
    found = {r: foreign_cards(seen[r], bindings.get(r, ()), slack=slack) for r in names}
    suspects = [r for r, cards in found.items() if cards]
    if suspects:
        # If one SIM is entered for two recorders, an entry is wrong, and neither can be held against anybody.
        shared = await tick.questions.ask("sim_removed.shared_cards", suspects, tick.now)
        found |= {row[0]: [] for row in shared}
    return await _with_service(tick, found)


async def _with_service(tick: Tick, found: Mapping[str, Sequence[ForeignCard]]) -> dict[str, list[ForeignCard]]:
    """*found* with the time at which each recorder last had mobile service before its foreign SIM was seen."""
    cards = [(r, card) for r, known in found.items() for card in known]
    stretches: list[Stretch] = [
        (n, r, card.bound_at, card.first_at - _INSTANT)
        for n, (r, card) in enumerate(cards)
        if card.bound_at is not None
    ]
    online = dict(await tick.questions.over("sim_removed.online_to", stretches))
    whole: dict[str, list[ForeignCard]] = defaultdict(list)
    for n, (recorder_id, card) in enumerate(cards):
        whole[recorder_id].append(replace(card, online_to=online.get(n)))
    return whole


async def _silences(tick: Tick, starts: Mapping[str, datetime]) -> dict[str, list[SilenceRow]]:
    records = [(r, start - AROUND, tick.now) for r, start in starts.items()]
    rows: dict[str, list[SilenceRow]] = defaultdict(list)
    for record in await tick.questions.of("silences_of", records):
        row = SilenceRow.of(record)
        rows[row.recorder_id].append(row)
    return {r: sorted(known, key=lambda row: row.since) for r, known in rows.items()}


def verdict_of(row: SilenceRow) -> Verdict | None:
    """The verdict stored with a silence; None if there is none yet."""
    kept: Mapping[str, Any] | None = row.verdict
    if kept is None or row.cause is None:
        return None
    told = kept["facts"].get("sim")
    sim = None if told is None else msgspec.convert(told, SimEvidence)
    return Verdict(
        cast("Cause", row.cause),
        cast("Confidence", row.confidence),
        tuple(kept["reasons"]),
        tuple(plea for plea in kept["pleas"] if not is_limit(plea)),
        dict(kept["facts"]),
        sim,
    )
