"""Evaluation, step 1c: all that is known of a recorder's card, from pulls and from foreign cards, said together."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from alerts.facts.known import KnownFacts
from alerts.finding import Finding, Look
from alerts.intervals import Interval
from alerts.rules import sim_removed
from alerts.rules.sim_removed import SimRemoved, Times
from alerts.rules.tick import Tick
from alerts.rules.verdicts import bindings_of, verdict_of
from alerts.silences.cause_evidence import Sighting, Verdict
from alerts.silences.foreign_sims import ForeignCard, foreign_cards
from alerts.silences.rows import SilenceRow
from telemetry.records.evaluation import Stretch
from telemetry.store.evaluation import fetch, fetch_rule, read_rule, read_stretches

_BACK = timedelta(days=1)
_AROUND = timedelta(minutes=3)
_MOMENT = timedelta(milliseconds=1)
_LOOK_AGAIN = timedelta(minutes=2)
"""A card that was seen once may be told of again at the next heartbeat, which nothing else makes a tick look at."""
RULE_ID = sim_removed.RULE.id
KIND: Final = "card"
"""What rests on a foreign card; the silence in which it came in may be no silence any more once its backlog is there."""


@dataclass(frozen=True, slots=True)
class _Known:
    facts: KnownFacts
    times: Times


async def judge_sims(
    tick: Tick,
    judged: Sequence[tuple[SilenceRow, Verdict]],
    gone: Sequence[SilenceRow],
    cards: set[str],
    facts: KnownFacts,
    *,
    again: Mapping[str, datetime],
) -> None:
    """Say what there is to say of the cards of recorders whose silences or cards changed, *again* of some since a moment.

    Pulls and foreign cards of one recorder are one conduct where they meet, so they are always looked at together.
    """
    since: dict[str, datetime] = {}
    for row in (*(row for row, _ in judged), *gone):
        since[row.recorder_id] = min(since.get(row.recorder_id, row.since), row.since)
    for recorder_id in cards:
        since.setdefault(recorder_id, tick.now)
    covered = min([*since.values(), tick.now])
    for recorder_id, first_at in again.items():
        since[recorder_id] = min(since.get(recorder_id, tick.now), first_at)
    cards = cards | again.keys()
    spoken = await _spoken_of(tick, since)
    suspects = {row.recorder_id for row, verdict in judged if verdict.cause == "sim_removed"} | cards | spoken.keys()
    suspects |= await _foreign_births(tick, [row for row, _ in judged], facts)
    if not suspects:
        return
    starts = {r: min(since[r], spoken.get(r, since[r])) for r in suspects}
    found = await _foreign_cards(tick, starts, facts)
    # A card may have left the slot at any time since it was last seen: whoever had the recorder then is asked about.
    seen = [card.bound_at or card.first_at for known in found.values() for card in known]
    earliest = min([*starts.values(), *seen])
    if earliest < covered:
        facts = await tick.facts(Interval(earliest, tick.now), sorted(starts))
    times = await tick.report_times(facts.reports)
    rows = await _silences(tick, starts)
    fresh = {row.silence_id: verdict for row, verdict in judged}
    for recorder_id, start in starts.items():
        losses = [(row, fresh.get(row.silence_id) or verdict_of(row)) for row in rows.get(recorder_id, ())]
        cards_in = [card for card in found.get(recorder_id, []) if (card.back_at or tick.now) >= start]
        tick.looks.append(Look(RULE_ID, recorder_id, start, tick.now))
        for finding in _said(tick, recorder_id, losses, cards_in, _Known(facts, times)):
            tick.say(recorder_id, finding)
        for card in cards_in:
            if not card.is_told_twice and tick.now < card.first_at + _BACK:
                tick.due(KIND, f"{recorder_id}|{card.first_at.isoformat()}", tick.now + _LOOK_AGAIN)
            lasted = Interval(card.bound_at or card.first_at, (card.back_at or tick.now) + _MOMENT)
            tick.watch_worn(KIND, f"{recorder_id}|{card.first_at.isoformat()}", recorder_id, lasted, facts=facts)


def seen_again(tick: Tick) -> dict[str, datetime]:
    """Recorders whose foreign cards are to be looked at again, because facts changed; and since when the first was in."""
    found: dict[str, datetime] = {}
    for key in tick.keys(KIND):
        recorder_id, _, moment = key.partition("|")
        first_at = datetime.fromisoformat(moment)
        found[recorder_id] = min(found.get(recorder_id, first_at), first_at)
    return found


def _said(
    tick: Tick,
    recorder_id: str,
    losses: Sequence[tuple[SilenceRow, Verdict | None]],
    cards: Sequence[ForeignCard],
    known: "_Known",
) -> list[Finding]:
    parameters = tick.settings.of(SimRemoved)
    rows = [row for row, _ in losses]
    found = [
        sim_removed.judge_card(recorder_id, card, rows, known.facts, parameters, times=known.times) for card in cards
    ]
    swaps = [finding for finding in found if finding is not None]
    pulls = []
    for row, verdict in losses:
        if verdict is not None:
            finding = sim_removed.judge_silence(row, verdict, known.facts, parameters, now=tick.now, times=known.times)
            if finding is not None and not any(_is_part(finding, swap) for swap in swaps):
                pulls.append(finding)
    return swaps + pulls


def _is_part(pull: Finding, swap: Finding) -> bool:
    """Whether a pull is how the foreign card came in, or went out again."""
    ends_before = swap.ends_at is not None and pull.starts_at > swap.ends_at + _AROUND
    starts_after = pull.ends_at is not None and pull.ends_at < swap.starts_at - _AROUND
    return not ends_before and not starts_after


async def _spoken_of(tick: Tick, since: Mapping[str, datetime]) -> dict[str, datetime]:
    """Recorders of whose card something was said that reaches into the time looked at, with its beginning."""
    records = [(RULE_ID, recorder_id, at, tick.now) for recorder_id, at in since.items()]
    spoken: dict[str, datetime] = {}
    for row in await fetch(tick.connection, "findings_of", records):
        if row["standing"] != "withdrawn":
            spoken[row["scope"]] = min(spoken.get(row["scope"], row["starts_at"]), row["starts_at"])
    return spoken


async def _foreign_births(tick: Tick, rows: Sequence[SilenceRow], facts: KnownFacts) -> set[str]:
    """Recorders that came back with a card which is neither the register's nor bound: a cheap look at the return."""
    back: list[Stretch] = [
        (n, row.recorder_id, row.since, row.until + _AROUND) for n, row in enumerate(rows) if row.until
    ]
    births = [(rows[row[0]].recorder_id, row[4]) for row in await read_stretches(tick.connection, "births", back)]
    named = {(recorder_id, iccid) for recorder_id, iccid in births if iccid is not None}
    bindings = await bindings_of(tick, {recorder_id for recorder_id, _ in named}, facts)
    return {r for r, iccid in named if iccid not in {b.iccid for b in bindings.get(r, ())}}


async def _foreign_cards(tick: Tick, starts: Mapping[str, datetime], facts: KnownFacts) -> dict[str, list[ForeignCard]]:
    names = sorted(starts)
    stretches: list[Stretch] = [(n, r, starts[r] - _BACK, tick.now + _AROUND) for n, r in enumerate(names)]
    seen: dict[str, list[Sighting]] = defaultdict(list)
    for key, *told in await read_rule(tick.connection, "sim_removed", "sightings", stretches):
        seen[names[key]].append(Sighting(*told))
    bindings = await bindings_of(tick, set(names), facts)
    slack = timedelta(minutes=tick.settings.of(SimRemoved).binding_slack_min)
    found = {r: foreign_cards(seen[r], bindings.get(r, ()), slack=slack) for r in names}
    suspects = [r for r, cards in found.items() if cards]
    if suspects:
        # Of a card that is entered for two recorders one entry is wrong: neither has a card that is surely its own.
        shared = await fetch_rule(tick.connection, "sim_removed", "shared_cards", suspects, tick.now)
        found |= {row[0]: [] for row in shared}
    return await _with_service(tick, found)


async def _with_service(tick: Tick, found: Mapping[str, Sequence[ForeignCard]]) -> dict[str, list[ForeignCard]]:
    """The same, with when each recorder was last in service before its foreign card was seen."""
    cards = [(r, card) for r, known in found.items() for card in known]
    stretches: list[Stretch] = [
        (n, r, card.bound_at, card.first_at - _MOMENT) for n, (r, card) in enumerate(cards) if card.bound_at is not None
    ]
    online = dict(await read_rule(tick.connection, "sim_removed", "online_to", stretches))
    whole: dict[str, list[ForeignCard]] = defaultdict(list)
    for n, (recorder_id, card) in enumerate(cards):
        whole[recorder_id].append(replace(card, online_to=online.get(n)))
    return whole


async def _silences(tick: Tick, starts: Mapping[str, datetime]) -> dict[str, list[SilenceRow]]:
    records = [(r, start - _AROUND, tick.now) for r, start in starts.items()]
    rows: dict[str, list[SilenceRow]] = defaultdict(list)
    for record in await fetch(tick.connection, "silences_of", records):
        row = SilenceRow.of(record)
        rows[row.recorder_id].append(row)
    return {r: sorted(known, key=lambda row: row.since) for r, known in rows.items()}
