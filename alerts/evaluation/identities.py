"""Evaluation, step 1a: which device speaks under a recorder's id, and whether it is understood; before all other steps.

What is in conflict is kept, so that no rule holds it for or against anybody (`alerts/evaluation/doubts.py`).
"""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final

from alerts.evaluation.context import Tick
from alerts.intervals import Interval
from alerts.memory import Look
from alerts.rules import identity_conflict, not_understood
from alerts.rules.identity_conflict import Conflict, IdentityConflict
from alerts.rules.not_understood import HOUR, Hour, NotUnderstood
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
    since = tick.now - _BACK
    rows = [
        *(
            ("imei", row)
            for row in await fetch_rule(tick.connection, "identity_conflict", "foreign_imeis", names, since)
        ),
        *(
            ("reused", row)
            for row in await fetch_rule(tick.connection, "identity_conflict", "reused_boots", names, since)
        ),
        *(("two_boots", row) for row in await _at_once(tick, names, parameters)),
    ]
    seen = {Conflict(row[0], kind, row[1], row[2], row[3], row[4]) for kind, row in rows}  # type: ignore[arg-type]
    seen |= await _keep(tick, names, seen)
    if not seen and not tick.keys(IDENTITY):
        return
    facts = await tick.facts(Interval(tick.now - _DAY, tick.now), names)
    by_kind: dict[tuple[str, str], list[Conflict]] = defaultdict(list)
    for conflict in sorted(seen, key=lambda c: (c.from_at, c.boot)):
        by_kind[conflict.recorder_id, conflict.kind].append(conflict)
    for recorder_id in names:
        for kind in ("imei", "two_boots", "reused"):
            tick.looks.append(Look(identity_conflict.RULE.id, f"{recorder_id}|{kind}", since, tick.now))
    for (recorder_id, kind), conflicts in by_kind.items():
        register = facts.recorder_at(recorder_id, tick.now)
        if register is not None and register.is_judged:
            tick.say(f"{recorder_id}|{kind}", identity_conflict.judge(conflicts, facts, parameters, tick.now))
            tick.due(IDENTITY, recorder_id, identity_conflict.over_at(conflicts, parameters))


async def _at_once(tick: Tick, names: list[str], parameters: IdentityConflict) -> list[tuple[object, ...]]:
    since = min([c.from_at for c in tick.changes if c.kind == "presence"] + [tick.now]) - _AT_ONCE
    limits = (max(since, tick.now - _DAY), parameters.over_s, parameters.times)
    return list(await fetch_rule(tick.connection, "identity_conflict", "boots_at_once", names, *limits))


async def _keep(tick: Tick, names: list[str], seen: set[Conflict]) -> set[Conflict]:
    """Keep what was *seen*; answers what was kept before and stands: two boots at once aren't looked for again."""
    rows = await fetch_rule(tick.connection, "identity_conflict", "kept", names, tick.now - _BACK)
    kept = {Conflict(*row) for row in rows}
    named = {(c.recorder_id, c.kind, c.boot) for c in seen}
    before = {c for c in kept if c.kind == "two_boots" and (c.recorder_id, c.kind, c.boot) not in named}
    gone = kept - before - seen
    gone = {c for c in gone if (c.recorder_id, c.kind, c.boot) not in named}
    fresh = seen - kept
    await put_rule(tick.connection, "identity_conflict", "drop", [(c.recorder_id, c.kind, c.boot) for c in gone])
    records = [(c.recorder_id, c.kind, c.boot, c.from_at, c.to_at, c.detail) for c in fresh]
    await put_rule(tick.connection, "identity_conflict", "put", records)
    stretches = [("recorder", c.recorder_id, c.from_at, c.to_at) for c in gone | fresh]
    if stretches:
        tick.dirty |= await watching(tick.connection, stretches)
    return before


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
