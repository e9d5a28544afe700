"""`/custody` and `/handouts`: what a custodian keeps and has to do today, handing recorders out and taking them back.

A hand-out is a fact like those of the bureau's other systems: from that moment on the wearer is another.
"""

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from alerts.duty.calendar import BureauCalendar
from alerts.duty.calendar_import import load_calendar
from alerts.duty.working_time import Deadline, end_of_working_day_after
from alerts.facts.faults import FactFault
from alerts.facts.load import Loaded, put_facts_within
from alerts.incidents.actors import OF_THE_UNIT
from alerts.shanghai_time import SHANGHAI
from telemetry.store.audit import add_entry
from telemetry.store.duty_day import (
    add_check,
    custody_of,
    footage_to_deliver,
    handed_out,
    mark_returned,
    one_assignment,
    recorder_for_handout,
)
from telemetry.store.facts import lock_facts
from telemetry.store.incident_list import names_of
from telemetry.store.pool import Connection
from telemetry.store.registers import officer_page
from telemetry.web.http.problems import Refused, faulty, not_found
from telemetry.web.http.route import Call, Route
from telemetry.web.http.visibility import Sight, sight_of_call
from telemetry.web.resources.duty import UnitQuery, deadlines_of, units_of
from telemetry.web.resources.live import FEED, Latest, sight_for

_CHARGED_PCT: Final = 80.0
_SPACE_MB: Final = 8 * 1024
_DELIVER_DAYS: Final = 3
_LOOK_BACK: Final = timedelta(days=30)
ToDo = Literal["charge", "empty", "import", "repair", "deliver"]


class Holder(BaseModel):
    """Who has a recorder."""

    officer_id: str
    officer_name: str | None


class CustodyRow(Latest):
    """A recorder that the custodian keeps; `due_at` is the first clock that runs, `due_is_provisional` its calendar."""

    unit_id: str
    holder: Holder | None
    assignment_id: str | None
    handed_at: datetime | None
    is_confirmed: bool
    files: int | None
    sim_ok: bool | None
    clock_ok: bool | None
    last_import_at: datetime | None
    to_do: list[ToDo]
    due_at: datetime | None
    due_is_provisional: bool


class Checks(BaseModel):
    """What was looked at and found right."""

    model_config = ConfigDict(extra="forbid")
    battery: bool = False
    space: bool = False
    sim: bool = False
    clock: bool = False
    import_: bool = Field(default=False, alias="import")


class HandoutBody(BaseModel):
    """Who gets which recorder, and why."""

    model_config = ConfigDict(extra="forbid")
    recorder_id: str = Field(min_length=1, max_length=64)
    officer_id: str = Field(min_length=1, max_length=64)
    reason: Literal["daily", "spare", "swap", "joint"] = "daily"
    checks: Checks = Checks()


class Handout(BaseModel):
    """A hand-out as it stands."""

    assignment_id: str
    recorder_id: str
    officer_id: str
    officer_name: str | None
    starts_at: datetime
    ends_at: datetime | None
    reason: str


async def _custody(call: Call) -> list[CustodyRow]:
    sight = await sight_for(call, call.query.unit_id)
    units = units_of(sight)
    async with call.database.connection() as connection:
        rows = await custody_of(connection, call.now, units)
        footage = await footage_to_deliver(connection, call.now, units, call.now - _LOOK_BACK)
        calendar = await load_calendar(connection)
        names = await names_of(connection, officers=[row["officer_id"] for row in rows])
    dues: dict[str, datetime] = {}
    for one in await deadlines_of(call, units):
        if one.state != "imported":
            dues[one.recorder_id] = min(one.due_at, dues.get(one.recorder_id, one.due_at))
    delivers = _deliveries(footage, {row["officer_id"]: row["recorder_id"] for row in rows}, calendar)
    return [_kept(row, names.officers, dues.get(row["recorder_id"]), delivers.get(row["recorder_id"])) for row in rows]


def _deliveries(
    footage: Sequence[Mapping[str, Any]], of_officer: Mapping[str | None, str], calendar: BureauCalendar
) -> dict[str, Deadline]:
    """Until when phone footage is to be delivered, by the recorder that had failed or is its officer's."""
    found: dict[str, list[Deadline]] = defaultdict(list)
    for one in footage:
        recorder_id = one["recorder_id"] or of_officer.get(one["officer_id"])
        until = end_of_working_day_after(calendar, one["recorded_at"], _DELIVER_DAYS)
        if recorder_id is not None:
            found[recorder_id].append(until)
    return {recorder_id: min(deadlines, key=lambda one: one.at) for recorder_id, deadlines in found.items()}


def _kept(
    row: Mapping[str, Any], names: Mapping[str, str], import_due: datetime | None, deliver: Deadline | None
) -> CustodyRow:
    wanted: dict[ToDo, bool] = {
        "charge": row["battery_pct"] is not None and row["battery_pct"] < _CHARGED_PCT and not row["charging"],
        "empty": row["free_mb"] is not None and row["free_mb"] < _SPACE_MB,
        "import": import_due is not None,
        "repair": row["needs_repair"],
        "deliver": deliver is not None,
    }
    dues = [one for one in (deliver, None if import_due is None else Deadline(import_due)) if one is not None]
    due = min(dues, key=lambda one: one.at, default=None)
    who = row["officer_id"]
    return CustodyRow(
        **row,
        holder=None if who is None else Holder(officer_id=who, officer_name=names.get(who)),
        to_do=[what for what, is_wanted in wanted.items() if is_wanted],
        due_at=None if due is None else due.at,
        due_is_provisional=due is not None and due.is_provisional,
    )


async def _hand_out(call: Call) -> Handout:
    asked: HandoutBody = call.body
    sight = sight_of_call(call)
    async with call.database.transaction() as connection:
        # Two custodians at one moment: the second one is told what the first has done.
        await lock_facts(connection)
        await _refuse_handout(connection, call, sight)
        assignment_id = f"H{call.now.astimezone(SHANGHAI):%Y%m%d}-{secrets.token_hex(5)}"
        moment = call.now.isoformat()
        fact = {
            "id": assignment_id,
            "recorder_id": asked.recorder_id,
            "officer_id": asked.officer_id,
            "starts_at": moment,
            "entered_at": moment,
            "reason": asked.reason,
        }
        await _store(connection, call, fact)
        handed = (call.now, call.account.username)
        checks = asked.checks.model_dump(by_alias=True)
        await add_check(connection, assignment_id, asked.recorder_id, asked.officer_id, handed=handed, checks=checks)
        detail = {"officer_id": asked.officer_id}
        entry = call.entry("handout.give", "recorder", asked.recorder_id, why=asked.reason, detail=detail)
        await add_entry(connection, entry)
    return await _handout(call, assignment_id)


async def _refuse_handout(connection: Connection, call: Call, sight: Sight) -> None:
    asked: HandoutBody = call.body
    recorder = await recorder_for_handout(connection, asked.recorder_id)
    if recorder is None or not sight.within(recorder["unit_id"]):
        raise faulty("recorder_id", "no such recorder", "记录仪不存在，或者不由您保管")
    if recorder["status"] in {"repair", "retired", "test"}:
        raise faulty("recorder_id", f"is {recorder['status']}", "该记录仪送修、停用或为测试设备，不能领用")
    officers = await officer_page(connection, (None, None), asked.officer_id, after="", limit=200, now=call.now)
    if all(one["officer_id"] != asked.officer_id for one in officers):
        raise faulty("officer_id", "no such officer", "人员不存在")
    held = await handed_out(connection, asked.recorder_id, call.now)
    if held is not None:
        raise Refused(409, "该记录仪尚未归还", f"领用人 {held['officer_id']}，请先归还", code="already_out")


async def _take_back(call: Call) -> Handout:
    assignment_id = call.path["assignment_id"]
    async with call.database.transaction() as connection:
        await lock_facts(connection)
        row = await one_assignment(connection, assignment_id, call.now)
        if row is None or not sight_of_call(call).within(row["unit_id"]):
            raise not_found("该领用记录")
        if row["ends_at"] is not None and row["ends_at"] <= call.now:
            raise Refused(409, "已经归还", code="already_back")
        moment = call.now.isoformat()
        fact = {
            "id": assignment_id,
            "recorder_id": row["recorder_id"],
            "officer_id": row["officer_id"],
            "starts_at": row["starts_at"].isoformat(),
            "ends_at": moment,
            "entered_at": moment,
            "reason": row["reason"],
        }
        await _store(connection, call, fact)
        await mark_returned(connection, assignment_id, call.now, call.account.username)
        detail = {"officer_id": row["officer_id"]}
        await add_entry(connection, call.entry("handout.return", "recorder", row["recorder_id"], detail=detail))
    return await _handout(call, assignment_id)


async def _store(connection: Connection, call: Call, fact: dict[str, str]) -> None:
    loaded = await put_facts_within(connection, "assignments", [fact], call.account.username, call.now)
    if not isinstance(loaded, Loaded):
        first: FactFault = loaded[0]
        raise faulty(first.field, first.reason, first.reason_zh)


async def _handout(call: Call, assignment_id: str) -> Handout:
    await call.request.app[FEED].refresh()
    async with call.database.connection() as connection:
        row = await one_assignment(connection, assignment_id, call.now)
        if row is None:
            raise not_found("该领用记录")
        names = await names_of(connection, officers=[row["officer_id"]])
    del row["unit_id"]
    return Handout(**row, officer_name=names.officers.get(row["officer_id"]))


class NoBody(BaseModel):
    """Nothing to say."""

    model_config = ConfigDict(extra="forbid")


ROUTES: Final = (
    Route(
        "GET",
        "/custody",
        _custody,
        summary="专管员保管清单与今日待办",
        roles=OF_THE_UNIT | {"command_centre"},
        scope="read",
        query=UnitQuery,
        answer=list[CustodyRow],
    ),
    Route(
        "POST",
        "/handouts",
        _hand_out,
        summary="领用",
        roles=OF_THE_UNIT,
        body=HandoutBody,
        answer=Handout,
        audited=True,
        status=201,
    ),
    Route(
        "POST",
        "/handouts/{assignment_id}/return",
        _take_back,
        summary="归还",
        roles=OF_THE_UNIT,
        body=NoBody,
        answer=Handout,
        audited=True,
    ),
)
