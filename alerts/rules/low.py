"""battery-low and storage-low: charge it, empty it; on duty, and before a shift for the recorder that goes with it."""

from dataclasses import dataclass
from datetime import datetime

from alerts.finding import Evidence, Finding, Standing, Subject
from alerts.rules.rule import Rule, thresholds_of
from alerts.shanghai_time import day_and_time, span
from telemetry.domain.measurement import is_low


@dataclass(frozen=True, slots=True)
class BatteryLow:
    """Under how much (per cent), and when before a shift it is looked at (h, min)."""

    below_pct: float = 20.0
    before_h: float = 12.0
    before_min: float = 30.0


@dataclass(frozen=True, slots=True)
class StorageLow:
    """Under how much is free (MB), and when before a shift it is looked at (h, min)."""

    below_mb: float = 2048.0
    before_h: float = 12.0
    before_min: float = 30.0


BATTERY = Rule(
    id="battery-low",
    name="电量不足",
    clause=None,
    box=None,
    weight="reminder",
    parameters=BatteryLow,
    sql="battery_low",
)
STORAGE = Rule(
    id="storage-low",
    name="存储空间不足",
    clause=None,
    box=None,
    weight="reminder",
    parameters=StorageLow,
    sql="storage_low",
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A recorder as it was last measured, and the shift that it is looked at for.

    `levels` (%) and `spaces` (MB) are its latest ones, in order; those of a card that isn't mounted are left out.
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

    @property
    def level_pct(self) -> float | None:
        """The latest charge."""
        return self.levels[-1] if self.levels else None

    @property
    def free_mb(self) -> int | None:
        """The latest space."""
        return self.spaces[-1] if self.spaces else None

    def is_in_doubt(self, battery: BatteryLow, storage: StorageLow) -> bool:
        """Whether one sight tells of too little, which the next has to bear out."""
        level, space = self.level_pct, self.free_mb
        is_flat = level is not None and level < battery.below_pct and not is_low(self.levels, battery.below_pct)
        return is_flat or (space is not None and space < storage.below_mb and not self.is_full(storage))

    def is_full(self, parameters: StorageLow) -> bool:
        """Whether the latest two sights tell of too little space."""
        return len(self.spaces) > 1 and max(self.spaces[-2:]) < parameters.below_mb


def judge_battery(condition: Condition, parameters: BatteryLow, now: datetime) -> Finding | None:
    """A reminder to charge; resolved once it charges, is charged, or the shift is over; None where nothing was measured."""
    if condition.level_pct is None or condition.battery_at is None:
        return None
    is_flat = is_low(condition.levels, parameters.below_pct) and not condition.charging
    said = f"{condition.recorder_id}电量{condition.level_pct:.0f}%（{day_and_time(condition.battery_at)}），未在充电"
    return _reminder(
        BATTERY,
        condition,
        said,
        {"level_pct": condition.level_pct},
        thresholds_of(parameters),
        measured_at=condition.battery_at,
        is_low=is_flat and now < condition.shift_ends_at,
    )


def judge_storage(condition: Condition, parameters: StorageLow, now: datetime) -> Finding | None:
    """A reminder to bring the footage in; resolved once there is space, or the shift is over."""
    if condition.free_mb is None or condition.storage_at is None:
        return None
    said = f"{condition.recorder_id}可用空间{condition.free_mb} MB（{day_and_time(condition.storage_at)}）"
    return _reminder(
        STORAGE,
        condition,
        said,
        {"free_mb": condition.free_mb},
        thresholds_of(parameters),
        measured_at=condition.storage_at,
        is_low=condition.is_full(parameters) and now < condition.shift_ends_at,
    )


def _reminder(
    rule: Rule,
    condition: Condition,
    said: str,
    facts: dict[str, object],
    parameters: dict[str, object],
    *,
    measured_at: datetime,
    is_low: bool,
) -> Finding:
    standing: Standing = "holds" if is_low else "resolved"
    shift = f"班次{condition.shift_id}，{span(condition.shift_starts_at, condition.shift_ends_at)}。"
    over = () if is_low else ("此后已恢复，或班次已结束。",)
    return Finding(
        rule=rule.id,
        key=f"{condition.recorder_id}|{condition.shift_id}",
        subject=Subject(condition.unit_id, condition.recorder_id, condition.officer_id, shift_id=condition.shift_id),
        # Looked at hours before the shift, it is low from the reading on.
        starts_at=min(condition.shift_starts_at, measured_at),
        ends_at=condition.shift_ends_at,
        confidence="confirmed",
        weight="reminder",
        standing=standing,
        evidence=Evidence(f"{said}。", (shift, *over), facts=facts, keeps_key=True),
        parameters=parameters,
    )
