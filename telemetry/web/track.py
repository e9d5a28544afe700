"""`/recorders/{recorder_id}/track`: where a recorder was while it was on duty; who looks says why, and it is recorded."""

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from alerts.duty import duty_times, recorder_on_duty
from alerts.facts.ask import known_facts
from alerts.facts.known import KnownFacts
from alerts.intervals import Interval, union
from alerts.wearer import wearers_during
from telemetry.store.timeline import read_track
from telemetry.web.costs import LOOK, charge
from telemetry.web.problems import faulty
from telemetry.web.recorders import seen_recorder
from telemetry.web.route import WATCHERS, Call, Route
from telemetry.web.sight import READERS
from telemetry.web.stretch import StretchQuery, seen_stretch, span_of, stretch_of, widened

_MOST_FIXES: Final = 20_000


class TrackQuery(StretchQuery):
    """`why` he looks: it goes into the log with who and when."""

    why: str = Field(default="", max_length=500)


class Track(BaseModel):
    """Where a recorder was while it was on duty, and no other time."""

    model_config = ConfigDict(populate_by_name=True)
    recorder_id: str
    from_: datetime = Field(serialization_alias="from")
    to: datetime
    shown: list[dict[str, Any]]
    fixes: list[dict[str, Any]]
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
    shown = _shown(call, recorder_id, within, facts)
    people = {who for _, answer in wearers_during(recorder_id, within, facts) for who in answer.candidates}
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
    return Track(
        recorder_id=recorder_id,
        from_=within.start,
        to=within.end,
        shown=[span_of(part) for part in shown],
        fixes=fixes[:_MOST_FIXES],
        is_cut=len(fixes) > _MOST_FIXES,
    )


def _shown(call: Call, recorder_id: str, within: Interval, facts: KnownFacts) -> list[Interval]:
    """The parts on duty; of an officer's own look those in which he was the one on duty; lost recorders wholly."""
    on_duty = recorder_on_duty(recorder_id, within, facts)
    if not call.account.roles & WATCHERS and not call.account.scopes:
        own = call.account.officer_id
        return duty_times(on for on in on_duty if on.officer_id == own or own in on.duty.officer_ids)
    lost = [
        Interval(max(one.reported_at, within.start), min(one.resolved_at or within.end, within.end))
        for one in facts.reports
        if one.recorder_id == recorder_id and one.kind == "lost" and one.reported_at < within.end
    ]
    return union([*duty_times(on_duty), *(part for part in lost if part.start < part.end)])


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
