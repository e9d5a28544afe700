"""`/recorders/{recorder_id}/timeline` and `/incidents/{incident_id}/timeline`: all that was known, on one axis of time."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from alerts.duty.on_duty import exempt_times
from alerts.duty.wearer import wearers_during, worn_by
from alerts.facts.known import KnownDuty, KnownFacts
from alerts.facts.known_query import known_facts
from alerts.intervals import Interval
from telemetry.records.incidents import IncidentRow
from telemetry.store.incident_list import names_of
from telemetry.store.pool import Connection
from telemetry.store.timeline import Spans, read_spans
from telemetry.web.http.rate_limit import LOOK, charge
from telemetry.web.http.route import Call, Route
from telemetry.web.http.visibility import READERS, WATCHERS
from telemetry.web.resources.incidents import seen_incident
from telemetry.web.resources.recorders import seen_recorder
from telemetry.web.resources.time_range import LONGEST, StretchQuery, seen_stretch, span_of, stretch_of, widened

_PAD: Final = timedelta(minutes=30)


class Timeline(BaseModel):
    """Everything on one axis; times RFC 3339."""

    model_config = ConfigDict(populate_by_name=True)
    recorder_id: str | None
    from_: datetime = Field(serialization_alias="from")
    to: datetime
    wearers: list[dict[str, Any]]
    shifts: list[dict[str, Any]]
    activities: list[dict[str, Any]]
    exemptions: list[dict[str, Any]]
    recording: list[dict[str, Any]]
    connection: list[dict[str, Any]]
    sim: list[dict[str, Any]]
    battery: list[tuple[datetime, float, bool]]
    signal: list[tuple[datetime, float | None]]
    backlog: list[dict[str, Any]]
    boots: list[dict[str, Any]]
    docked: list[dict[str, Any]]
    events: list[dict[str, Any]]
    imports: list[dict[str, Any]]


async def _timeline(call: Call) -> Timeline:
    recorder_id = await seen_recorder(call)
    within = await seen_stretch(call, recorder_id, stretch_of(call.query, call.now))
    charge(call, LOOK)
    async with call.database.connection() as connection:
        drawn = await build_timeline(connection, recorder_id, None, within, call.now)
    people = {str(one["officer_id"]) for one in drawn.wearers if one["officer_id"] is not None}
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
    spans = None if recorder_id is None else await read_spans(connection, recorder_id, within.start, within.end, now)
    stretches = [] if recorder_id is None else wearers_during(recorder_id, within, facts)
    people = {officer_id, *(who for _, answer in stretches for who in answer.candidates)} - {None}
    duties = _duties(recorder_id, [str(one) for one in people], within, facts)
    names = await names_of(connection, officers=[*people, *(who for duty in duties for who in duty.officer_ids)])
    exempt = [excuse for who in people for excuse in exempt_times(str(who), within, facts)]
    reasons = {f"exemptions/{one.exemption_id}": one.reason for one in facts.exemptions}
    return Timeline(
        recorder_id=recorder_id,
        from_=within.start,
        to=within.end,
        wearers=[
            {"officer_id": a.officer_id, "officer_name": names.officers.get(a.officer_id or ""), **span_of(d)}
            for d, a in stretches
        ],
        shifts=[_duty(duty, names.officers) for duty in duties if duty.kind == "shift"],
        activities=[_duty(duty, names.officers) for duty in duties if duty.kind == "activity"],
        exemptions=[
            {"id": one.fact.partition("/")[2], "reason": reasons.get(one.fact), "late": one.late, **span_of(one.during)}
            for one in exempt
        ],
        **_measured(spans, within),
    )


def _duties(recorder_id: str | None, people: Sequence[str], within: Interval, facts: KnownFacts) -> list[KnownDuty]:
    found = {d.duty_id: d for who in people for d in facts.duties_of_officer.get(who, [])}
    found |= {d.duty_id: d for d in facts.duties_of_recorder.get(recorder_id or "", [])}
    overlapping = [d for d in found.values() if d.starts_at < within.end and (d.ends_at or within.end) > within.start]
    return sorted(overlapping, key=lambda d: (d.starts_at, d.duty_id))


def _duty(duty: KnownDuty, names: Any) -> dict[str, Any]:
    return {
        "id": duty.duty_id,
        "officer_id": duty.officer_id,
        "officer_name": names.get(duty.officer_id),
        "officer_ids": list(duty.officer_ids),
        "from": duty.starts_at,
        "to": duty.ends_at,
        "kind": duty.purpose,
        "late": duty.late,
    }


def _measured(spans: Spans | None, within: Interval) -> dict[str, Any]:
    """What was measured, cut to the stretch."""
    if spans is None:
        kinds = (
            "recording",
            "connection",
            "sim",
            "battery",
            "signal",
            "backlog",
            "boots",
            "docked",
            "events",
            "imports",
        )
        return {kind: [] for kind in kinds}
    return {
        "recording": [
            {**_cut(one["started_at"], one["ended_at"], within), "cut": one["cut"]} for one in spans.recording
        ],
        "connection": list(_connection(spans.connection, within)),
        "sim": [
            {"from": one["from_at"], "to": one["to_at"], "state": one["sim"], "iccid": one["iccid"]}
            for one in spans.sim
        ],
        "battery": [(one["at"], one["level_pct"], one["charging"]) for one in spans.battery],
        "signal": [(one["at"], one["rsrp_dbm"]) for one in spans.signal],
        "backlog": [
            {"from": one["from_at"], "to": one["to_at"], "heartbeats": one["heartbeats"]} for one in spans.backlog
        ],
        "boots": [{"boot": one["boot"], "from": one["from_at"]} for one in spans.boots],
        "docked": [
            _cut(one["from_at"], one["to_at"], within)
            for one in spans.docked
            if one["to_at"] is None or one["to_at"] > within.start
        ],
        "events": [
            {
                "at": one["at"],
                "type": one["type"],
                "detail": None if one["detail"] is None else json.loads(one["detail"]),
            }
            for one in spans.events
        ],
        "imports": [
            {
                "docked_at": one["docked_at"],
                "imported_at": one["imported_at"],
                "from": one["recorded_from"],
                "to": one["recorded_to"],
                "files": one["files"],
            }
            for one in spans.imports
        ],
    }


def _cut(start: datetime, end: datetime | None, within: Interval) -> dict[str, Any]:
    return {"from": max(start, within.start), "to": within.end if end is None else min(end, within.end)}


def _connection(rows: Iterable[dict[str, Any]], within: Interval) -> Iterable[dict[str, Any]]:
    """Online and offline in turn over the whole stretch, with the word of each end."""
    reached, reason = within.start, None
    for row in rows:
        online_at, offline_at = row["online_at"], row["offline_at"]
        if online_at > reached:
            yield {"from": reached, "to": online_at, "state": "offline", "reason": reason}
        until = within.end if offline_at is None else min(offline_at, within.end)
        if until > max(online_at, reached):
            yield {"from": max(online_at, reached), "to": until, "state": "online", "reason": None}
            reached, reason = until, row["reason"]
    if reached < within.end:
        yield {"from": reached, "to": within.end, "state": "offline", "reason": reason}


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
