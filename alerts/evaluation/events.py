"""Evaluation, step 3: what devices say themselves: SOS, tamper, and clocks that their messages prove wrong."""

from collections import defaultdict
from datetime import datetime, timedelta

from alerts.evaluation.context import Tick
from alerts.facts.known import KnownFacts
from alerts.intervals import Interval
from alerts.rules import clock_wrong, sos, tamper
from alerts.rules.clock_wrong import WrongClock
from telemetry.store.evaluation import Stretch, fetch_rule, read_rule

_CLOCK_BACK = timedelta(days=1)


async def judge_events(tick: Tick) -> None:
    """Say what devices have said since the last tick."""
    told = [c for c in tick.changes if c.kind == "event"]
    booted = sorted({c.recorder_id for c in tick.changes if c.kind == "presence"})
    stretches: list[Stretch] = [
        (n, c.recorder_id, c.from_at - sos.SAME_CALL, c.to_at + sos.SAME_CALL) for n, c in enumerate(told)
    ]
    names = {n: c.recorder_id for n, c in enumerate(told)}
    calls = _by_recorder(names, await read_rule(tick.connection, "sos", "calls", stretches))
    alarms = _by_recorder(names, await read_rule(tick.connection, "tamper", "alarms", stretches))
    wrong = []
    if booted:
        since = min(c.from_at for c in tick.changes if c.kind == "presence") - _CLOCK_BACK
        wrong = [
            WrongClock(*row) for row in await fetch_rule(tick.connection, "clock_wrong", "wrong_clocks", booted, since)
        ]
    recorder_ids = calls.keys() | alarms.keys() | {w.recorder_id for w in wrong}
    if not recorder_ids:
        return
    moments = [moment for known in (*calls.values(), *alarms.values()) for moment in known]
    moments += [w.since for w in wrong]
    facts = await tick.facts(Interval(min(moments), max(moments)), sorted(recorder_ids))
    _say(tick, facts, calls, alarms, wrong)


def _say(
    tick: Tick,
    facts: KnownFacts,
    calls: dict[str, list[datetime]],
    alarms: dict[str, list[datetime]],
    wrong: list[WrongClock],
) -> None:
    for recorder_id, moments in calls.items():
        if _is_judged(recorder_id, facts, tick.now):
            for call in sos.calls_of(moments):
                tick.say_under(f"{recorder_id}|{call[0].isoformat()}", sos.judge(recorder_id, call, facts))
    for recorder_id, moments in alarms.items():
        if _is_judged(recorder_id, facts, tick.now):
            for moment in moments:
                tick.say_under(f"{recorder_id}|{moment.isoformat()}", tamper.judge(recorder_id, moment, facts))
    for each in wrong:
        if _is_judged(each.recorder_id, facts, tick.now):
            tick.say_under(f"{each.recorder_id}|{each.boot}", clock_wrong.judge(each, facts))


def _is_judged(recorder_id: str, facts: KnownFacts, now: datetime) -> bool:
    register = facts.recorder_at(recorder_id, now)
    return register is not None and register.is_judged


def _by_recorder(names: dict[int, str], rows: list[tuple[int, datetime]]) -> dict[str, list[datetime]]:
    found: dict[str, set[datetime]] = defaultdict(set)
    for key, at in rows:
        found[names[key]].add(at)
    return {recorder_id: sorted(moments) for recorder_id, moments in found.items()}
