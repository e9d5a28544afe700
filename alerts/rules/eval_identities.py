"""Evaluation, step 1a: which device speaks under a recorder's id, and whether it is understood; before all other steps.

What is in conflict is kept, so that no rule holds it for or against anybody (`alerts/evaluation/doubts.py`).
"""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final, get_args

from alerts.finding import Look
from alerts.intervals import Interval
from alerts.rules import identity_conflict, not_understood
from alerts.rules.identity_conflict import Conflict, ConflictKind, IdentityConflict
from alerts.rules.not_understood import HOUR, Hour, NotUnderstood
from alerts.rules.tick import Tick
from telemetry.store.evaluation import fetch_rule, put_rule, watching

IDENTITY, UNREAD = "identity", "unread"
_BACK: Final = timedelta(days=31)
_AT_ONCE: Final = timedelta(hours=2)
_HEARD_ON: Final = timedelta(minutes=5)
"""After a birth the other device shows within this time."""
_DAY: Final = timedelta(days=1)


async def judge_identities(tick: Tick) -> None:
    """Look again at recorders that were born, changed in the register, or used a boot id again."""
    booted = {c.recorder_id for c in tick.changes if c.kind in {"presence", "reused"}}
    names = sorted(booted | set(tick.changed.get("recorders", ())) | set(tick.keys(IDENTITY)))
    if not names:
        return
    for recorder_id in booted:
        tick.due(IDENTITY, recorder_id, tick.now + _HEARD_ON)
    parameters = tick.settings.of(IdentityConflict)
    conflicts, is_news = await _keep(tick, names, await _seen(tick, names, parameters))
    if not conflicts and not is_news:
        return
    facts = await tick.facts(Interval(tick.now - _DAY, tick.now), names)
    by_kind: dict[tuple[str, str], list[Conflict]] = defaultdict(list)
    for conflict in sorted(conflicts, key=lambda c: (c.from_at, c.boot)):
        by_kind[conflict.recorder_id, conflict.kind].append(conflict)
    for recorder_id in names:
        for kind in get_args(ConflictKind):
            scope = f"{recorder_id}|{kind}"
            tick.looks.append(Look(identity_conflict.RULE.id, scope, tick.now - _BACK, tick.now))
    for (recorder_id, kind), known in by_kind.items():
        register = facts.recorder_at(recorder_id, tick.now)
        if register is not None and register.is_judged:
            tick.say(f"{recorder_id}|{kind}", identity_conflict.judge(known, facts, parameters, tick.now))
            tick.due(IDENTITY, recorder_id, identity_conflict.over_at(known, parameters))


async def _seen(tick: Tick, names: list[str], parameters: IdentityConflict) -> set[Conflict]:
    """What the latest readings tell; where the register changed, those of two days."""
    since = min([c.from_at for c in tick.changes if c.kind in {"presence", "reused"}] + [tick.now]) - _AT_ONCE
    since = max(since, tick.now - 2 * _DAY) if not tick.changed.get("recorders") else tick.now - 2 * _DAY
    limits = (since, parameters.over_s, parameters.times)
    rows = await fetch_rule(tick.connection, "identity_conflict", "seen", names, *limits)
    return {Conflict(*row) for row in rows}


async def _keep(tick: Tick, names: list[str], seen: set[Conflict]) -> tuple[set[Conflict], bool]:
    """Keep what was *seen*; answers all that stands, and whether it isn't what was kept before."""
    rows = await fetch_rule(tick.connection, "identity_conflict", "kept", names, tick.now - _BACK)
    kept = {Conflict(*row[:6]): row[6] for row in rows}
    named = {(c.recorder_id, c.kind, c.boot) for c in seen}
    others = {conflict for conflict in kept if (conflict.recorder_id, conflict.kind, conflict.boot) not in named}
    standing = {conflict for conflict in others if kept[conflict]}
    gone, fresh = others - standing, seen - kept.keys()
    await put_rule(tick.connection, "identity_conflict", "drop", [(c.recorder_id, c.kind, c.boot) for c in gone])
    records = [(c.recorder_id, c.kind, c.boot, c.from_at, c.to_at, c.detail) for c in fresh]
    await put_rule(tick.connection, "identity_conflict", "put", records)
    stretches = [("recorder", c.recorder_id, c.from_at, c.to_at) for c in gone | fresh]
    if stretches:
        tick.dirty |= await watching(tick.connection, stretches)
    return seen | standing, bool(gone or fresh)


async def judge_unread(tick: Tick) -> None:
    """Hours of recorders of whose messages some were rejected, once they are over."""
    for change in tick.changes:
        if change.kind == "rejected":
            for hour in {_hour(change.from_at), _hour(change.to_at)}:
                _look_after(tick, change.recorder_id, hour)
    names = tick.keys(UNREAD)
    if not names:
        return
    until = _hour(tick.now)
    rows = await fetch_rule(tick.connection, "not_understood", "hours", names, until - _DAY, until)
    hours: dict[str, list[Hour]] = defaultdict(list)
    for row in rows:
        hours[row[0]].append(Hour(*row))
    parameters = tick.settings.of(NotUnderstood)
    facts = await tick.facts(Interval(tick.now - _DAY, tick.now), names)
    for recorder_id in names:
        register = facts.recorder_at(recorder_id, tick.now)
        runs = not_understood.runs_of(hours[recorder_id], parameters)
        if runs and register is not None and register.is_judged:
            finding = not_understood.judge(runs[-1], facts, parameters, tick.now)
            tick.say(recorder_id, finding)
            if finding.standing == "holds":
                _look_after(tick, recorder_id, until)


def _look_after(tick: Tick, recorder_id: str, hour: datetime) -> None:
    tick.dues.append((UNREAD, recorder_id, max(hour + HOUR, tick.now) + timedelta(seconds=5)))


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
