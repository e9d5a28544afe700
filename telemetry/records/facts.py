"""Stored facts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Table:
    """Where one collection's slices lie: the id's column and those of its content."""

    name: str
    id: str
    columns: tuple[str, ...]


TABLES: Final[dict[str, Table]] = {
    "units": Table("unit_fact", "unit_id", ("name", "parent_id", "kind", "area")),
    "officers": Table("officer_fact", "officer_id", ("name", "unit_id", "roles", "contact")),
    "recorders": Table(
        "recorder_fact",
        "recorder_id",
        ("unit_id", "model", "holder_id", "imei", "iccid", "heartbeat_s", "senses_sim", "status"),
    ),
    "assignments": Table(
        "assignment_fact", "assignment_id", ("recorder_id", "officer_id", "starts_at", "ends_at", "reason")
    ),
    "sim_bindings": Table("sim_binding_fact", "sim_binding_id", ("recorder_id", "iccid", "valid_from")),
    "shifts": Table("shift_fact", "shift_id", ("officer_id", "recorder_id", "starts_at", "ends_at", "kind")),
    "activities": Table(
        "activity_fact",
        "activity_id",
        (
            *("officer_id", "officer_ids", "recorder_id", "kind", "starts_at", "ends_at", "case_no", "times_from"),
            "rounded_to_min",
        ),
    ),
    "exemptions": Table(
        "exemption_fact", "exemption_id", ("officer_id", "unit_id", "starts_at", "ends_at", "reason", "approved_by")
    ),
    "fault_reports": Table(
        "fault_report_fact",
        "fault_report_id",
        ("officer_id", "recorder_id", "kind", "reported_at", "repair_at", "resolved_at"),
    ),
    "dock_imports": Table(
        "dock_import_fact",
        "dock_import_id",
        (
            *("recorder_id", "station_id", "docked_at", "imported_at", "files", "megabytes"),
            *("recorded_from", "recorded_to", "segments"),
        ),
    ),
    "phone_footage": Table(
        "phone_footage_fact",
        "phone_footage_id",
        ("officer_id", "fault_report_id", "recorded_at", "uploaded_at", "delivered_at", "received_by"),
    ),
}
"""Of each collection, where it lies; `segments` are pairs (from, to) or None."""


@dataclass(frozen=True, slots=True)
class StoredSlice:
    """The columns of a stored slice that decide until when it counts. `cancelled_at` is that of its version."""

    fact_id: str
    version: int
    slice: int
    known_from: datetime
    cancelled_at: datetime | None
    known_to: datetime | None


@dataclass(frozen=True, slots=True)
class Sheaf:
    """All rows known at one time about an interval; columns in the order of each query."""

    units: list[Any]
    officers: list[Any]
    recorders: list[Any]
    assignments: list[Any]
    shifts: list[Any]
    activities: list[Any]
    exemptions: list[Any]
    reports: list[Any]
    logins: list[Any]
    recordings: list[Any]
