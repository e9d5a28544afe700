"""Causes: the thresholds of the decision, with units in their names; a bureau changes them in its settings file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CauseParameters:
    """Defaults argued in ARCHITECTURE.md; each names the sentence of domain.md that it stands for."""

    sim_absent_s: float = 60.0
    """A contact that flickers or isn't ready yet after a boot is absent for less."""
    flicker_s: float = 180.0
    """Where the contact is seen to come and go, one absence must be this long to be more than a bad contact."""
    good_rsrp_dbm: float = -100.0
    """A modem that measures this could have had service; a dead zone measures nothing or far less."""
    weak_rsrp_dbm: float = -110.0
    unsensed_min_s: float = 180.0
    """How long `network: none` must stand beside a good RSRP on models that can't sense the SIM."""
    unsensed_min_readings: int = 5
    unsensed_min_distinct: int = 3
    """A stale last value repeats itself; a measurement varies."""
    unsensed_min_returns: int = 2
    """Where a modem measures in coarse steps: how often it must come back to a value it had left. A stale one never does."""
    coarse_changes: float = 0.3
    """A modem whose live readings change less often than this share of them measures in coarse steps."""
    unsensed_measured_share: float = 0.6
    """How many of the heartbeats must have measured a signal at all: a modem that searches does not always."""
    unsensed_weak_share: float = 0.1
    """How many of those readings may be weak all the same."""
    outage_slack_s: float = 60.0
    """After an outage a modem may take this long to register again."""
    low_battery_pct: float = 7.0
    reboot_s: float = 300.0
    """A new boot this soon after the loss, without a hand on the key, is a fault of the device."""
    binding_slack_s: float = 3600.0
    """How far a card may be in the slot before the moment that the desk entered for it."""
    suspect_battery_pct: float = 20.0
    suspect_rsrp_dbm: float = -95.0
    suspect_neighbours: int = 2
