"""Test helper: the smallest valid element of each collection, and functions to read and load them."""

import json
from typing import Any

from alerts.facts.elements import FactSet
from alerts.facts.faults import FactFault
from alerts.facts.fields import Fact
from alerts.facts.json_file import read_json
from alerts.facts.models import MODELS, Collection

MINIMAL: dict[Collection, dict[str, Any]] = {
    "units": {"id": "U1", "name": "第3中队", "kind": "squad"},
    "officers": {"id": "P1", "name": "示例一", "unit_id": "U1", "role": "officer"},
    "recorders": {"id": "R1", "unit_id": "U1", "model": "HX-4G"},
    "assignments": {"id": "A1", "recorder_id": "R1", "officer_id": "P1", "starts_at": "2026-03-02T08:00:00+08:00"},
    "sim_bindings": {
        "id": "B1",
        "recorder_id": "R1",
        "iccid": "8986001234567890123F",
        "valid_from": "2026-03-02T08:00:00+08:00",
    },
    "shifts": {
        "id": "S1",
        "officer_id": "P1",
        "starts_at": "2026-03-02T09:00:00+08:00",
        "ends_at": "2026-03-02T17:00:00+08:00",
        "kind": "patrol",
    },
    "activities": {"id": "C1", "officer_id": "P1", "kind": "inspection", "starts_at": "2026-03-02T10:00:00+08:00"},
    "exemptions": {
        "id": "E1",
        "officer_id": "P1",
        "starts_at": "2026-03-02T13:00:00+08:00",
        "ends_at": "2026-03-02T15:00:00+08:00",
        "reason": "training",
        "approved_by": "李示例",
    },
    "fault_reports": {
        "id": "F1",
        "officer_id": "P1",
        "recorder_id": "R1",
        "kind": "battery",
        "reported_at": "2026-03-02T15:00:00+08:00",
    },
    "dock_imports": {
        "id": "I1",
        "recorder_id": "R1",
        "station_id": "ST1",
        "docked_at": "2026-03-02T17:30:00+08:00",
        "imported_at": "2026-03-02T17:50:00+08:00",
        "files": 2,
        "megabytes": 812.5,
        "recorded_from": "2026-03-02T10:00:00+08:00",
        "recorded_to": "2026-03-02T11:00:00+08:00",
    },
    "phone_footage": {"id": "M1", "officer_id": "P1", "recorded_at": "2026-03-02T15:20:00+08:00"},
}


def element(collection: Collection, **changes: Any) -> dict[str, Any]:
    return MINIMAL[collection] | changes


def fact(collection: Collection, **changes: Any) -> Fact:
    return MODELS[collection].model_validate_json(json.dumps(element(collection, **changes)))


def facts_file(**arrays: list[dict[str, Any]]) -> bytes:
    return json.dumps(arrays, ensure_ascii=False).encode()


def read(**arrays: list[dict[str, Any]]) -> FactSet:
    found = read_json(facts_file(**arrays), "facts.json")
    assert isinstance(found, FactSet), [str(fault) for fault in found]
    return found


def faults_in(**arrays: Any) -> list[FactFault]:
    found = read_json(facts_file(**arrays), "facts.json")
    assert isinstance(found, list), "this should have been refused"
    return found


def everything() -> dict[Collection, list[dict[str, Any]]]:
    return {collection: [element(collection)] for collection in MODELS}
