"""The makes of recorder that the fleet is mixed of: what one can't tell, another stores, and a third forgets."""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(slots=True, frozen=True)
class Model:
    """How one make behaves where the contract leaves it open. Names and firmware are invented.

    `keeps` is what of its flash survives a power-off; `dead_rsrp` what it reports without service: null, a very weak
    value, or its last one; `docks_by` whether it says goodbye in the dock or stays online by wifi.
    """

    name: str
    firmware: str
    senses_sim: bool
    iccid_in: Literal["heartbeat", "birth", "nothing"]
    reports_sim_events: bool
    keeps: Literal["all", "events", "nothing"]
    dead_rsrp: Literal["null", "weak", "stale"]
    docks_by: Literal["goodbye", "wifi"]
    warns_of_low_battery: bool
    tells_last_end: bool
    tells_uptime_everywhere: bool
    draws_session: bool
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
    dead_rsrp="null",
    docks_by="goodbye",
    warns_of_low_battery=True,
    tells_last_end=True,
    tells_uptime_everywhere=True,
    draws_session=True,
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
    dead_rsrp="weak",
    docks_by="wifi",
    warns_of_low_battery=True,
    tells_last_end=True,
    tells_uptime_everywhere=False,
    draws_session=True,
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
    dead_rsrp="stale",
    docks_by="goodbye",
    warns_of_low_battery=False,
    tells_last_end=False,
    tells_uptime_everywhere=False,
    draws_session=False,
    resumes_session=False,
    reports_deletion=False,
    keeps_clock_when_flat=False,
    flash_messages=3000,
    backlog_order="oldest_first",
    standby_pct_per_h=5.0,
    recording_pct_per_h=13.0,
)
MODELS: Final = {model.name: model for model in (HX_4G, DS_5G, YT_2)}
