"""Evaluation, step 1b: which of the losses many share, kept under one key while more members come to light."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import cast

from alerts.finding import Look
from alerts.rules import outage as rule
from alerts.rules.outage import KeyedOutage
from alerts.rules.tick import Tick
from alerts.silences.cause_evidence import SharedLoss
from alerts.silences.outage import Outage, OutageParameters, Scope, find_outages
from alerts.silences.rows import SilenceRow
from alerts.silences.standstill import Standstill, began_in
from telemetry.store.evaluation import fetch_rule, put_rule

_FRESH = timedelta(minutes=20)
_WINDOW = timedelta(minutes=4)


@dataclass(frozen=True, slots=True)
class _Kept:
    scope: Scope
    unit_id: str | None
    kind: str
    on_duty: int


async def share_losses(
    tick: Tick, rows: Sequence[SilenceRow], standstills: Sequence[Standstill]
) -> tuple[list[SilenceRow], dict[str, SharedLoss]]:
    """*rows* with the key of the outage that each belongs to, and those outages; says what the rule says of them.

    One that began in one of our own *standstills*, of which we learnt later, is no cell's.
    """
    found = await _found(tick, rows)
    by_id = {member.silence_id: key for key, outage in found.items() for member in outage.members}
    rows = [replace(row, outage_key=by_id.get(row.silence_id, row.outage_key)) for row in rows]
    keys = {row.outage_key for row in rows if row.outage_key is not None} | found.keys()
    kept = (
        {row["outage_key"]: row for row in await fetch_rule(tick.connection, "outage", "outages", sorted(keys))}
        if keys
        else {}
    )
    members: dict[str, list[SilenceRow]] = defaultdict(list)
    if keys:
        for record in await fetch_rule(tick.connection, "outage", "silences_of_outages", sorted(keys)):
            row = SilenceRow.of(record)
            members[cast("str", row.outage_key)].append(row)
    shared: dict[str, SharedLoss] = {}
    records = []
    for key in sorted(keys):
        outage = found.get(key)
        if outage is None:
            row = kept[key]
            outage = Outage((row["scope"], row["name"]), tuple(members[key]), row["on_duty"], row["kind"])
        elif key in kept:
            # Members that were counted earlier stay members: more only came to light.
            names = {member.silence_id for member in outage.members}
            old = [m for m in members[key] if m.silence_id not in names]
            outage = replace(outage, members=(*outage.members, *old), on_duty=max(outage.on_duty, kept[key]["on_duty"]))
        if not outage.members:
            continue
        if began_in(standstills, outage.starts_at):
            outage = replace(outage, kind="platform_outage")
        parameters = tick.settings.of(OutageParameters)
        ends_at = outage.ends_at(parameters.back_share)
        unit_id = outage.scope[1] if outage.scope[0] == "unit" else None
        shared[key] = SharedLoss(
            outage.kind, len(outage.members), outage.starts_at, ends_at, outage.cells_back(parameters.cell_share)
        )
        records.append((key, *outage.scope, unit_id, outage.kind, outage.on_duty, outage.starts_at, ends_at))
        tick.say(key, rule.judge(KeyedOutage(key, outage), unit_id, parameters))
        tick.looks.append(Look(rule.RULE.id, key, outage.starts_at, tick.now))
        _look_again_at_members(tick, outage, key, kept)
    await put_rule(tick.connection, "outage", "put_outages", records)
    return rows, shared


def _look_again_at_members(tick: Tick, outage: Outage, key: str, kept: dict[str, object]) -> None:
    """Members that a verdict without the outage was given of, and those that stay away after it has ended."""
    ends_at = outage.ends_at(tick.settings.of(OutageParameters).back_share)
    for member in outage.members:
        if member.outage_key != key or key not in kept:
            tick.due("silence", str(member.silence_id), tick.now + timedelta(seconds=1))
        elif ends_at is not None and member.until is None:
            tick.due("silence", str(member.silence_id), ends_at + timedelta(minutes=10))


async def _found(tick: Tick, rows: Sequence[SilenceRow]) -> dict[str, Outage]:
    """New or grown outages among losses near those of *rows*, by key."""
    fresh = [row.since for row in rows if row.counts and row.since >= tick.now - _FRESH]
    if not fresh:
        return {}
    lower, upper = min(fresh) - _WINDOW, max(fresh) + _WINDOW
    known = [
        SilenceRow.of(record)
        for record in await fetch_rule(tick.connection, "outage", "counted_silences", lower, upper)
    ]
    parameters = tick.settings.of(OutageParameters)
    if not _is_worth_a_census(known, parameters):
        return {}
    on_air = await tick.census.at(
        tick.connection, min(row.since for row in known), tick.now, [(row.recorder_id, row.cell) for row in known]
    )
    found: dict[str, Outage] = {}
    for outage in find_outages(known, on_air, parameters):
        keys = sorted({m.outage_key for m in outage.members if m.outage_key is not None and m.outage_key not in found})
        key = keys[0] if keys else f"{outage.starts_at.isoformat()}|{outage.scope[0]}|{outage.scope[1]}"
        found[key] = outage
        await _absorb(tick, keys[1:], key)
        await put_rule(tick.connection, "outage", "set_outage_keys", [(m.silence_id, key) for m in outage.members])
    return found


async def _absorb(tick: Tick, keys: Sequence[str], into: str) -> None:
    """Outages that turned out to be one: the earliest keeps its key, the others are withdrawn."""
    if not keys:
        return
    records = await fetch_rule(tick.connection, "outage", "silences_of_outages", list(keys))
    await put_rule(tick.connection, "outage", "set_outage_keys", [(record["silence_id"], into) for record in records])
    for old in await fetch_rule(tick.connection, "outage", "outages", list(keys)):
        tick.looks.append(Look(rule.RULE.id, old["outage_key"], old["starts_at"], tick.now))
    await fetch_rule(tick.connection, "outage", "drop_outages", list(keys))


def _is_worth_a_census(losses: Sequence[SilenceRow], parameters: OutageParameters) -> bool:
    """Whether enough were lost at all, in a cell or anywhere, to ask who was on duty."""
    cells: dict[str, int] = defaultdict(int)
    for loss in losses:
        if loss.cell is not None:
            cells[loss.cell] += 1
    return len(losses) >= parameters.unit_min or max(cells.values(), default=0) >= parameters.cell_min
