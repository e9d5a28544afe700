"""Writes the facts that the bureau's other systems would supply (wire contract, section 2), as JSON objects."""

from typing import Any, Final

from device_sim.bureau.people import Bureau
from device_sim.bureau.roster import MIN_MS, Duty, Roster
from device_sim.bureau.scenario_state import ScenarioState
from device_sim.device.device_truth import DeviceTruth
from device_sim.device.payloads import stamp
from device_sim.world.spans import Span

Facts = dict[str, list[dict[str, Any]]]

_COLLECTIONS: Final = (
    "units",
    "officers",
    "recorders",
    "assignments",
    "sim_bindings",
    "shifts",
    "activities",
    "exemptions",
    "fault_reports",
    "dock_imports",
    "phone_footage",
)
_TIMES: Final = frozenset(
    [
        "starts_at",
        "ends_at",
        "reported_at",
        "repair_at",
        "resolved_at",
        "docked_at",
        "imported_at",
        "recorded_from",
        "recorded_to",
        "recorded_at",
        "uploaded_at",
        "delivered_at",
        "valid_from",
        "entered_at",
        "cancelled_at",
        "from",
        "to",
    ]
)
_MB_PER_MS: Final = 0.55 / 1000


def build_facts(state: ScenarioState, truths: dict[str, DeviceTruth]) -> Facts:
    """Build all facts of a scenario by collection. The dock imports follow from what was truly recorded (*truths*)."""
    facts: Facts = {name: [] for name in _COLLECTIONS}
    facts["units"] = [_without_none(unit) for unit in _units(state.bureau)]
    facts["officers"] = _officers(state.bureau)
    facts["recorders"] = _recorders(state.bureau)
    facts["shifts"] = _shifts(state.roster)
    facts["activities"] = _activities(state.roster)
    facts["dock_imports"] = dock_imports(state.roster, truths)
    for collection, several in state.roster.facts.items():
        facts[collection] = several
    return {name: [_format_times(fact) for fact in several] for name, several in facts.items()}


def dock_imports(roster: Roster, truths: dict[str, DeviceTruth]) -> list[dict[str, Any]]:
    """List the dock imports, with times in milliseconds: each has everything recorded since the import before."""
    imports: list[dict[str, Any]] = []
    taken_to: dict[str, int] = {}
    for duty in sorted(roster.duties, key=lambda duty: (duty.dock_ms, duty.shift.shift_id, duty.spec.recorder_id)):
        recorder_id = duty.spec.recorder_id
        if duty.import_ms is None or not duty.is_carried:
            continue
        spans = [
            span
            for span in truths[recorder_id].recorded
            if taken_to.get(recorder_id, 0) < span.to_ms <= duty.dock_ms + MIN_MS
        ]
        taken_to[recorder_id] = duty.dock_ms + MIN_MS
        if spans:
            imports.append({"id": f"I{len(imports) + 1:06d}"} | _import(duty, spans, duty.import_ms))
    return imports


def _import(duty: Duty, spans: list[Span], import_ms: int) -> dict[str, Any]:
    megabytes = sum(span.to_ms - span.from_ms for span in spans) * _MB_PER_MS
    fields: dict[str, Any] = {
        "recorder_id": duty.spec.recorder_id,
        "station_id": f"K{duty.squad.unit.unit_id}",
        "docked_at": duty.dock_ms,
        "imported_at": import_ms,
        "files": len(spans),
        "megabytes": round(megabytes),
        "recorded_from": min(span.from_ms for span in spans),
        "recorded_to": max(span.to_ms for span in spans),
    }
    # Some docking stations report every recording, others only when the first began and the last ended.
    if duty.squad.assignment_mode != "held":
        fields["segments"] = [{"from": span.from_ms, "to": span.to_ms} for span in spans]
    return fields


def _units(bureau: Bureau) -> list[dict[str, Any]]:
    return [
        {
            "id": unit.unit_id,
            "name": unit.name,
            "parent_id": unit.parent_id,
            "kind": unit.kind,
            "area": unit.ground.polygon() if unit.ground is not None else None,
        }
        for unit in bureau.units
    ]


def _officers(bureau: Bureau) -> list[dict[str, Any]]:
    return [
        {
            "id": officer.officer_id,
            "name": officer.name,
            "unit_id": officer.unit_id,
            "role": list(officer.roles) if len(officer.roles) > 1 else officer.roles[0],
            "contact": {"wecom": f"w{officer.officer_id.lower()}"},
        }
        for officer in bureau.officers
    ]


def _recorders(bureau: Bureau) -> list[dict[str, Any]]:
    several = []
    for squad in bureau.squads:
        for place, spec in enumerate(squad.recorders):
            is_spare = spec is squad.spare and len(squad.recorders) > 1
            holds = squad.assignment_mode != "daily" and not is_spare and place < len(squad.wearers)
            holder = squad.wearers[place].officer_id if holds else None
            fact = {
                "id": spec.recorder_id,
                "unit_id": squad.unit.unit_id,
                "model": spec.model.name,
                "holder_id": holder,
                "imei": spec.imei,
                "iccid": spec.iccid,
                "heartbeat_s": spec.heartbeat_s,
                "senses_sim": spec.model.senses_sim,
                "status": "spare" if is_spare else "service",
            }
            several.append(_without_none(fact))
    return several


def _shifts(roster: Roster) -> list[dict[str, Any]]:
    return [
        _without_none(
            {
                "id": shift.shift_id,
                "officer_id": shift.officer.officer_id,
                "recorder_id": shift.recorder_id,
                "starts_at": shift.span.from_ms,
                "ends_at": shift.span.to_ms,
                "kind": shift.kind,
                "cancelled_at": shift.cancelled_ms,
            }
        )
        for shift in roster.shifts
    ]


def _activities(roster: Roster) -> list[dict[str, Any]]:
    return [
        _without_none(
            {
                "id": activity.activity_id,
                "officer_id": activity.officers[0].officer_id,
                "officer_ids": [officer.officer_id for officer in activity.officers],
                "kind": activity.kind,
                "starts_at": activity.registered.from_ms,
                "ends_at": activity.registered.to_ms,
                "case_no": f"演示〔2026〕{activity.activity_id[1:]}号"
                if activity.kind in {"penalty", "coercion"}
                else None,
                "times_from": activity.times_from,
                "rounded_to_min": activity.rounded_to_min,
                "entered_at": activity.entered_ms,
                "cancelled_at": activity.cancelled_ms,
            }
        )
        for activity in roster.activities
        if activity.officers
    ]


def _without_none(fact: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fact.items() if value is not None}


def _format_times(fact: dict[str, Any]) -> dict[str, Any]:
    formatted: dict[str, Any] = {}
    for name, value in fact.items():
        if name in _TIMES and isinstance(value, int):
            formatted[name] = stamp(value)
        elif name == "segments":
            formatted[name] = [_format_times(segment) for segment in value]
        else:
            formatted[name] = value
    return formatted
