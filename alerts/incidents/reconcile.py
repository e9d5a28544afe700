"""Incidents, the doing for rules: a tick's findings become incidents, at once and only where something changed."""

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
    """What a tick did: how many findings said nothing new, and the changes by action.

    Actions are `opened`, `revised`, `excused`, `withdrawn`, `resolved`, `reinstated`, and `noted` or `flagged` (for
    review) where people had decided.
    """

    unchanged: int
    actions: Counter[str] = field(default_factory=Counter)
    incident_ids: tuple[str, ...] = ()


async def reconcile(connection: Connection, findings: Iterable[Finding], now: datetime) -> ReconcileResult:
    """Bring the incidents in line with what the rules conclude at *now*; the caller's transaction holds it all.

    Idempotent: the same conclusions again write nothing. Of two findings with one rule and key the later counts. A
    finding that is no longer given leaves its incident as it is: rules say `resolved` or `withdrawn` when they mean it.
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
    """Write some changes, each with its transition and its conclusion."""
    await write_changes(
        connection,
        [change.incident for change in changes],
        [change.transition for change in changes],
        [change.revision for change in changes if change.revision is not None],
    )
