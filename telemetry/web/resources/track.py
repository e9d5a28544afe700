"""`/recorders/{recorder_id}/track`: where a recorder was while it was on duty; who looks says why, and it is recorded."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pydantic import BaseModel, Field

from alerts.duty.on_duty import duty_times, recorder_on_duty
from alerts.duty.wearer import Wearer, wearers_during
from alerts.facts.known import KnownFacts
from alerts.facts.known_query import known_facts
from alerts.intervals import Interval, intersect, subtract, union
from telemetry.store.incident_list import names_of
from telemetry.store.timeline import read_track
from telemetry.web.http.problems import faulty
from telemetry.web.http.rate_limit import LOOK, charge
from telemetry.web.http.route import Call, Route
from telemetry.web.http.visibility import READERS, WATCHERS
from telemetry.web.resources.recorders import seen_recorder
from telemetry.web.resources.time_range import Span, StretchQuery, Worn, seen_stretch, span_of, stretch_of, widened

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
    async with call.database.connection() as connection:
        facts = await known_facts(connection, call.now, widened(within), recorder_ids=[recorder_id])
    stretches = wearers_during(recorder_id, within, facts)
    shown = _shown(call, recorder_id, within, facts, stretches)
    people = {who for _, answer in stretches for who in answer.candidates}
    # With no connection in hand: who holds one and waits for another can wait for ever.
    await call.audit(
        "view.track",
        "recorder",
        recorder_id,
        why=call.query.why,
        officer_ids=tuple(sorted(people)),
        detail={"from": within.start.isoformat(), "to": within.end.isoformat()},
    )
    parts = [(part.start, part.end) for part in shown]
    async with call.database.connection() as connection:
        fixes = await read_track(connection, recorder_id, within.start, within.end, shown=parts, limit=_MOST_FIXES + 1)
        names = await names_of(connection, officers=[answer.officer_id for _, answer in stretches])
    return Track(
        **span_of(within),
        recorder_id=recorder_id,
        wearers=[
            Worn(officer_id=who, officer_name=names.officers.get(who or ""), **span_of(during))
            for during, who in _by_person(stretches, _lost(recorder_id, within, facts))
            if intersect([during], shown)
        ],
        shown=[Span(**span_of(part)) for part in shown],
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


def _lost(recorder_id: str, within: Interval, facts: KnownFacts) -> list[Interval]:
    """When the recorder was reported lost."""
    times = (
        Interval(max(one.reported_at, within.start), min(one.resolved_at or within.end, within.end))
        for one in facts.reports
        if one.recorder_id == recorder_id and one.kind == "lost" and one.reported_at < within.end
    )
    return [during for during in times if during.start < during.end]


def _shown(
    call: Call,
    recorder_id: str,
    within: Interval,
    facts: KnownFacts,
    stretches: Sequence[tuple[Interval, Wearer]],
) -> list[Interval]:
    """The parts on duty; of an officer's own look those that he certainly wore it on his duty; lost recorders wholly."""
    on_duty = recorder_on_duty(recorder_id, within, facts)
    if not call.account.roles & WATCHERS and not call.account.scopes:
        own = call.account.officer_id
        worn = [during for during, answer in stretches if answer.officer_id == own]
        return intersect(duty_times(on for on in on_duty if on.officer_id == own or own in on.duty.officer_ids), worn)
    return union([*duty_times(on_duty), *_lost(recorder_id, within, facts)])


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
