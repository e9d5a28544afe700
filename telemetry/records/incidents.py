"""Incidents, their transitions and revisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """A row of `incident`; the migration documents the columns."""

    incident_id: str
    rule: str
    key: str
    status: str
    standing: str
    confidence: str
    weight: str
    starts_at: datetime
    detected_at: datetime
    changed_at: datetime
    digest: str
    ends_at: datetime | None = None
    confirmed_at: datetime | None = None
    raised: bool = False
    cause: str | None = None
    excuse: str | None = None
    recorder_id: str | None = None
    officer_id: str | None = None
    unit_id: str | None = None
    shift_id: str | None = None
    activity_id: str | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    outage_id: str | None = None
    flaps: int = 0
    decided_by: str | None = None
    review: str | None = None
    revision: int = 1
    version: int = 1


@dataclass(frozen=True, slots=True)
class TransitionRow:
    """One change of an incident: who, when, why, from, to."""

    incident_id: str
    version: int
    at: datetime
    actor: str
    action: str
    from_status: str | None
    to_status: str
    reason: str
    detail: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """What a rule concluded at one time; `adopted`: whether the incident followed it."""

    incident_id: str
    revision: int
    at: datetime
    adopted: bool
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class IncidentSearch:
    """Search criteria; None matches all. `units` and `officer_id_seen` limit what may be shown."""

    units: Sequence[str] | None
    officer_id_seen: str | None
    sees_suspected: bool
    status: Sequence[str] | None = None
    rule: Sequence[str] | None = None
    weight: Sequence[str] | None = None
    confidence: Sequence[str] | None = None
    unit_ids: Sequence[str] | None = None
    officer_id: str | None = None
    recorder_id: str | None = None
    is_active: bool = False
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """Last known names of ids."""

    officers: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
