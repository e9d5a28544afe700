"""Decides how a finding changes its incident. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, cast

import msgspec

from alerts.finding import Finding, Weight
from alerts.incidents.states import DECIDED, Status, status_by_rule
from telemetry.records.incidents import IncidentRow, RevisionRow, TransitionRow

SWALLOWED_BY: Final = "swallowed_by"
"""Name in a finding's facts: the key of the `outage` that explains it. Such an incident is listed there only."""
_FOLLOWED: Final = (
    *("confidence", "weight", "cause", "excuse", "recorder_id", "officer_id", "unit_id", "shift_id", "activity_id"),
    *("starts_at", "ends_at", "evidence", "parameters", "outage_id"),
)
"""Fields of an incident that its findings set until people decide."""
_TOLD: Final = tuple(name for name in _FOLLOWED if name not in {"evidence", "parameters"})
"""Fields whose old and new values are stored with the transition; the others are in the revisions only."""


@dataclass(frozen=True, slots=True)
class Change:
    """An incident after a change, the transition, and the revision if the finding is new."""

    incident: IncidentRow
    transition: TransitionRow
    revision: RevisionRow | None = None


def incident_id(rule: str, key: str) -> str:
    """The incident's id, derived from *rule* and *key* so that every replay gives the same (100 bits of SHA-256)."""
    return "I" + hashlib.sha256(f"{rule}|{key}".encode()).hexdigest()[:25]


def content_of(finding: Finding) -> dict[str, Any]:
    """A finding's values for the fields of an incident."""
    swallowed_by = finding.evidence.facts.get(SWALLOWED_BY)
    return {
        "confidence": finding.confidence,
        "weight": finding.weight,
        "cause": finding.cause,
        "excuse": finding.excuse,
        "recorder_id": finding.subject.recorder_id,
        "officer_id": finding.subject.officer_id,
        "unit_id": finding.subject.unit_id,
        "shift_id": finding.subject.shift_id,
        "activity_id": finding.subject.activity_id,
        "starts_at": finding.starts_at,
        "ends_at": finding.ends_at,
        "evidence": finding.evidence.as_values(),
        "parameters": finding.parameters,
        "outage_id": None if swallowed_by is None else incident_id("outage", swallowed_by),
    }


def digest_of(finding: Finding, content: Mapping[str, Any]) -> str:
    """A digest of a finding; equal digests mean that nothing changed."""
    said = msgspec.json.encode([finding.standing, content], order="sorted")
    return hashlib.blake2b(said, digest_size=16).hexdigest()


def settle(before: IncidentRow | None, finding: Finding, now: datetime) -> Change | None:
    """The change that *finding* makes to its incident at *now*; None if it changes nothing."""
    content = content_of(finding)
    digest = digest_of(finding, content)
    if before is None:
        return _opened(finding, content, digest, now)
    if before.digest == digest:
        return None
    if before.status in DECIDED - {"reopened"} or before.decided_by is not None:
        return _set_aside(before, finding, content, digest, now)
    return _revised(before, finding, content, digest, now)


def as_opened_by(account: str, finding: Finding, now: datetime) -> Change:
    """The change that opens an incident by hand: like a rule's, with the account as the actor."""
    content = content_of(finding)
    change = _opened(finding, content, digest_of(finding, content), now)
    assert change is not None
    return replace(change, transition=replace(change.transition, actor=account))


def _opened(finding: Finding, content: dict[str, Any], digest: str, now: datetime) -> Change | None:
    status = status_by_rule(None, finding.standing, finding.weight)
    if status is None:
        return None
    row = IncidentRow(
        incident_id=incident_id(finding.rule, finding.key),
        rule=finding.rule,
        key=finding.key,
        status=status,
        standing=finding.standing,
        detected_at=now,
        confirmed_at=now if finding.confidence == "confirmed" else None,
        changed_at=now,
        digest=digest,
        **content,
    )
    return Change(row, _transition(row, None, "opened", finding, None), _revision(row, content, adopted=True))


def _revised(before: IncidentRow, finding: Finding, content: dict[str, Any], digest: str, now: datetime) -> Change:
    before_status = cast("Status", before.status)
    status = status_by_rule(before_status, finding.standing, finding.weight)
    assert status is not None
    confirmed_at = (before.confirmed_at or now) if finding.confidence == "confirmed" else None
    is_flap = before.status == "resolved" and status == "open"
    row = replace(
        before,
        **content,
        status=status,
        standing=finding.standing,
        confirmed_at=confirmed_at,
        changed_at=now,
        digest=digest,
        flaps=before.flaps + is_flap,
        revision=before.revision + 1,
        version=before.version + 1,
    )
    if status == "reopened" and finding.standing in {"withdrawn", "excused"}:
        row = replace(row, review=finding.standing)
    action = _action(before_status, status)
    changed = differences(before, row)
    return Change(row, _transition(row, before.status, action, finding, changed), _revision(row, content, adopted=True))


def _set_aside(before: IncidentRow, finding: Finding, content: dict[str, Any], digest: str, now: datetime) -> Change:
    """Store a finding made after people decided; ask for a review if it speaks against their decision."""
    after = replace(before, **content)
    changed = differences(before, after)
    review = before.review
    if before.status == "upheld" and (changed or finding.standing in {"withdrawn", "excused"}):
        review = finding.standing if finding.standing != "holds" else "revised"
    row = replace(
        before,
        standing=finding.standing,
        digest=digest,
        review=review,
        changed_at=now,
        revision=before.revision + 1,
        version=before.version + 1,
    )
    action = "flagged" if review != before.review else "noted"
    return Change(
        row, _transition(row, before.status, action, finding, changed), _revision(row, content, adopted=False)
    )


def differences(before: IncidentRow, after: IncidentRow) -> dict[str, list[Any]]:
    """The fields that changed, as {field: [before, after]}."""
    pairs = {name: [getattr(before, name), getattr(after, name)] for name in _TOLD}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def adopted(incident: IncidentRow, content: Mapping[str, Any], now: datetime) -> IncidentRow:
    """*incident* with the fields of a stored finding, so that a review works on the latest evidence."""
    values = {name: content[name] for name in _FOLLOWED}
    for name in ("starts_at", "ends_at"):
        if isinstance(values[name], str):
            values[name] = datetime.fromisoformat(values[name])
    confirmed_at = (incident.confirmed_at or now) if values["confidence"] == "confirmed" else None
    return replace(incident, **values, confirmed_at=confirmed_at)


def _action(before: Status, after: Status) -> str:
    if before == after:
        return "revised"
    return "reinstated" if after == "open" else after


def _transition(
    row: IncidentRow, from_status: str | None, action: str, finding: Finding, changed: dict[str, list[Any]] | None
) -> TransitionRow:
    return TransitionRow(
        incident_id=row.incident_id,
        version=row.version,
        at=row.changed_at,
        actor=f"rule:{finding.rule}",
        action=action,
        from_status=from_status,
        to_status=row.status,
        reason=finding.excuse or finding.evidence.key,
        detail=changed or None,
    )


def _revision(row: IncidentRow, content: dict[str, Any], *, adopted: bool) -> RevisionRow:
    return RevisionRow(row.incident_id, row.revision, row.changed_at, adopted, content)


def effective_weight(incident: IncidentRow) -> Weight:
    """The weight, taking into account that a verifier may have raised a check to transfer."""
    return "transfer" if incident.raised and incident.weight == "check" else cast("Weight", incident.weight)
