"""Assign losses to outages. An outage keeps its key as more members become known."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from alerts.rules.tick import Tick
from alerts.silences.cause_evidence import SharedLoss
from alerts.silences.outage import Outage, OutageParameters, find_outages
from alerts.silences.rows import SilenceRow
from alerts.silences.standstill import Standstill, began_in

_FRESH = timedelta(minutes=20)
_WINDOW = timedelta(minutes=6)
"""The longest heartbeat of the contract (300 s), and a minute."""


@dataclass(frozen=True, slots=True)
class KeyedOutage:
    """An outage with its lasting key."""

    key: str
    outage: Outage

    @property
    def unit_id(self) -> str | None:
        """The unit to which it is limited; None for the fleet or a cell."""
        return self.outage.scope[1] if self.outage.scope[0] == "unit" else None


@dataclass(slots=True)
class SharedLosses:
    """The losses of one tick with the keys of their outages; `absorbed` (key, start) are outages merged into others."""

    rows: list[SilenceRow]
    outages: list[KeyedOutage] = field(default_factory=list)
    absorbed: list[tuple[str, datetime]] = field(default_factory=list)
    by_key: dict[str, SharedLoss] = field(default_factory=dict)


async def share_losses(tick: Tick, rows: Sequence[SilenceRow], standstills: Sequence[Standstill]) -> SharedLosses:
    """Find the outages that explain some of *rows*.

    An outage that began in a standstill of our own system is `platform_outage`, even if the standstill is known only
    later.
    """
    told = SharedLosses([])
    found = await _found(tick, rows, told)
    by_id = {member.silence_id: key for key, outage in found.items() for member in outage.members}
    told.rows = [replace(row, outage_key=by_id.get(row.silence_id, row.outage_key)) for row in rows]
    keys = sorted({row.outage_key for row in told.rows if row.outage_key is not None} | found.keys())
    if not keys:
        return told
    kept = {row["outage_key"]: row for row in await tick.questions.ask("outage.outages", keys)}
    members: dict[str, list[SilenceRow]] = defaultdict(list)
    for record in await tick.questions.ask("outage.silences_of_outages", keys):
        row = SilenceRow.of(record)
        members[cast("str", row.outage_key)].append(row)
    parameters = tick.settings.of(OutageParameters)
    records = []
    for key in keys:
        outage = _grown(found.get(key), kept.get(key), members[key])
        if not outage.members:
            continue
        if began_in(standstills, outage.starts_at):
            outage = replace(outage, kind="platform_outage")
        ends_at = outage.ends_at(parameters.back_share)
        back = outage.cells_back(parameters.cell_share)
        told.by_key[key] = SharedLoss(outage.kind, len(outage.members), outage.starts_at, ends_at, back)
        keyed = KeyedOutage(key, outage)
        told.outages.append(keyed)
        records.append((key, *outage.scope, keyed.unit_id, outage.kind, outage.on_duty, outage.starts_at, ends_at))
        _look_again_at_members(tick, outage, key, kept)
    await tick.questions.of("outage.put_outages", records)
    return told


def _grown(found: Outage | None, kept: Any, members: Sequence[SilenceRow]) -> Outage:
    """The outage with its members so far; members found earlier stay."""
    if found is None:
        return Outage((kept["scope"], kept["name"]), tuple(members), kept["on_duty"], kept["kind"])
    if kept is None:
        return found
    names = {member.silence_id for member in found.members}
    old = [member for member in members if member.silence_id not in names]
    return replace(found, members=(*found.members, *old), on_duty=max(found.on_duty, kept["on_duty"]))


def _look_again_at_members(tick: Tick, outage: Outage, key: str, kept: dict[str, Any]) -> None:
    """Schedule members judged without the outage, and those still silent after it ended."""
    ends_at = outage.ends_at(tick.settings.of(OutageParameters).back_share)
    for member in outage.members:
        if member.outage_key != key or key not in kept:
            tick.due("silence", str(member.silence_id), tick.now + timedelta(seconds=1))
        elif ends_at is not None and member.until is None:
            tick.due("silence", str(member.silence_id), ends_at + timedelta(minutes=10))


async def _found(tick: Tick, rows: Sequence[SilenceRow], told: SharedLosses) -> dict[str, Outage]:
    """By key, new or grown outages among losses near those of *rows*."""
    fresh = [row.since for row in rows if row.counts and row.since >= tick.now - _FRESH]
    if not fresh:
        return {}
    lower, upper = min(fresh) - _WINDOW, max(fresh) + _WINDOW
    known = [SilenceRow.of(record) for record in await tick.questions.ask("outage.counted_silences", lower, upper)]
    parameters = tick.settings.of(OutageParameters)
    if not _is_worth_a_snapshot(known, parameters):
        return {}
    on_air = await tick.on_duty_snapshot.at(
        tick.questions,
        tick.ask_facts,
        min(row.since for row in known),
        tick.now,
        lost=[(row.recorder_id, row.cell) for row in known],
    )
    found: dict[str, Outage] = {}
    for outage in find_outages(known, on_air, parameters):
        keys = sorted({m.outage_key for m in outage.members if m.outage_key is not None and m.outage_key not in found})
        key = keys[0] if keys else f"{outage.starts_at.isoformat()}|{outage.scope[0]}|{outage.scope[1]}"
        found[key] = outage
        told.absorbed += await _absorb(tick, keys[1:], key)
        await tick.questions.of("outage.set_outage_keys", [(m.silence_id, key) for m in outage.members])
    return found


async def _absorb(tick: Tick, keys: Sequence[str], into: str) -> list[tuple[str, datetime]]:
    """Merge outages into one: the earliest keeps its key, the others are deleted."""
    if not keys:
        return []
    records = await tick.questions.ask("outage.silences_of_outages", list(keys))
    await tick.questions.of("outage.set_outage_keys", [(record["silence_id"], into) for record in records])
    absorbed = [(old["outage_key"], old["starts_at"]) for old in await tick.questions.ask("outage.outages", list(keys))]
    await tick.questions.ask("outage.drop_outages", list(keys))
    return absorbed


def _is_worth_a_snapshot(losses: Sequence[SilenceRow], parameters: OutageParameters) -> bool:
    """Whether enough recorders were lost to ask who was on duty."""
    cells: dict[str, int] = defaultdict(int)
    for loss in losses:
        if loss.cell is not None:
            cells[loss.cell] += 1
    return len(losses) >= parameters.unit_min or max(cells.values(), default=0) >= parameters.cell_min
