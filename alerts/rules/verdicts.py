"""Evaluation: verdicts as they are kept with a silence, and the cards that are bound to recorders."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from alerts.facts.known import KnownFacts
from alerts.finding import Confidence, is_limit
from alerts.rules.tick import Tick
from alerts.silences.cause_evidence import Binding, Cause, SimEvidence, Verdict
from alerts.silences.rows import SilenceRow
from telemetry.store.evaluation import fetch_rule


async def bindings_of(tick: Tick, recorder_ids: set[str], facts: KnownFacts) -> dict[str, list[Binding]]:
    """The cards of some recorders: the register's own, and those bound since."""
    found: dict[str, list[Binding]] = defaultdict(list)
    for recorder_id in recorder_ids:
        register = facts.recorder_at(recorder_id, tick.now)
        if register is not None and register.iccid is not None:
            found[recorder_id].append(Binding(register.iccid))
    for recorder_id, iccid, valid_from in await fetch_rule(
        tick.connection, "sim_removed", "bindings", sorted(recorder_ids), tick.now
    ):
        found[recorder_id].append(Binding(iccid, valid_from))
    return found


def verdict_of(row: SilenceRow) -> Verdict | None:
    """The verdict that is kept with a silence."""
    kept: Mapping[str, Any] | None = row.verdict
    if kept is None or row.cause is None:
        return None
    told = kept["facts"].get("sim")
    sim = None if told is None else msgspec.convert(told, SimEvidence)
    return Verdict(
        cast("Cause", row.cause),
        cast("Confidence", row.confidence),
        tuple(kept["reasons"]),
        tuple(plea for plea in kept["pleas"] if not is_limit(plea)),
        dict(kept["facts"]),
        sim,
    )
