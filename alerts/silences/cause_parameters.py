"""Causes: thresholds of the decision, with units in their names; a bureau changes them in its settings file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CauseParameters:
    """Thresholds of the cause decision; ARCHITECTURE.md gives the reason for each default."""

    sim_absent_s: float = 60.0
    """A contact that flickers, or isn't ready yet after a boot, is absent for less (domain.md, "Causes")."""
    flicker_s: float = 180.0
    """If the contact comes and goes, one absence must last this long to count as more than a bad contact."""
    good_rsrp_dbm: float = -100.0
    """A modem that measures this has coverage; in a dead zone it measures nothing or far less."""
    weak_rsrp_dbm: float = -110.0
    unsensed_min_s: float = 180.0
    """How long `network: none` must coincide with a good RSRP on models that can't sense the SIM."""
    unsensed_min_readings: int = 5
    unsensed_min_distinct: int = 3
    """A measurement varies; a stale value repeats."""
    unsensed_min_returns: int = 2
    """How often a modem with coarse steps must return to an earlier value; a stale value never does."""
    coarse_changes: float = 0.3
    """A modem whose live readings change in fewer than this share of steps measures in coarse steps."""
    unsensed_measured_share: float = 0.6
    """Least share of heartbeats with a measured signal; a searching modem doesn't always measure one."""
    unsensed_weak_share: float = 0.1
    """Largest share of weak readings among them."""
    outage_slack_s: float = 60.0
    """A modem may take this long to register again after an outage."""
    low_battery_pct: float = 7.0
    reboot_s: float = 300.0
    """A new boot this soon after the loss is a fault of the device, unless somebody pressed the power key."""
    binding_slack_s: float = 3600.0
    """How long a SIM may be in the slot before the time that was entered for its binding."""
    suspect_battery_pct: float = 20.0
    suspect_rsrp_dbm: float = -95.0
    suspect_neighbours: int = 2
