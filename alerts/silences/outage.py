"""Silences, step 3: find outages, i.e. losses with one shared reason. Pure.

An outage explains the silence of its members. A finding about one member alone would be wrong.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from alerts.silences.rows import SilenceRow
from telemetry.domain.settings_table import Count, Seconds, Share, Table

Scope = tuple[Literal["fleet", "unit", "cell"], str]
"""What the members share: the whole fleet (""), a unit with all below it, or a radio cell."""


_LATE = timedelta(seconds=30)
"""By how much a heartbeat may be late."""


class OutageParameters(Table):
    """Thresholds of domain.md, `outage`: how many recorders have to be lost together."""

    within_s: Seconds = Field(
        120.0, title="多久之内相继静默视为同时", description="losses within this of one another are together"
    )
    unit_min: Count = Field(8, title="单位或者全局至少几台", description="least number of a unit or of the fleet")
    unit_share: Share = Field(
        0.20, title="单位或者全局在勤记录仪的比例", description="least share of those on duty of a unit or of the fleet"
    )
    cell_min: Count = Field(3, title="同一基站小区至少几台", description="least number of a cell")
    cell_share: Share = Field(
        0.60, title="同一基站小区在勤记录仪的比例", description="least share of those on duty of a cell"
    )
    shift_end_s: Seconds = Field(
        600.0,
        title="班次结束前多久内静默视为下班，不计",
        description="a recorder that falls silent this close to the end of its shift has gone home",
    )
    back_share: Share = Field(
        0.80, title="多少比例恢复后断网视为结束", description="an outage ends when this share of its members is back"
    )


@dataclass(frozen=True, slots=True)
class OnAir:
    """One recorder on duty at the loss: its unit with all units above it, its cell, and its `heartbeat_s` (s)."""

    recorder_id: str
    unit_ids: frozenset[str]
    cell: str | None
    heartbeat_s: int = 30


@dataclass(frozen=True, slots=True)
class Outage:
    """Losses within one scope, and how many recorders were on duty there."""

    scope: Scope
    members: tuple[SilenceRow, ...]
    on_duty: int
    kind: Literal["platform_outage", "cell_outage"]

    @property
    def starts_at(self) -> datetime:
        """When the first member was lost."""
        return min(member.since for member in self.members)

    def ends_at(self, back_share: float) -> datetime | None:
        """When *back_share* of the members were back; None while fewer are."""
        return _when_back(self.members, max(1, round(back_share * len(self.members))))

    def cells_back(self, cell_share: float) -> dict[str, datetime]:
        """By cell, when *cell_share* of its members (at least two) were back; cells that aren't back are missing."""
        of_cell: dict[str, list[SilenceRow]] = defaultdict(list)
        for member in self.members:
            if member.cell is not None:
                of_cell[member.cell].append(member)
        back = {
            cell: _when_back(members, max(2, math.ceil(cell_share * len(members)))) for cell, members in of_cell.items()
        }
        return {cell: at for cell, at in back.items() if at is not None}


def _when_back(members: Sequence[SilenceRow], needed: int) -> datetime | None:
    returns = sorted(member.until for member in members if member.until is not None)
    return returns[needed - 1] if len(returns) >= needed else None


def find_outages(
    losses: Sequence[SilenceRow], on_air: Mapping[str, OnAir], parameters: OutageParameters
) -> list[Outage]:
    """The outages among *losses*, largest first; no two of them share a member.

    *on_air* holds every recorder that was on duty and online before the losses, including the lost ones.
    """
    totals: dict[Scope, int] = defaultdict(int)
    for recorder in on_air.values():
        for scope in _scopes(recorder):
            totals[scope] += 1
    by_scope: dict[Scope, list[SilenceRow]] = defaultdict(list)
    for loss in sorted(losses, key=lambda row: (row.since, row.recorder_id)):
        for scope in _scopes(on_air[loss.recorder_id]) if loss.recorder_id in on_air else ():
            by_scope[scope].append(loss)
    found = [
        Outage(scope, members, totals[scope], _kind(scope, members, on_air, totals))
        for scope, known in by_scope.items()
        for burst in _bursts(known, _threshold(scope, totals[scope], parameters), parameters)
        for members in [(*_lost_with(burst, known, on_air), *burst)]
    ]
    return _widest(found)


def _scopes(recorder: OnAir) -> list[Scope]:
    scopes: list[Scope] = [("fleet", "")]
    scopes += [("unit", unit_id) for unit_id in sorted(recorder.unit_ids)]
    if recorder.cell is not None:
        scopes.append(("cell", recorder.cell))
    return scopes


def _threshold(scope: Scope, on_duty: int, parameters: OutageParameters) -> float:
    if scope[0] == "cell":
        return max(parameters.cell_min, parameters.cell_share * on_duty)
    return max(parameters.unit_min, parameters.unit_share * on_duty)


def _bursts(losses: Sequence[SilenceRow], threshold: float, parameters: OutageParameters) -> Iterable[list[SilenceRow]]:
    """Runs of losses in time order; throughout a run at least *threshold* recorders fell silent within the window."""
    within = timedelta(seconds=parameters.within_s)
    first = 0
    begins, ends = 0, -1
    inside: Counter[str] = Counter()
    for last, loss in enumerate(losses):
        inside[loss.recorder_id] += 1
        while loss.since - losses[first].since > within:
            left = losses[first].recorder_id
            inside[left] -= 1
            if not inside[left]:
                del inside[left]
            first += 1
        if len(inside) < threshold:
            continue
        if first > ends >= 0:
            yield list(losses[begins : ends + 1])
            begins = first
        elif ends < 0:
            begins = first
        ends = last
    if ends >= 0:
        yield list(losses[begins : ends + 1])


def _lost_with(
    burst: Sequence[SilenceRow], losses: Iterable[SilenceRow], on_air: Mapping[str, OnAir]
) -> list[SilenceRow]:
    """Earlier losses whose next heartbeat wasn't due before those of *burst*: of slow recorders, lost with them."""
    return [
        loss for loss in losses if burst[-1].since - _slack(on_air[loss.recorder_id]) <= loss.since < burst[0].since
    ]


def _slack(recorder: OnAir) -> timedelta:
    return timedelta(seconds=recorder.heartbeat_s) + _LATE


def _kind(
    scope: Scope, members: Sequence[SilenceRow], on_air: Mapping[str, OnAir], totals: Mapping[Scope, int]
) -> Literal["platform_outage", "cell_outage"]:
    """The kind of an outage.

    `platform_outage` if at least half the fleet fell silent; `cell_outage` if most members were on cells that lost
    nearly all their recorders.
    """
    if scope[0] == "cell":
        return "cell_outage"
    if len(members) >= 0.5 * totals["fleet", ""]:
        return "platform_outage"
    lost: dict[str, int] = defaultdict(int)
    for member in members:
        cell = on_air[member.recorder_id].cell
        if cell is not None:
            lost[cell] += 1
    dead = sum(number for cell, number in lost.items() if number >= 0.6 * totals["cell", cell])
    return "cell_outage" if dead >= 0.5 * len(members) else "platform_outage"


def _widest(found: Sequence[Outage]) -> list[Outage]:
    """Of outages that share members keep the largest; of equal ones the narrowest scope that holds them all."""
    order = {"cell": 0, "unit": 1, "fleet": 2}
    kept: list[Outage] = []
    taken: set[int] = set()
    for outage in sorted(found, key=lambda o: (-len(o.members), order[o.scope[0]], o.on_duty, o.scope[1])):
        names = {member.silence_id for member in outage.members}
        if names & taken:
            continue
        kept.append(outage)
        taken |= names
    return kept
