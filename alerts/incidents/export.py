"""Exports incidents in the format of the incidents file (wire contract, §4)."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from alerts.incidents.revise import effective_weight
from telemetry.records.incidents import IncidentRow
from telemetry.store.incidents import all_incidents
from telemetry.store.pool import Connection


async def export_incidents(connection: Connection) -> list[dict[str, Any]]:
    """All incidents in their current state, ordered by start; times as RFC 3339 with an offset."""
    incidents = await all_incidents(connection)
    members: dict[str, list[str]] = defaultdict(list)
    for incident in incidents:
        if incident.outage_id is not None:
            members[incident.outage_id].append(incident.incident_id)
    return [as_contract(incident, members[incident.incident_id]) for incident in incidents]


def as_contract(incident: IncidentRow, members: list[str]) -> dict[str, Any]:
    """One element of the incidents file. `weight` is null for operational incidents (a dash in domain.md's table)."""
    weight = effective_weight(incident)
    return {
        "id": incident.incident_id,
        "rule": incident.rule,
        "cause": incident.cause,
        "confidence": incident.confidence,
        "status": incident.status,
        "weight": None if weight == "operational" else weight,
        "recorder_id": incident.recorder_id,
        "officer_id": incident.officer_id,
        "unit_id": incident.unit_id,
        "shift_id": incident.shift_id,
        "activity_id": incident.activity_id,
        "starts_at": _text(incident.starts_at),
        "ends_at": _text(incident.ends_at),
        "detected_at": _text(incident.detected_at),
        "confirmed_at": _text(incident.confirmed_at),
        "evidence": {
            **incident.evidence,
            "parameters": incident.parameters,
            "excuse": incident.excuse,
            "flaps": incident.flaps,
            "outage_id": incident.outage_id,
            "members": members,
        },
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
