"""`/repairs` and `/footage-requests`: the registers of repairs and of requests for footage, with export."""

import uuid
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from alerts.paperwork.registers.entries import begin, step, table_of
from alerts.paperwork.registers.entry_workflow import STATES_ZH, STEPS_ZH, WORKFLOWS, Register
from alerts.paperwork.spreadsheet_export import csv_table, xlsx_table
from alerts.workflow import Refusal
from telemetry.records import fields_of
from telemetry.records.register_entries import EntryRow, EntrySearch, EntryStepRow
from telemetry.store.audit import add_entry
from telemetry.store.registers import recorder_unit
from telemetry.store.repairs_and_requests import entry_steps, one_entry, search_entries
from telemetry.vocabulary import texts
from telemetry.web.http.downloads import TYPES, file_answer
from telemetry.web.http.pagination import Moment, Page, PageQuery, cut, place_of
from telemetry.web.http.problems import faulty, not_found, refused
from telemetry.web.http.rate_limit import EXPORT, charge
from telemetry.web.http.route import Call, Route
from telemetry.web.http.unit_names import subtree_of, unit_names
from telemetry.web.http.visibility import READERS, sight_of_call

_EXPORT_MOST: Final = 20_000
_NAMES: Final = texts("register_kind")
_PATHS: Final[dict[Register, str]] = {"repair": "/repairs", "request": "/footage-requests"}


class EntryQuery(PageQuery):
    """What to look for; `format` asks for a file of everything found."""

    state: str | None = Field(default=None, max_length=20)
    unit_id: str | None = Field(default=None, max_length=64)
    q: str | None = Field(default=None, max_length=100)
    format: Literal["csv", "xlsx"] | None = None
    why: str = Field(default="", max_length=500)


class RepairBody(BaseModel):
    """A repair to register."""

    model_config = ConfigDict(extra="forbid")
    recorder_id: str = Field(min_length=1, max_length=64)
    unit_id: str = Field(min_length=1, max_length=64)
    fault: str = Field(min_length=1, max_length=1000)
    officer_id: str | None = Field(default=None, max_length=64)
    fault_report_id: str | None = Field(default=None, max_length=64)
    vendor: str | None = Field(default=None, max_length=200)
    request_id: str | None = Field(default=None, max_length=64)


class RequestBody(BaseModel):
    """A request for footage of a unit: who asks, what for, which stretch."""

    model_config = ConfigDict(extra="forbid")
    unit_id: str = Field(min_length=1, max_length=64)
    recorder_id: str | None = Field(default=None, max_length=64)
    from_at: Moment
    to_at: Moment
    applicant: str = Field(min_length=1, max_length=200)
    purpose: str = Field(min_length=1, max_length=1000)
    case_no: str | None = Field(default=None, max_length=100)
    request_id: str | None = Field(default=None, max_length=64)


class EntryStepBody(BaseModel):
    """One step on an entry; `version` is the one that was seen."""

    model_config = ConfigDict(extra="forbid")
    step: str = Field(max_length=20)
    note: str = Field(default="", max_length=1000)
    version: int = Field(ge=1)


class EntryStep(BaseModel):
    """A step that was taken."""

    at: datetime
    account: str
    step: str
    step_zh: str
    note: str


class EntryOffer(BaseModel):
    """A step that this account may take now."""

    step: str
    label_zh: str
    needs_note: bool


class RegisterEntry(BaseModel):
    """An entry of a register."""

    entry_id: str
    state: str
    state_zh: str
    unit_id: str
    unit_name: str
    begun_at: datetime
    begun_by: str
    version: int
    content: dict[str, JsonValue]
    steps: list[EntryStep]
    offers: list[EntryOffer]


async def _list(register: Register, call: Call) -> Page[RegisterEntry] | web.Response:
    asked: EntryQuery = call.query
    sight = sight_of_call(call)
    units = sight.units
    if asked.unit_id is not None:
        below = await subtree_of(call.database, asked.unit_id, call.now)
        units = (below or frozenset()) if units is None else units & (below or frozenset())
    if asked.format is not None:
        charge(call, EXPORT)
    place = place_of(asked.cursor, datetime, str)
    limit = _EXPORT_MOST if asked.format else asked.limit
    search = EntrySearch(
        register=register,
        units=None if units is None else sorted(units),
        own=call.account.username,
        state=asked.state,
        words=asked.q,
        before=None if place is None else (place[0], place[1]),
        limit=limit + 1,
    )
    async with call.database.connection() as connection:
        rows = await search_entries(connection, search)
        shown, following = cut(rows, limit, lambda row: (row.begun_at, row.entry_id))
        steps = await entry_steps(connection, [row.entry_id for row in shown])
    if asked.format is not None:
        await call.audit(
            f"export.{register}",
            "register",
            register,
            why=asked.why,
            detail={"rows": len(shown), "unit_id": asked.unit_id},
        )
        head, table = table_of(register, shown, steps)
        body = csv_table(head, table) if asked.format == "csv" else xlsx_table(_NAMES[register], head, table)
        return file_answer(body, _NAMES[register], asked.format)
    names = await unit_names(call.database, call.now)
    items = [_spelled(call, register, row, steps.get(row.entry_id, []), names) for row in shown]
    return Page(items=items, next=following)


async def _begin(register: Register, call: Call) -> RegisterEntry:
    values = call.body.model_dump(mode="json", exclude_none=True)
    unit_id, request_id = values.pop("unit_id"), values.pop("request_id", None)
    if register == "request" and call.body.to_at < call.body.from_at:
        raise faulty("to_at", "before from_at", "早于开始时间")
    if await subtree_of(call.database, unit_id, call.now) is None:
        raise faulty("unit_id", "no such unit", "单位不存在")
    if register == "repair":
        async with call.database.connection() as connection:
            is_known, keeper = await recorder_unit(connection, call.body.recorder_id)
        if not is_known or not sight_of_call(call).within(keeper):
            raise faulty("recorder_id", "no such recorder", "记录仪不存在，或者不由您保管")
    name = uuid.uuid5(uuid.NAMESPACE_OID, f"{call.account.username}|{request_id}") if request_id else uuid.uuid4()
    entry_id = f"{'W' if register == 'repair' else 'D'}{name.hex[:20]}"
    row = EntryRow(entry_id, register, "", unit_id, call.now, call.account.username, call.now, 1, values)
    async with call.database.transaction() as connection:
        done = await begin(connection, row, register, call.actor)
        if isinstance(done, Refusal):
            raise refused(done)
        purpose = str(values.get("purpose", ""))
        await add_entry(connection, call.entry(f"{register}.begin", register, entry_id, purpose))
    return await _one_spelled(call, register, done)


async def _step(register: Register, call: Call) -> RegisterEntry:
    row = await _seen(register, call)
    asked: EntryStepBody = call.body
    async with call.database.transaction() as connection:
        done = await step(
            connection,
            register,
            row.entry_id,
            asked.step,
            actor=call.actor,
            note=asked.note,
            expected_version=asked.version,
            now=call.now,
        )
        if isinstance(done, Refusal):
            raise refused(done)
        await add_entry(connection, call.entry(f"{register}.{asked.step}", register, row.entry_id, asked.note))
    return await _one_spelled(call, register, done)


async def _one(register: Register, call: Call) -> RegisterEntry:
    return await _one_spelled(call, register, await _seen(register, call))


async def _seen(register: Register, call: Call) -> EntryRow:
    async with call.database.connection() as connection:
        row = await one_entry(connection, call.path["entry_id"])
    is_seen = row is not None and (sight_of_call(call).within(row.unit_id) or row.begun_by == call.account.username)
    if row is None or row.register != register or not is_seen:
        raise not_found("该登记")
    return row


async def _one_spelled(call: Call, register: Register, row: EntryRow) -> RegisterEntry:
    async with call.database.connection() as connection:
        steps = await entry_steps(connection, [row.entry_id])
    names = await unit_names(call.database, call.now)
    return _spelled(call, register, row, steps.get(row.entry_id, []), names)


def _spelled(
    call: Call, register: Register, row: EntryRow, steps: list[EntryStepRow], names: dict[str, str]
) -> RegisterEntry:
    return RegisterEntry(
        **fields_of(row),
        state_zh=STATES_ZH[register][row.state],
        unit_name=names.get(row.unit_id, row.unit_id),
        steps=[EntryStep(**fields_of(taken), step_zh=STEPS_ZH[register][taken.step]) for taken in steps],
        offers=[
            EntryOffer(step=one.action, label_zh=STEPS_ZH[register][one.action], needs_note=one.needs_text)
            for one in WORKFLOWS[register].offers(row, call.actor, call.now)
        ],
    )


def _bound(
    handler: Callable[[Register, Call], Coroutine[Any, Any, Any]], register: Register
) -> Callable[[Call], Coroutine[Any, Any, Any]]:
    return partial(handler, register)


def _routes(register: Register, body: type[BaseModel]) -> tuple[Route, ...]:
    path, name = _PATHS[register], _NAMES[register]
    return (
        Route(
            "GET",
            path,
            _bound(_list, register),
            summary=f"{name}（?format=csv|xlsx 导出）",
            roles=READERS,
            query=EntryQuery,
            answer=Page[RegisterEntry],
            files=("text/csv", TYPES["xlsx"]),
        ),
        Route(
            "POST",
            path,
            _bound(_begin, register),
            summary=f"{name}：登记",
            roles=READERS,
            body=body,
            answer=RegisterEntry,
            audited=True,
        ),
        Route(
            "GET",
            f"{path}/{{entry_id}}",
            _bound(_one, register),
            summary=f"{name}：一条登记",
            roles=READERS,
            answer=RegisterEntry,
        ),
        Route(
            "PATCH",
            f"{path}/{{entry_id}}",
            _bound(_step, register),
            summary=f"{name}：办理一个步骤",
            roles=READERS,
            body=EntryStepBody,
            answer=RegisterEntry,
            audited=True,
        ),
    )


ROUTES: Final = (*_routes("repair", RepairBody), *_routes("request", RequestBody))
