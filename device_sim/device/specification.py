"""A recorder's specification: its make, its card and its area, and the levels that a simulation begins with."""

from dataclasses import dataclass

from device_sim.device.models import Model
from device_sim.world.places import Area


@dataclass(slots=True, frozen=True)
class RecorderSpec:
    """What a recorder is before anything happens to it; `heartbeat_s` is a multiple of 10 seconds."""

    recorder_id: str
    model: Model
    imei: str
    iccid: str | None
    area: Area
    heartbeat_s: int = 30
    skew_ms: int = 0
    level_pct: float = 100.0
    total_mb: int = 65_536
    used_mb: float = 180.0
    files: int = 0
