"""The present state of a recorder."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LiveRow:
    """One recorder's present state; the migration documents the columns (`live_recorders`)."""

    recorder_id: str
    unit_id: str
    status: str
    model: str
    heartbeat_s: int
    officer_id: str | None
    officer_unit_id: str | None
    officer_name: str | None
    candidates: tuple[str, ...]
    on_duty: bool
    duty_since: datetime | None
    is_lost: bool
    state: str
    since: datetime | None
    last_at: datetime | None
    lat: float | None
    lon: float | None
    fix_at: datetime | None
    battery_pct: float | None
    charging: bool | None
    free_mb: int | None
    total_mb: int | None
    rsrp_dbm: float | None
    network: str | None
    cell: str | None
    sim: str | None
    iccid: str | None
    incidents: int
    suspected: int
