"""Creates entries of a register, carries out their steps, and exports a register as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from alerts.incidents.actors import Actor
from alerts.paperwork.registers.entry_workflow import (
    CHANGED,
    FIRST,
    STATES_ZH,
    STEPS_ZH,
    UNKNOWN,
    WORKFLOWS,
    Register,
    begin_refusal,
)
from alerts.workflow import Attempt, Refusal
from telemetry.records.register_entries import EntryRow, EntryStepRow
from telemetry.store.pool import Connection
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
"""The fields of an entry, with their Chinese names."""


async def begin(connection: Connection, row: EntryRow, register: Register, actor: Actor) -> EntryRow | Refusal:
    """Create an entry in the caller's transaction, or return the refusal; the same id twice gives one entry."""
    refusal = begin_refusal(register, row.unit_id, actor)
    if refusal is not None:
        return refusal
    begun = replace(row, register=register, state=FIRST[register], begun_by=actor.account, version=1)
    await add_entry(connection, begun)
    return await one_entry(connection, row.entry_id) or begun


async def step(
    connection: Connection,
    register: Register,
    entry_id: str,
    name: str,
    *,
    actor: Actor,
    note: str,
    expected_version: int | None,
    now: datetime,
) -> EntryRow | Refusal:
    """Carry out a step in the caller's transaction; return the changed entry, or the refusal.

    *expected_version* is the version that the person saw.
    """
    row = await lock_entry(connection, entry_id)
    if row is None or row.register != register:
        return UNKNOWN
    if expected_version is not None and expected_version != row.version:
        return CHANGED
    workflow = WORKFLOWS[register]
    refusal = workflow.refusal(name, Attempt(row, actor, note, now))
    if refusal is not None:
        return refusal
    done = EntryStepRow(entry_id, row.version + 1, now, actor.account, name, note.strip())
    await move_entry(connection, workflow.transitions[name].states[row.state], done)
    return await one_entry(connection, entry_id) or row


def table_of(
    register: Register, rows: Sequence[EntryRow], steps: Mapping[str, Sequence[EntryStepRow]]
) -> tuple[list[str], list[list[Any]]]:
    """A register's header and rows; each step has columns for time, account and note."""
    columns = COLUMNS[register]
    head = ["编号", "状态", "单位", "登记时间", "登记人", *columns.values()]
    for label in STEPS_ZH[register].values():
        head += [f"{label}时间", f"{label}人", f"{label}说明"]
    table = []
    for row in rows:
        line: list[Any] = [row.entry_id, STATES_ZH[register][row.state], row.unit_id, row.begun_at, row.begun_by]
        line += [row.content.get(name) for name in columns]
        taken = {one.step: one for one in steps.get(row.entry_id, ())}
        for name in STEPS_ZH[register]:
            one = taken.get(name)
            line += [None, None, None] if one is None else [one.at, one.account, one.note]
        table.append(line)
    return head, table
