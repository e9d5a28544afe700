"""The parts of a recorder except its modem: battery, disk, camera, clock, and the officer's walk."""

from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, radians
from random import Random
from typing import Final

from device_sim.device import payloads
from device_sim.world.places import SQUARE_DEG, Area
from device_sim.world.spans import Span

_CHARGE_PCT_PER_H: Final = 45.0
_MS_PER_H: Final = 3_600_000
_FILM_MB_PER_S: Final = 0.55
"""1080p at 4.4 Mbit/s: 2 GB an hour."""
_METRES_PER_DEGREE: Final = 111_320.0
_WALK_MPS: Final = 1.1
_NEVER: Final = 2**62


@dataclass(slots=True)
class Battery:
    """Charge in percent."""

    level_pct: float
    is_charging: bool = False

    def advance_time(self, elapsed_ms: int, draw_pct_per_h: float) -> None:
        """Discharge for *elapsed_ms* at *draw_pct_per_h*, or charge: a charger supplies more than any draw."""
        rate = _CHARGE_PCT_PER_H if self.is_charging else -draw_pct_per_h
        self.level_pct = min(100.0, max(0.0, self.level_pct + rate * elapsed_ms / _MS_PER_H))

    @property
    def voltage_mv(self) -> int:
        """Approximate open-circuit voltage of a lithium cell: flat in the middle, falling at the end."""
        level = self.level_pct
        return int(3300 + 42 * level) if level < 8 else int(3600 + 5.8 * level)


@dataclass(slots=True)
class Disk:
    """Space in megabytes, and the number of recordings."""

    total_mb: int
    used_mb: float
    files: int

    @property
    def free_mb(self) -> int:
        """Free space in megabytes."""
        return max(0, int(self.total_mb - self.used_mb))

    @property
    def is_full(self) -> bool:
        """Whether there is too little space to film (120 MB)."""
        return self.free_mb < 120

    def film(self, elapsed_ms: int) -> None:
        """Let a recording grow for *elapsed_ms*."""
        self.used_mb = min(float(self.total_mb), self.used_mb + _FILM_MB_PER_S * elapsed_ms / 1000)

    def empty(self) -> None:
        """Delete everything, as after an import."""
        self.used_mb, self.files = 180.0, 0

    def delete(self, count: int) -> None:
        """Delete *count* recordings, at about 900 MB each."""
        count = min(count, self.files)
        self.files -= count
        self.used_mb = max(180.0, self.used_mb - 900.0 * count)


class Walk:
    """An officer's walk through his area, from one random point to the next."""

    def __init__(self, area: Area, rng: Random) -> None:
        self._area = area
        self._rng = rng
        self.lat, self.lon = area.station
        self.is_out = False
        self._goal = (self.lat, self.lon)
        self.heading_deg = 0
        self.speed_mps = 0.0

    def go(self, *, out: bool) -> None:
        """Walk into the area, or back to the station."""
        self.is_out = out
        self._goal = self._random_point() if out else self._area.station

    def advance_time(self, elapsed_ms: int, *, stands: bool) -> None:
        """Walk for *elapsed_ms*; not if he *stands*, as at an activity or in a garage."""
        if stands or not (self.is_out or self._goal != (self.lat, self.lon)):
            self.speed_mps = 0.0
            return
        shrink = cos(radians(self.lat))
        north, east = self._goal[0] - self.lat, (self._goal[1] - self.lon) * shrink
        way_m = hypot(north, east) * _METRES_PER_DEGREE
        step_m = _WALK_MPS * elapsed_ms / 1000
        if step_m >= way_m:
            self.lat, self.lon = self._goal
            self.speed_mps = 0.0
            if self.is_out:
                self._goal = self._random_point()
            return
        self.lat += north * step_m / way_m
        self.lon += east * step_m / way_m / shrink
        self.heading_deg = int(degrees(atan2(east, north))) % 360
        self.speed_mps = _WALK_MPS

    def _random_point(self) -> tuple[float, float]:
        rng, area = self._rng, self._area
        return area.south + SQUARE_DEG * rng.uniform(0.04, 0.96), area.west + SQUARE_DEG * rng.uniform(0.04, 0.96)


class Camera:
    """Records or stands by, and knows since when (true time)."""

    def __init__(self) -> None:
        self.filming_since_ms: int | None = None
        self.state_since_ms = 0
        self._trigger = "manual"

    @property
    def is_filming(self) -> bool:
        """Whether it is recording."""
        return self.filming_since_ms is not None

    def start(self, now_ms: int, trigger: str) -> None:
        """Start a recording."""
        self.filming_since_ms = self.state_since_ms = now_ms
        self._trigger = trigger

    def stop(self, now_ms: int) -> Span | None:
        """End the recording and return its span; None if there was none."""
        if self.filming_since_ms is None:
            return None
        span = Span(self.filming_since_ms, now_ms)
        self.filming_since_ms, self.state_since_ms = None, now_ms
        return span

    def payload(self, opening: str, clock: "DeviceClock") -> str:
        """Build the payload of its state; *opening* is the payload's head."""
        since = clock.stamp(self.state_since_ms)
        if self.filming_since_ms is None:
            return payloads.recording(opening, "standby", since, None, None)
        return payloads.recording(opening, "recording", since, f"F{self.filming_since_ms // 1000:x}", self._trigger)


class DeviceClock:
    """The device's clock, which may be wrong."""

    def __init__(self, skew_ms: int) -> None:
        self._skew_ms = skew_ms
        self._off_ms = skew_ms
        self._sync_due_ms = _NEVER
        self.source = "network"

    def stamp(self, at_ms: int) -> str:
        """Format true time *at_ms* as this clock shows it."""
        return payloads.stamp(at_ms + self._off_ms)

    def lose(self, now_ms: int, sync_due_ms: int) -> None:
        """Restart in 1970. The network sets it again at *sync_due_ms* or later."""
        self._off_ms, self.source, self._sync_due_ms = -now_ms, "unset", sync_due_ms

    def set_off(self, off_ms: int) -> None:
        """Be wrong by *off_ms* until it is set again."""
        self._off_ms, self.source, self._sync_due_ms = off_ms, "manual", _NEVER

    def sync(self, now_ms: int) -> None:
        """Take over the network's time, if it is due."""
        if now_ms >= self._sync_due_ms:
            self._off_ms, self.source, self._sync_due_ms = self._skew_ms, "network", _NEVER
