"""The models of recorder in the fleet, which differ in what they report and store, and a recorder's specification."""

from dataclasses import dataclass
from typing import Final, Literal

from device_sim.world.places import Area


@dataclass(slots=True, frozen=True)
class Model:
    """How one model behaves where the wire contract leaves it open. Names and firmware are invented.

    `keeps` says what of the stored messages survives a power-off; `rsrp_without_service` what is reported without
    service: null, a very weak value, or the last one; `docks_by` whether it says goodbye in the dock or stays online.
    """

    name: str
    firmware: str
    senses_sim: bool
    iccid_in: Literal["heartbeat", "birth", "nothing"]
    reports_sim_events: bool
    keeps: Literal["all", "events", "nothing"]
    rsrp_without_service: Literal["null", "weak", "stale"]
    docks_by: Literal["goodbye", "wifi"]
    warns_of_low_battery: bool
    reports_last_end: bool
    reports_uptime_everywhere: bool
    has_session_ids: bool
    resumes_session: bool
    reports_deletion: bool
    keeps_clock_when_flat: bool
    flash_messages: int
    backlog_order: Literal["oldest_first", "newest_first"]
    standby_pct_per_h: float
    recording_pct_per_h: float


HX_4G: Final = Model(
    "HX-4G",
    "3.2.1",
    senses_sim=True,
    iccid_in="heartbeat",
    reports_sim_events=True,
    keeps="all",
    rsrp_without_service="null",
    docks_by="goodbye",
    warns_of_low_battery=True,
    reports_last_end=True,
    reports_uptime_everywhere=True,
    has_session_ids=True,
    resumes_session=True,
    reports_deletion=True,
    keeps_clock_when_flat=False,
    flash_messages=6000,
    backlog_order="oldest_first",
    standby_pct_per_h=4.5,
    recording_pct_per_h=11.0,
)
DS_5G: Final = Model(
    "DS-5G",
    "5.0.4",
    senses_sim=True,
    iccid_in="heartbeat",
    reports_sim_events=False,
    keeps="events",
    rsrp_without_service="weak",
    docks_by="wifi",
    warns_of_low_battery=True,
    reports_last_end=True,
    reports_uptime_everywhere=False,
    has_session_ids=True,
    resumes_session=False,
    reports_deletion=False,
    keeps_clock_when_flat=True,
    flash_messages=4000,
    backlog_order="newest_first",
    standby_pct_per_h=5.0,
    recording_pct_per_h=12.0,
)
YT_2: Final = Model(
    "YT-2",
    "1.14",
    senses_sim=False,
    iccid_in="birth",
    reports_sim_events=False,
    keeps="nothing",
    rsrp_without_service="stale",
    docks_by="goodbye",
    warns_of_low_battery=False,
    reports_last_end=False,
    reports_uptime_everywhere=False,
    has_session_ids=False,
    resumes_session=False,
    reports_deletion=False,
    keeps_clock_when_flat=False,
    flash_messages=3000,
    backlog_order="oldest_first",
    standby_pct_per_h=5.0,
    recording_pct_per_h=13.0,
)
MODELS: Final = {model.name: model for model in (HX_4G, DS_5G, YT_2)}


@dataclass(slots=True, frozen=True)
class RecorderSpec:
    """A recorder's fixed data and initial levels. `heartbeat_s` is a multiple of 10; `skew_ms` its clock's error."""

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
