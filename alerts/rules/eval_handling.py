"""Evaluation, step 5: who is logged in on what, and what is low before or in a shift."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from alerts.duty.wearer import current_assignments, login_at, wearer
from alerts.facts.known import KnownDuty, KnownFacts, Login
from alerts.finding import Look
from alerts.intervals import Interval
from alerts.rules import low, recorder_lent
from alerts.rules.low import BatteryLow, Condition, StorageLow
from alerts.rules.recorder_lent import RecorderLent
from alerts.rules.tick import Tick, shift_of
from telemetry.domain.measurement import mounted
from telemetry.records.evaluation import Stretch, Watch
from telemetry.store.evaluation import ask, fetch_rule, read_rule

LENT, LOW = "lent", "low"
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_LOGIN_LASTS = timedelta(days=7)
_LOOK_AGAIN = timedelta(minutes=2)
"""What one reading tells is borne out or not by the next one."""


@dataclass(frozen=True, slots=True)
class _Space:
    total_mb: int
    free_mb: int


async def judge_logins(tick: Tick) -> None:
    """Who is logged in on what."""
    since = await _begun(tick, _logged_in(tick))
    if not since:
        return
    facts, logins = await _lasting(tick, since)
    stretches: list[Stretch] = [(n, g.recorder_id, g.starts_at, g.ends_at or tick.now) for n, g in enumerate(logins)]
    heard = {row[0]: row[1] for row in await read_rule(tick.connection, "recorder_lent", "heard_until", stretches)}
    for recorder_id, start in since.items():
        tick.looks.append(Look(recorder_lent.RULE.id, recorder_id, start, tick.now))
    for n, login in enumerate(logins):
        register = facts.recorder_at(login.recorder_id, tick.now)
        if register is not None and register.is_judged:
            ends_at = max(login.starts_at, min(heard.get(n, login.starts_at), login.ends_at or tick.now))
            _say_login(tick, login, ends_at, facts)


def _logged_in(tick: Tick) -> dict[str, datetime]:
    """Recorders whose logins are to be looked at, and from when on."""
    found = [(c.recorder_id, c.from_at) for c in tick.changes if c.officer_ids]
    for key in tick.keys(LENT):
        recorder_id, _, moment = key.partition("|")
        found.append((recorder_id, datetime.fromisoformat(moment)))
    since: dict[str, datetime] = {}
    for recorder_id, at in found:
        since[recorder_id] = min(since.get(recorder_id, at), at)
    return since


async def _begun(tick: Tick, since: Mapping[str, datetime]) -> dict[str, datetime]:
    """The same, from the moment on at which who was logged in then had logged in: a reconnection only repeats it."""
    names = sorted(since)
    stretches: list[Stretch] = [(n, r, since[r] - _DAY, since[r]) for n, r in enumerate(names)]
    begun = dict(await read_rule(tick.connection, "recorder_lent", "begun", stretches))
    return {r: begun.get(n, since[r]) for n, r in enumerate(names)}


async def _lasting(tick: Tick, since: Mapping[str, datetime]) -> tuple[KnownFacts, list[Login]]:
    """The logins that last at some moments or later, and the facts over the whole of each of them.

    A login may have begun long before the look: what was handed out for it may be over by now.
    """
    start, earliest = min(since.values()), min(since.values()) - _LOGIN_LASTS
    while True:
        facts = await tick.facts(Interval(start, tick.now), sorted(since))
        logins = [
            login
            for recorder_id, moment in since.items()
            for login in joined(facts.logins_of_recorder.get(recorder_id, []))
            if login.officer_id is not None and (login.ends_at is None or login.ends_at >= moment)
        ]
        first = max(earliest, min((login.starts_at for login in logins), default=start))
        if first >= start:
            return facts, logins
        start = first


def joined(logins: Sequence[Login]) -> list[Login]:
    """The logins of one recorder in order, those of one officer that follow one another without a break as one."""
    whole: list[Login] = []
    for login in sorted(logins, key=lambda each: each.starts_at):
        last = whole[-1] if whole else None
        if last is not None and last.officer_id == login.officer_id and last.ends_at == login.starts_at:
            whole[-1] = replace(last, ends_at=login.ends_at)
        else:
            whole.append(login)
    return whole


def _say_login(tick: Tick, login: Login, ends_at: datetime, facts: KnownFacts) -> None:
    parameters = tick.settings.of(RecorderLent)
    tick.say(login.recorder_id, recorder_lent.judge(login, ends_at, facts, parameters))
    key = f"{login.recorder_id}|{login.starts_at.isoformat()}"
    tick.due(LENT, key, login.starts_at + timedelta(minutes=parameters.over_min, seconds=90))
    tick.watched.add((LENT, key))
    tick.watches.append(Watch(LENT, key, "recorder", login.recorder_id, login.starts_at, ends_at + _HOUR))
    tick.watches.append(Watch(LENT, key, "officer", login.officer_id or "", login.starts_at, ends_at + _HOUR))


async def judge_low(tick: Tick, shifts: Sequence[str]) -> None:
    """Recorders that are low before or in a shift; *shifts* became known or changed."""
    battery, storage = tick.settings.of(BatteryLow), tick.settings.of(StorageLow)
    for rule, values in (("battery_low", battery), ("storage_low", storage)):
        if shifts:
            waits = (values.before_h, values.before_min)
            for name, due_at in await fetch_rule(tick.connection, rule, "deadlines", list(shifts), tick.now, *waits):
                tick.due(LOW, name, due_at)
    touched = sorted({c.recorder_id for c in tick.changes if c.kind in {"charge", "storage"}})
    named = tick.keys(LOW)
    if not touched and not named:
        return
    duties = (
        [shift_of(row) for row in await ask(tick.connection, "known_shifts_named", tick.now, named)] if named else []
    )
    ends = [d.ends_at for d in duties if d.ends_at is not None] + [tick.now]
    recorders = [*touched, *(d.recorder_id for d in duties if d.recorder_id is not None)]
    facts = await tick.facts(Interval(tick.now, max(ends)), recorders, [d.officer_id for d in duties])
    pairs = {(r, d) for d in duties for r in _recorders_for(d, facts)} | _on_duty_now(tick, touched, facts)
    wanted = sorted({r for r, _ in pairs})
    rows = await fetch_rule(tick.connection, "battery_low", "levels", wanted) if wanted else []
    state = {row[0]: row for row in rows}
    for recorder_id, duty in sorted(pairs, key=lambda pair: (pair[0], pair[1].duty_id)):
        if recorder_id in state and duty.ends_at is not None:
            condition = _condition(recorder_id, duty, state[recorder_id], facts)
            scope = f"{recorder_id}|{duty.duty_id}"
            tick.say(scope, low.judge_battery(condition, battery, tick.now))
            tick.say(scope, low.judge_storage(condition, storage, tick.now))
            tick.looks += [Look(rule.id, scope, duty.starts_at, duty.ends_at) for rule in (low.BATTERY, low.STORAGE)]
            tick.due(LOW, duty.duty_id, duty.ends_at)
            if condition.is_in_doubt(battery, storage) and tick.now < duty.ends_at:
                tick.due(LOW, duty.duty_id, tick.now + _LOOK_AGAIN)


def _recorders_for(duty: KnownDuty, facts: KnownFacts) -> set[str]:
    """The recorder that goes with a shift: the one that it names, or that is handed out, or in his care."""
    if duty.recorder_id is not None:
        return {duty.recorder_id}
    held = {a.recorder_id for a in current_assignments(duty.officer_id, duty.starts_at, facts)}
    return held or set(facts.recorders_held.get(duty.officer_id, ()))


def _on_duty_now(tick: Tick, touched: Sequence[str], facts: KnownFacts) -> set[tuple[str, KnownDuty]]:
    found = set()
    for recorder_id in touched:
        answer = wearer(recorder_id, tick.now, facts, login_at(recorder_id, tick.now, facts))
        for officer_id in answer.candidates:
            for duty in facts.duties_of_officer.get(officer_id, []):
                if duty.kind == "shift" and duty.needs_recorder and duty.covers(tick.now):
                    found.add((recorder_id, duty))
    return found


def _condition(recorder_id: str, duty: KnownDuty, state: Any, facts: KnownFacts) -> Condition:
    register = facts.recorder_at(recorder_id, duty.starts_at)
    officer = facts.officer.get(duty.officer_id)
    assert duty.ends_at is not None
    _, charging, battery_at, levels, storage_at, totals, spaces = state
    counted = mounted([_Space(*each) for each in zip(totals or (), spaces or (), strict=True)])
    return Condition(
        recorder_id,
        duty.duty_id,
        duty.starts_at,
        duty.ends_at,
        officer.officer_id if officer else None,
        register.unit_id if register else None,
        charging,
        battery_at,
        tuple(levels),
        storage_at,
        tuple(each.free_mb for each in counted),
    )
