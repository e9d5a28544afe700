"""battery-low and storage-low: reminders to charge or empty a recorder, on duty and before the shift that uses it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import Field

from alerts.duty.wearer import current_assignments, login_at, wearer
from alerts.facts.known import KnownDuty, KnownFacts
from alerts.finding import Evidence, Finding, Standing, Subject
from alerts.intervals import Interval
from alerts.rules.rule import Case, Rule, Source
from alerts.rules.tick import Tick
from alerts.shanghai_time import day_and_time, span
from telemetry.domain.measurement import is_low, mounted
from telemetry.domain.settings_table import Hours, Megabytes, Minutes, Percent, Table

KIND: Final = "low"
_LOOK_AGAIN: Final = timedelta(minutes=2)
"""One reading isn't enough, so look again at the next one."""


class BatteryLow(Table):
    """When a battery is low, and when that is looked at."""

    below_pct: Percent = Field(20.0, title="电量低于多少时提醒", description="charge under which it opens")
    before_h: Hours = Field(12.0, title="班次前多久第一次检查", description="hours before a shift of the first check")
    before_min: Minutes = Field(
        30.0, title="班次前多久第二次检查", description="minutes before a shift of the second check"
    )


class StorageLow(Table):
    """When free space is low, and when that is looked at."""

    below_mb: Megabytes = Field(2048.0, title="剩余空间低于多少时提醒", description="free space under which it opens")
    before_h: Hours = Field(12.0, title="班次前多久第一次检查", description="hours before a shift of the first check")
    before_min: Minutes = Field(
        30.0, title="班次前多久第二次检查", description="minutes before a shift of the second check"
    )


@dataclass(frozen=True, slots=True)
class Condition:
    """A recorder's latest readings, and the shift that needs it.

    `levels` (%) and `spaces` (MB) are in time order; readings without a mounted card are left out.
    """

    recorder_id: str
    shift_id: str
    shift_starts_at: datetime
    shift_ends_at: datetime
    officer_id: str | None
    unit_id: str | None
    charging: bool
    battery_at: datetime | None
    levels: tuple[float, ...]
    storage_at: datetime | None
    spaces: tuple[int, ...]
    now: datetime

    @property
    def level_pct(self) -> float | None:
        """The latest charge (%)."""
        return self.levels[-1] if self.levels else None

    @property
    def free_mb(self) -> int | None:
        """The latest free space (MB)."""
        return self.spaces[-1] if self.spaces else None

    def is_in_doubt(self, battery: BatteryLow, storage: StorageLow) -> bool:
        """Whether a single reading is too low and the next must confirm it."""
        level, space = self.level_pct, self.free_mb
        is_flat = level is not None and level < battery.below_pct and not is_low(self.levels, battery.below_pct)
        return is_flat or (space is not None and space < storage.below_mb and not self.is_full(storage))

    def is_full(self, parameters: StorageLow) -> bool:
        """Whether the two latest readings both show too little space."""
        return len(self.spaces) > 1 and max(self.spaces[-2:]) < parameters.below_mb


@dataclass(frozen=True, slots=True)
class _Space:
    total_mb: int
    free_mb: int


async def plan(tick: Tick, _: Sequence[Rule]) -> None:
    """Schedule checks of the shift's recorder: twice before the shift and at its start."""
    settings = tick.settings.of(BatteryLow), tick.settings.of(StorageLow)
    for duty in await tick.shifts(tick.changed.get("shifts", ())):
        if duty.needs_recorder and duty.starts_at > tick.now:
            for each in settings:
                for early in (timedelta(hours=each.before_h), timedelta(minutes=each.before_min), timedelta(0)):
                    tick.due(KIND, duty.duty_id, duty.starts_at - early)


async def gather(tick: Tick) -> Sequence[Case]:
    """Recorders with new readings during or before a shift."""
    touched = sorted({c.recorder_id for c in tick.changes if c.kind in {"charge", "storage"}})
    named = tick.keys(KIND)
    if not touched and not named:
        return []
    duties = await tick.shifts(named)
    ends = [d.ends_at for d in duties if d.ends_at is not None] + [tick.now]
    recorders = [*touched, *(d.recorder_id for d in duties if d.recorder_id is not None)]
    facts = await tick.facts(Interval(tick.now, max(ends)), recorders, [d.officer_id for d in duties])
    pairs = {(r, d) for d in duties for r in _recorders_for(d, facts)} | _on_duty_now(tick, touched, facts)
    wanted = sorted({r for r, _ in pairs})
    state = {row[0]: row for row in await tick.questions.ask("low.levels", wanted)} if wanted else {}
    return [
        _case(tick, _condition(recorder_id, duty, state[recorder_id], facts, tick.now))
        for recorder_id, duty in sorted(pairs, key=lambda pair: (pair[0], pair[1].duty_id))
        if recorder_id in state and duty.ends_at is not None
    ]


def _case(tick: Tick, condition: Condition) -> Case:
    starts_at, ends_at = condition.shift_starts_at, condition.shift_ends_at
    is_in_doubt = condition.is_in_doubt(tick.settings.of(BatteryLow), tick.settings.of(StorageLow))
    return Case(
        f"{condition.recorder_id}|{condition.shift_id}",
        condition,
        Interval(starts_at, ends_at),
        key=condition.shift_id,
        look_again=(ends_at, *([tick.now + _LOOK_AGAIN] if is_in_doubt and tick.now < ends_at else [])),
    )


def _recorders_for(duty: KnownDuty, facts: KnownFacts) -> set[str]:
    """The recorders for a shift: named by it, handed out to its officer, or in his care."""
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


def _condition(recorder_id: str, duty: KnownDuty, state: Any, facts: KnownFacts, now: datetime) -> Condition:
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
        now,
    )


def judge_battery(condition: Condition, parameters: BatteryLow) -> list[Finding]:
    """A reminder to charge; resolved when the recorder charges, is charged, or the shift is over."""
    if condition.level_pct is None or condition.battery_at is None:
        return []
    is_flat = is_low(condition.levels, parameters.below_pct) and not condition.charging
    said = f"{condition.recorder_id}电量{condition.level_pct:.0f}%（{day_and_time(condition.battery_at)}），未在充电"
    return _reminder(
        condition,
        said,
        {"level_pct": condition.level_pct},
        measured_at=condition.battery_at,
        is_low=is_flat and condition.now < condition.shift_ends_at,
    )


def judge_storage(condition: Condition, parameters: StorageLow) -> list[Finding]:
    """A reminder to import the footage; resolved when there is space or the shift is over."""
    if condition.free_mb is None or condition.storage_at is None:
        return []
    said = f"{condition.recorder_id}可用空间{condition.free_mb} MB（{day_and_time(condition.storage_at)}）"
    return _reminder(
        condition,
        said,
        {"free_mb": condition.free_mb},
        measured_at=condition.storage_at,
        is_low=condition.is_full(parameters) and condition.now < condition.shift_ends_at,
    )


def _reminder(
    condition: Condition,
    said: str,
    facts: dict[str, object],
    *,
    measured_at: datetime,
    is_low: bool,
) -> list[Finding]:
    standing: Standing = "holds" if is_low else "resolved"
    shift = f"班次{condition.shift_id}，{span(condition.shift_starts_at, condition.shift_ends_at)}。"
    over = () if is_low else ("此后已恢复，或班次已结束。",)
    finding = Finding(
        key=f"{condition.recorder_id}|{condition.shift_id}",
        subject=Subject(condition.unit_id, condition.recorder_id, condition.officer_id, shift_id=condition.shift_id),
        # Checked hours before the shift, the condition starts at the reading.
        starts_at=min(condition.shift_starts_at, measured_at),
        ends_at=condition.shift_ends_at,
        confidence="confirmed",
        weight="reminder",
        standing=standing,
        evidence=Evidence(f"{said}。", (shift, *over), facts=facts, keeps_key=True),
    )
    return [finding]


_SOURCE: Final = Source(KIND, gather, plan)
BATTERY = Rule(
    id="battery-low",
    title="电量不足",
    what="电量不足",
    clause=None,
    box=None,
    weight="reminder",
    parameters=BatteryLow,
    source=_SOURCE,
    judge=judge_battery,
    file=__file__,
    ask_wearer="请尽快充电或者换用备用记录仪。",
    wakes_at={"level_pct": "below_pct"},
)
STORAGE = Rule(
    id="storage-low",
    title="存储空间不足",
    what="存储空间不足",
    clause=None,
    box=None,
    weight="reminder",
    parameters=StorageLow,
    source=_SOURCE,
    judge=judge_storage,
    file=__file__,
    ask_wearer="请尽快导入采集站，释放空间。",
    wakes_at={"free_mb": "below_mb"},
)
