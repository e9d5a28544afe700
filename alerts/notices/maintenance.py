"""Planned maintenance: incidents that it covers send no notices until it ends, but to the person concerned. Pure."""

from collections.abc import Iterable
from datetime import datetime

from alerts.notices.directory import Directory
from alerts.notices.routing import URGENT
from telemetry.records.incidents import IncidentRow
from telemetry.records.notices import MaintenanceRow


def held_until(incident: IncidentRow, running: Iterable[MaintenanceRow], directory: Directory) -> datetime | None:
    """Until when *running* maintenance holds notices about *incident*; None if it doesn't. An SOS or an outage never is."""
    ends = [one.ends_at for one in running if _covers(one, incident, directory)]
    return max(ends) if ends and incident.rule not in URGENT else None


def _covers(maintenance: MaintenanceRow, incident: IncidentRow, directory: Directory) -> bool:
    """Whether it matches by place and rule, and the incident began during it (an earlier one has another cause)."""
    return (
        (maintenance.recorder_id is None or maintenance.recorder_id == incident.recorder_id)
        and (maintenance.unit_id is None or maintenance.unit_id in directory.lineage(incident.unit_id))
        and (not maintenance.rules or incident.rule in maintenance.rules)
        and maintenance.starts_at <= incident.starts_at < maintenance.ends_at
    )
