"""`/recorders/{recorder_id}/track`: where a recorder was while it was on duty; who looks says why, and it is recorded."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pydantic import BaseModel, Field

from alerts.duty.wearer import Wearer
from alerts.intervals import Interval, intersect, subtract
from telemetry.store.incident_list import names_of
from telemetry.store.timeline import read_track
from telemetry.web.http.problems import faulty
from telemetry.web.http.rate_limit import LOOK, charge
from telemetry.web.http.route import Call, Route
from telemetry.web.http.visibility import READERS, WATCHERS
from telemetry.web.resources.recorders import seen_recorder
from telemetry.web.resources.time_range import (
    Span,
    StretchQuery,
    Worn,
    look_at_places,
    seen_stretch,
    span_of,
    stretch_of,
)

_MOST_FIXES: Final = 20_000


class TrackQuery(StretchQuery):
    """`why` he looks: it goes into the log with who and when."""

    why: str = Field(default="", max_length=500)


class Fix(BaseModel):
    """A position in WGS-84."""

    at: datetime
    lat: float
    lon: float
    accuracy_m: float | None
    speed_mps: float | None
    heading_deg: float | None
    fix: str


class Track(Span):
    """Where a recorder was while it was on duty, and no other time; `wearers` says whose way each part of it is.

    `officer_id` is None where it isn't certain who wore it, and while it was lost.
    """

    recorder_id: str
    wearers: list[Worn]
    shown: list[Span]
    fixes: list[Fix]
    is_cut: bool


async def _track(call: Call) -> Track:
    recorder_id = await seen_recorder(call)
    within = stretch_of(call.query, call.now)
    if not call.query.why.strip() and call.account.roles & WATCHERS:
        raise faulty("why", "a reason is missing", "须写明查看原因")
    charge(call, LOOK)
    within = await seen_stretch(call, recorder_id, within)
    look = await look_at_places(call, recorder_id, within, call.query.why)
    parts = [(part.start, part.end) for part in look.shown]
    async with call.database.connection() as connection:
        fixes = await read_track(connection, recorder_id, within.start, within.end, shown=parts, limit=_MOST_FIXES + 1)
        names = await names_of(connection, officers=[answer.officer_id for _, answer in look.stretches])
    return Track(
        **span_of(within),
        recorder_id=recorder_id,
        wearers=[
            Worn(officer_id=who, officer_name=names.officers.get(who or ""), **span_of(during))
            for during, who in _by_person(look.stretches, look.lost)
            if intersect([during], look.shown)
        ],
        shown=[Span(**span_of(part)) for part in look.shown],
        fixes=[Fix(**row) for row in fixes[:_MOST_FIXES]],
        is_cut=len(fixes) > _MOST_FIXES,
    )


def _by_person(
    stretches: Sequence[tuple[Interval, Wearer]], lost: Sequence[Interval]
) -> list[tuple[Interval, str | None]]:
    """Who wore it, adjoining stretches of one person as one whatever facts name him; nobody while it was lost."""
    pieces: list[tuple[Interval, str | None]] = []
    for during, answer in stretches:
        pieces += [(part, answer.officer_id) for part in subtract([during], lost)]
        pieces += [(part, None) for part in intersect([during], lost)]
    found: list[tuple[Interval, str | None]] = []
    for part, who in sorted(pieces, key=lambda piece: piece[0].start):
        if found and found[-1][1] == who:
            found[-1] = (Interval(found[-1][0].start, part.end), who)
        else:
            found.append((part, who))
    return found


ROUTES: Final = (
    Route(
        "GET",
        "/recorders/{recorder_id}/track",
        _track,
        summary="勤务期间的轨迹（留痕）",
        roles=READERS,
        query=TrackQuery,
        answer=Track,
        audited=True,
    ),
)
