"""Stores the findings of a tick as incidents; writes only what changed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from alerts.finding import Finding
from alerts.incidents.revise import Change, content_of, digest_of, incident_id, settle
from telemetry.store.incidents import digests, lock_incidents, write_changes
from telemetry.store.pool import Connection


@dataclass(frozen=True, slots=True)
class ReconcileResult:
    """What a tick changed: the number of findings without news, and the number of changes by action.

    Actions are `opened`, `revised`, `excused`, `withdrawn`, `resolved`, `reinstated`; for incidents that people had
    decided, `noted` or `flagged` (for review).
    """

    unchanged: int
    actions: Counter[str] = field(default_factory=Counter)
    incident_ids: tuple[str, ...] = ()


async def reconcile(connection: Connection, findings: Iterable[Finding], now: datetime) -> ReconcileResult:
    """Update the incidents to the *findings* of the rules at *now*, in the caller's transaction.

    Idempotent: the same findings again write nothing. Of two findings with the same rule and key, the later one counts.
    An incident without a finding stays as it is: a rule ends it explicitly, by `resolved` or `withdrawn`.
    """
    latest = {incident_id(finding.rule, finding.key): finding for finding in findings}
    if not latest:
        return ReconcileResult(0)
    known = await digests(connection, list(latest))
    news = {
        name: finding
        for name, finding in latest.items()
        if known.get(name) != digest_of(finding, content_of(finding))
        and (name in known or finding.standing != "withdrawn")
    }
    if not news:
        return ReconcileResult(len(latest))
    rows = await lock_incidents(connection, [name for name in news if name in known])
    changes = [change for name, finding in news.items() if (change := settle(rows.get(name), finding, now)) is not None]
    await save(connection, changes)
    return ReconcileResult(
        len(latest) - len(changes),
        Counter(change.transition.action for change in changes),
        tuple(change.incident.incident_id for change in changes),
    )


async def save(connection: Connection, changes: list[Change]) -> None:
    """Store changes: incident, transition, and revision if there is one."""
    await write_changes(
        connection,
        [change.incident for change in changes],
        [change.transition for change in changes],
        [change.revision for change in changes if change.revision is not None],
    )
