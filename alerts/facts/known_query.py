"""Query the facts known at a moment about a period, for rules and for the wearer."""

from collections.abc import Sequence
from datetime import datetime

from alerts.facts.known import (
    KnownAssignment,
    KnownDuty,
    KnownExemption,
    KnownFacts,
    KnownOfficer,
    KnownRecorder,
    KnownReport,
    KnownUnit,
    Login,
)
from alerts.intervals import Interval
from telemetry.store.facts import fetch_sheaf
from telemetry.store.pool import Connection


async def known_facts(
    connection: Connection,
    now: datetime,
    within: Interval,
    *,
    recorder_ids: Sequence[str] | None = None,
    officer_ids: Sequence[str] = (),
) -> KnownFacts:
    """The facts known at *now* that overlap *within*.

    With *recorder_ids* and *officer_ids*, only what is needed to judge these; the cost then grows with their number.
    For an activity pass its whole team.
    """
    span = (now, within.start, within.end)
    sheaf = await fetch_sheaf(connection, span, recorder_ids=recorder_ids, officer_ids=officer_ids)
    shifts = [KnownDuty.of("shift", row) for row in sheaf.shifts]
    activities = [KnownDuty.of("activity", row) for row in sheaf.activities]
    return KnownFacts(
        units=[KnownUnit(**row) for row in sheaf.units],
        officers=[KnownOfficer(**{**row, "roles": tuple(row["roles"])}) for row in sheaf.officers],
        recorders=[KnownRecorder(**row) for row in sheaf.recorders],
        assignments=[KnownAssignment(**row) for row in sheaf.assignments],
        duties=shifts + activities,
        exemptions=[KnownExemption(**row) for row in sheaf.exemptions],
        reports=[KnownReport(**row) for row in sheaf.reports],
        logins=[Login(**row) for row in sheaf.logins],
        recordings=[(row["recorder_id"], Interval(row["since"], row["until"])) for row in sheaf.recordings],
        used=[(row["recorder_id"], Interval(row["since"], row["until"])) for row in sheaf.used],
    )
