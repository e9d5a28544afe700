"""Silences, step 2: read what was measured around many silences at once and arrange it for the decision."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerts.questions import Questions
from alerts.silences.cause_evidence import (
    Beat,
    Binding,
    Birth,
    Bundle,
    Charge,
    Happening,
    Neighbours,
    Period,
    SharedLoss,
)
from alerts.silences.rows import SilenceRow
from telemetry.records.evaluation import Stretch

BEFORE = timedelta(minutes=12)
AFTER = timedelta(minutes=4)
_NEIGHBOURS_FOR = timedelta(minutes=6)
"""Neighbours are recounted for this long after a loss: those lost with it show up within three heartbeats.

A loss that is noted later (at a heartbeat of two minutes, say) is counted when it is noted.
"""


@dataclass(slots=True)
class Readings:
    """Readings from `BEFORE` the silence to `AFTER` it."""

    beats: list[Beat] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    births: list[Birth] = field(default_factory=list)
    events: list[Happening] = field(default_factory=list)


async def readings_of(questions: Questions, rows: Sequence[SilenceRow], now: datetime) -> dict[int, Readings]:
    """The readings around *rows*, by `silence_id`; an open silence is read up to *now*."""
    stretches: list[Stretch] = [
        (row.silence_id, row.recorder_id, row.since - BEFORE, (row.until or now) + AFTER) for row in rows
    ]
    found: dict[int, Readings] = defaultdict(Readings)
    for key, *values in await questions.over("beats", stretches):
        found[key].beats.append(Beat(*values))
    for key, *values in await questions.over("charges", stretches):
        found[key].charges.append(Charge(*values))
    for key, *values in await questions.over("births", stretches):
        found[key].births.append(Birth(*values[:7]))
    for key, at, kind, boot, *_ in await questions.over("events", stretches):
        found[key].events.append(Happening(at, kind, boot))
    return found


def with_cells(rows: Iterable[SilenceRow], readings: Mapping[int, Readings]) -> list[SilenceRow]:
    """*rows* with the cell of each recorder's last live heartbeat before the loss."""
    return [replace(row, cell=_last_cell(row, readings.get(row.silence_id, Readings())) or row.cell) for row in rows]


def _last_cell(row: SilenceRow, readings: Readings) -> str | None:
    cells = [b.cell for b in readings.beats if b.at <= row.since and b.cell is not None and not b.backlog]
    return cells[-1] if cells else None


async def with_neighbours(questions: Questions, rows: Sequence[SilenceRow], now: datetime) -> list[SilenceRow]:
    """*rows* with the number of neighbours that stayed online or fell silent.

    They are counted while the loss or the return is recent; afterwards the stored numbers stay.
    """
    fresh = [
        (row.silence_id, row.recorder_id, row.cell, row.since)
        for row in rows
        if now <= row.since + _NEIGHBOURS_FOR or (row.until is None and now == row.noted_at)
    ]
    counted = {row[0]: tuple(row[1:]) for row in await questions.of("sim_removed.cell_neighbours", fresh)}
    ended = [
        (row.silence_id, row.recorder_id, row.cell, row.since, row.until)
        for row in rows
        if row.until is not None and now <= row.until + _NEIGHBOURS_FOR
    ]
    together = {row[0]: row[1] for row in await questions.of("sim_removed.back_together", ended)}
    return [
        replace(row, cell_silent=max(row.cell_silent, together.get(row.silence_id, 0)))
        for row in (_counted(row, counted.get(row.silence_id)) for row in rows)
    ]


def _counted(row: SilenceRow, counts: tuple[int, ...] | None) -> SilenceRow:
    if counts is None:
        return row
    online, silent, fleet = counts
    return replace(
        row,
        cell_online=online,
        cell_silent=max(silent, row.cell_silent),
        fleet_online=fleet,
    )


def bundle_of(
    row: SilenceRow,
    readings: Readings,
    heartbeat_s: int,
    *,
    outage: SharedLoss | None,
    bindings: Iterable[Binding],
    repairs: Iterable[Period],
) -> Bundle:
    """The evidence about one silence."""
    until = row.until
    return Bundle(
        silence=row.as_evidence(heartbeat_s),
        before=tuple(b for b in readings.beats if b.at <= row.since),
        during=tuple(b for b in readings.beats if b.at > row.since and (until is None or b.at < until)),
        after=tuple(b for b in readings.beats if until is not None and b.at >= until and not b.backlog),
        charges_before=tuple(c for c in readings.charges if c.at <= row.since),
        charges_during=tuple(c for c in readings.charges if c.at > row.since and (until is None or c.at < until)),
        births=tuple(b for b in readings.births if b.at > row.since),
        events=tuple(readings.events),
        neighbours=Neighbours(row.cell, row.cell_online, row.cell_silent, row.fleet_online),
        outage=outage,
        bindings=tuple(bindings),
        repairs=tuple(repairs),
    )
