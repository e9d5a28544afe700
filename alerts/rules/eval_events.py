"""Evaluation, step 3: what devices say themselves: SOS, tamper, and clocks that their messages prove wrong."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from alerts.facts.known import KnownFacts
from alerts.intervals import Interval
from alerts.rules import clock_wrong, sos, tamper
from alerts.rules.clock_wrong import WrongClock
from alerts.rules.tick import Tick
from telemetry.records.evaluation import Stretch
from telemetry.store.evaluation import fetch_rule, read_rule

CLOCK = "clock"
_CLOCK_BACK = timedelta(days=1)
_LOOK_AGAIN = timedelta(minutes=2)
_TOLD_WITHIN = timedelta(hours=1)


async def judge_calls(tick: Tick) -> None:
    """Calls for help."""
    calls = await _told(tick, "sos", "calls")
    facts = await _facts(tick, calls)
    for recorder_id, moments in calls.items():
        if _is_judged(recorder_id, facts, tick.now):
            for call in sos.calls_of(moments):
                tick.say_under(f"{recorder_id}|{call[0].isoformat()}", sos.judge(recorder_id, call, facts))


async def judge_alarms(tick: Tick) -> None:
    """Devices that say that somebody meddles with them."""
    alarms = await _told(tick, "tamper", "alarms")
    facts = await _facts(tick, alarms)
    for recorder_id, moments in alarms.items():
        if _is_judged(recorder_id, facts, tick.now):
            for moment in moments:
                tick.say_under(f"{recorder_id}|{moment.isoformat()}", tamper.judge(recorder_id, moment, facts))


async def judge_clocks(tick: Tick) -> None:
    """Clocks that live messages prove wrong; one message alone doesn't, and the next one makes no tick look."""
    booted = {c.recorder_id: c.from_at for c in tick.changes if c.kind == "presence"}
    names = sorted({*booted, *tick.keys(CLOCK)})
    if not names:
        return
    since = min([*booted.values(), tick.now]) - _CLOCK_BACK
    rows = await fetch_rule(tick.connection, "clock_wrong", "wrong_clocks", names, since)
    wrong = [WrongClock(*row[:5]) for row in rows if row[5]]
    for recorder_id, _, first_at, *_, is_told_twice in rows:
        if not is_told_twice and tick.now < first_at + _TOLD_WITHIN:
            tick.due(CLOCK, recorder_id, tick.now + _LOOK_AGAIN)
    facts = await _facts(tick, {w.recorder_id: [w.since] for w in wrong})
    for each in wrong:
        if _is_judged(each.recorder_id, facts, tick.now):
            tick.say_under(f"{each.recorder_id}|{each.boot}", clock_wrong.judge(each, facts))


async def _told(tick: Tick, rule: str, block: str) -> dict[str, list[datetime]]:
    """When some recorders that sent events told of one kind of it."""
    told = [c for c in tick.changes if c.kind == "event"]
    stretches: list[Stretch] = [
        (n, c.recorder_id, c.from_at - sos.SAME_CALL, c.to_at + sos.SAME_CALL) for n, c in enumerate(told)
    ]
    found: dict[str, set[datetime]] = defaultdict(set)
    for key, at in await read_rule(tick.connection, rule, block, stretches):
        found[told[key].recorder_id].add(at)
    return {recorder_id: sorted(moments) for recorder_id, moments in found.items()}


async def _facts(tick: Tick, told: Mapping[str, Sequence[datetime]]) -> KnownFacts:
    moments = [moment for known in told.values() for moment in known]
    if not moments:
        return KnownFacts()
    return await tick.facts(Interval(min(moments), max(moments)), sorted(told))


def _is_judged(recorder_id: str, facts: KnownFacts, now: datetime) -> bool:
    register = facts.recorder_at(recorder_id, now)
    return register is not None and register.is_judged
