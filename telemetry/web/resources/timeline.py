"""`/recorders/{recorder_id}/timeline` and `/incidents/{incident_id}/timeline`: all that was known, on one axis of time."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json

from alerts.duty.on_duty import exempt_times
from alerts.duty.wearer import wearers_during, worn_by
from alerts.facts.known import KnownDuty, KnownFacts
from alerts.facts.known_query import known_facts
from alerts.intervals import Interval
from telemetry.records.incidents import IncidentRow
from telemetry.store.incident_list import names_of
from telemetry.store.pool import Connection
from telemetry.store.timeline import read_parts
from telemetry.web.http.rate_limit import LOOK, charge
from telemetry.web.http.route import Call, Route
from telemetry.web.http.visibility import READERS, WATCHERS
from telemetry.web.resources.incidents import seen_incident
from telemetry.web.resources.recorders import seen_recorder
from telemetry.web.resources.time_range import (
    LONGEST,
    Span,
    StretchQuery,
    Worn,
    placed_times,
    seen_stretch,
    span_of,
    stretch_of,
    widened,
    without_place,
)

_PAD: Final = timedelta(minutes=30)


class Duty(BaseModel):
    """A shift or an activity; one without an end runs."""

    model_config = ConfigDict(populate_by_name=True)
    id: str
    officer_id: str
    officer_name: str | None
    officer_ids: tuple[str, ...]
    from_: datetime = Field(alias="from")
    to: datetime | None
    kind: str
    late: bool


class Exempted(Span):
    """Time that an exemption takes out of the duty."""

    id: str
    reason: str | None
    late: bool


class Recorded(Span):
    """Time that was recorded; `cut`: its end was never told."""

    cut: bool


class Connected(Span):
    """Time online or offline, and how the connection before it ended."""

    state: Literal["online", "offline"]
    reason: str | None


class SimSpan(Span):
    """Time in which the heartbeats told the same of the SIM."""

    state: str | None
    iccid: str | None


class Backlogged(Span):
    """Time that was measured without a link."""

    heartbeats: int


class Boot(BaseModel):
    """One run of the software."""

    boot: str
    from_: datetime = Field(alias="from")


class Happened(BaseModel):
    """An event that the recorder told of; all of its detail only where its position would be shown."""

    at: datetime
    type: str
    detail: Any


class Imported(Span):
    """What was recorded in that time, as a docking station took it over."""

    docked_at: datetime
    imported_at: datetime
    files: int


class Timeline(Span):
    """Everything on one axis; times RFC 3339."""

    recorder_id: str | None
    wearers: list[Worn]
    shifts: list[Duty]
    activities: list[Duty]
    exemptions: list[Exempted]
    recording: list[Recorded]
    connection: list[Connected]
    sim: list[SimSpan]
    battery: list[tuple[datetime, float, bool]]
    signal: list[tuple[datetime, float | None]]
    backlog: list[Backlogged]
    boots: list[Boot]
    docked: list[Span]
    events: list[Happened]
    imports: list[Imported]


async def _timeline(call: Call) -> Timeline:
    recorder_id = await seen_recorder(call)
    within = await seen_stretch(call, recorder_id, stretch_of(call.query, call.now))
    charge(call, LOOK)
    async with call.database.connection() as connection:
        drawn = await build_timeline(connection, recorder_id, None, within, call.now)
    people = {one.officer_id for one in drawn.wearers if one.officer_id is not None}
    detail = {"from": within.start.isoformat(), "to": within.end.isoformat()}
    await call.audit("view.timeline", "recorder", recorder_id, officer_ids=tuple(sorted(people)), detail=detail)
    return drawn


async def _of_incident(call: Call) -> Timeline:
    row = await seen_incident(call)
    charge(call, LOOK)
    concerned = () if row.officer_id is None else (row.officer_id,)
    await call.audit("view.incident", "incident", row.incident_id, officer_ids=concerned)
    async with call.database.connection() as connection:
        within = padded(row, call.now)
        return await build_timeline(connection, row.recorder_id, row.officer_id, within, call.now)


def padded(row: IncidentRow, now: datetime) -> Interval:
    """The stretch around an incident that shows how it came about."""
    end = min(max(row.ends_at or now, row.starts_at), row.starts_at + LONGEST - 2 * _PAD)
    return Interval(row.starts_at - _PAD, end + _PAD)


async def build_timeline(
    connection: Connection, recorder_id: str | None, officer_id: str | None, within: Interval, now: datetime
) -> Timeline:
    """The picture of a recorder; where none is named, of the one that the officer wore."""
    wide = widened(within)
    recorder_ids = [] if recorder_id is None else [recorder_id]
    officer_ids = [] if officer_id is None else [officer_id]
    facts = await known_facts(connection, now, wide, recorder_ids=recorder_ids, officer_ids=officer_ids)
    if recorder_id is None and officer_id is not None:
        worn = worn_by(officer_id, within, facts)
        recorder_id = max(worn, key=lambda one: one.during.length).recorder_id if worn else None
    measured = await read_parts(connection, recorder_id, within.start, within.end, now)
    if recorder_id is not None:
        measured["connection"] = list(_connection(measured["connection"], within))
        placed = placed_times(recorder_id, within, facts)
        measured["events"] = [_happened(row, placed) for row in measured["events"]]
    stretches = [] if recorder_id is None else wearers_during(recorder_id, within, facts)
    people = {officer_id, *(who for _, answer in stretches for who in answer.candidates)} - {None}
    duties = _duties(recorder_id, [str(one) for one in people], within, facts)
    names = await names_of(connection, officers=[*people, *(who for duty in duties for who in duty.officer_ids)])
    exempt = [excuse for who in people for excuse in exempt_times(str(who), within, facts)]
    reasons = {f"exemptions/{one.exemption_id}": one.reason for one in facts.exemptions}
    return Timeline(
        **span_of(within),
        recorder_id=recorder_id,
        wearers=[
            Worn(officer_id=a.officer_id, officer_name=names.officers.get(a.officer_id or ""), **span_of(d))
            for d, a in stretches
        ],
        shifts=[_duty(duty, names.officers) for duty in duties if duty.kind == "shift"],
        activities=[_duty(duty, names.officers) for duty in duties if duty.kind == "activity"],
        exemptions=[
            Exempted(id=one.fact.partition("/")[2], reason=reasons.get(one.fact), late=one.late, **span_of(one.during))
            for one in exempt
        ],
        **measured,
    )


def _duties(recorder_id: str | None, people: Sequence[str], within: Interval, facts: KnownFacts) -> list[KnownDuty]:
    found = {d.duty_id: d for who in people for d in facts.duties_of_officer.get(who, [])}
    found |= {d.duty_id: d for d in facts.duties_of_recorder.get(recorder_id or "", [])}
    overlapping = [d for d in found.values() if d.starts_at < within.end and (d.ends_at or within.end) > within.start]
    return sorted(overlapping, key=lambda d: (d.starts_at, d.duty_id))


def _duty(duty: KnownDuty, names: Mapping[str, str]) -> Duty:
    return Duty(
        id=duty.duty_id,
        officer_id=duty.officer_id,
        officer_name=names.get(duty.officer_id),
        officer_ids=duty.officer_ids,
        from_=duty.starts_at,
        to=duty.ends_at,
        kind=duty.purpose,
        late=duty.late,
    )


def _happened(row: Mapping[str, Any], placed: Sequence[Interval]) -> Happened:
    detail = None if row["detail"] is None else from_json(row["detail"])
    is_placed = any(part.start <= row["at"] < part.end for part in placed)
    return Happened(at=row["at"], type=row["type"], detail=detail if is_placed else without_place(detail))


def _connection(rows: Iterable[tuple[datetime, datetime | None, str | None]], within: Interval) -> Iterable[Connected]:
    """Online and offline in turn over the whole stretch, with the word of each end."""
    reached, reason = within.start, None
    for online_at, offline_at, ended_by in rows:
        if online_at > reached:
            yield Connected(from_=reached, to=online_at, state="offline", reason=reason)
        until = within.end if offline_at is None else min(offline_at, within.end)
        if until > max(online_at, reached):
            yield Connected(from_=max(online_at, reached), to=until, state="online", reason=None)
            reached, reason = until, ended_by
    if reached < within.end:
        yield Connected(from_=reached, to=within.end, state="offline", reason=reason)


ROUTES: Final = (
    Route(
        "GET",
        "/recorders/{recorder_id}/timeline",
        _timeline,
        summary="一台记录仪的时间线",
        roles=WATCHERS,
        scope="read",
        query=StretchQuery,
        answer=Timeline,
        audited=True,
    ),
    Route(
        "GET",
        "/incidents/{incident_id}/timeline",
        _of_incident,
        summary="事件前后的时间线",
        roles=READERS,
        scope="read",
        answer=Timeline,
        audited=True,
    ),
)
