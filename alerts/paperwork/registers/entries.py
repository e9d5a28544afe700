"""Registers, the doing: begin an entry, take a step on one, lay a register out as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from alerts.incidents.actors import Actor
from alerts.paperwork.registers.entry_workflow import (
    FIRST,
    STATES_ZH,
    WAYS,
    Code,
    Register,
    Standing,
    after,
    why_not,
    why_not_begin,
)
from telemetry.records.register_entries import EntryRow, EntryStepRow
from telemetry.store.pool import Database
from telemetry.store.repairs_and_requests import add_entry, lock_entry, move_entry, one_entry

COLUMNS: Final[Mapping[Register, Mapping[str, str]]] = {
    "repair": {
        "recorder_id": "执法记录仪",
        "fault": "故障情况",
        "officer_id": "报修人员",
        "fault_report_id": "报备编号",
        "vendor": "维修单位",
    },
    "request": {
        "recorder_id": "执法记录仪",
        "from_at": "录像起",
        "to_at": "录像止",
        "applicant": "申请单位/人",
        "purpose": "用途",
        "case_no": "案号",
    },
}
"""What an entry begins with, by field, and what it is called."""


async def begin(database: Database, row: EntryRow, register: Register, actor: Actor) -> EntryRow | Code:
    """Store an entry as it begins, or why not; the same id twice is one entry."""
    refusal = why_not_begin(register, row.unit_id, actor)
    if refusal is not None:
        return refusal
    begun = replace(row, register=register, state=FIRST[register], begun_by=actor.account, version=1)
    async with database.transaction() as connection:
        await add_entry(connection, begun)
        return await one_entry(connection, row.entry_id) or begun


async def step(
    database: Database,
    register: Register,
    entry_id: str,
    name: str,
    *,
    actor: Actor,
    note: str,
    expected_version: int | None,
    now: datetime,
) -> EntryRow | Code:
    """Take a step on an entry; the entry as it stands then, or why not. *expected_version* is the one that was seen."""
    async with database.transaction() as connection:
        row = await lock_entry(connection, entry_id)
        if row is None or row.register != register:
            return "unknown"
        if expected_version is not None and expected_version != row.version:
            return "changed"
        refusal = why_not(register, name, Standing(row.state, row.unit_id, row.begun_by), actor, note)
        if refusal is not None:
            return refusal
        done = EntryStepRow(entry_id, row.version + 1, now, actor.account, name, note.strip())
        await move_entry(connection, after(register, name), done)
        return await one_entry(connection, entry_id) or row


def table_of(
    register: Register, rows: Sequence[EntryRow], steps: Mapping[str, Sequence[EntryStepRow]]
) -> tuple[list[str], list[list[Any]]]:
    """A register's head and rows, every step with who and when."""
    columns = COLUMNS[register]
    ways = WAYS[register]
    head = ["编号", "状态", "单位", "登记时间", "登记人", *columns.values()]
    for way in ways.values():
        head += [f"{way.label}时间", f"{way.label}人", f"{way.label}说明"]
    table = []
    for row in rows:
        line: list[Any] = [row.entry_id, STATES_ZH[register][row.state], row.unit_id, row.begun_at, row.begun_by]
        line += [row.content.get(name) for name in columns]
        taken = {one.step: one for one in steps.get(row.entry_id, ())}
        for name in ways:
            one = taken.get(name)
            line += [None, None, None] if one is None else [one.at, one.account, one.note]
        table.append(line)
    return head, table
