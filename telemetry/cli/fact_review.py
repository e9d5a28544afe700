"""`facts awaiting`, `facts approve`, `facts calendar`: what was entered after the fact, and which days are worked."""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from rich.table import Table

from alerts.calendar import read_calendar
from alerts.facts.approve import REFUSALS, Approver, Refusal, approve_fact, reject_fact
from alerts.facts.models import Collection
from telemetry.cli.command import Commands, Context, run
from telemetry.domain.errors import InputError
from telemetry.store.calendar import put_calendar_days
from telemetry.store.fact_review import AwaitingVersion, awaiting_approval
from telemetry.workers import open_database

_MOST = 500


def add_fact_actions(actions: Commands) -> None:
    """Add to `facts` what people decide about it."""
    awaiting = actions.add_parser("awaiting", help="what was entered after the fact (事后补录) and nobody approved yet")
    awaiting.set_defaults(run=_awaiting)
    approve = actions.add_parser("approve", help="let one of them take effect, or not")
    approve.add_argument("collection", choices=get_args(Collection))
    approve.add_argument("id", metavar="ID")
    approve.add_argument("version", type=int, metavar="VERSION")
    approve.add_argument("--actor", required=True, metavar="ACCOUNT", help="who decides, for the history")
    approve.add_argument("--officer", metavar="ID", help="the officer behind the account: nobody decides about himself")
    approve.add_argument("--reject", metavar="REASON", help="it is not to count, and why")
    approve.set_defaults(run=_approve)
    calendar = actions.add_parser("calendar", help="import worked and free days: CSV with 日期,上班(是／否),名称")
    calendar.add_argument("file", type=Path, metavar="FILE")
    calendar.set_defaults(run=_calendar)


def _awaiting(context: Context) -> int:
    async def work() -> list[AwaitingVersion]:
        database = await open_database(context.settings)
        try:
            async with database.connection() as connection:
                return await awaiting_approval(connection, _MOST)
        finally:
            await database.close()

    rows = run(work())
    table = Table("collection", "id", "version", "entered", "by", "content", title=f"{len(rows)} await approval")
    for row in rows:
        content: dict[str, Any] = json.loads(row.content)
        told = ", ".join(f"{name}={value}" for name, value in content.items() if name != "id")
        entered = f"{row.loaded_at:%Y-%m-%d %H:%M}Z"
        table.add_row(row.collection, row.fact_id, str(row.version), entered, row.loaded_by, told)
    Console().print(table)
    return 0


def _approve(context: Context) -> int:
    words: argparse.Namespace = context.words

    async def work() -> Refusal | None:
        database = await open_database(context.settings)
        now = datetime.now(UTC)
        try:
            if words.reject is not None:
                by = Approver(words.actor, words.officer)
                version = (words.collection, words.id, words.version)
                return await reject_fact(database, version, by, words.reject, now)
            return await approve_fact(
                database,
                words.collection,
                words.id,
                words.version,
                actor=words.actor,
                officer_id=words.officer,
                now=now,
            )
        finally:
            await database.close()

    refusal = run(work())
    if refusal is not None:
        sys.stderr.write(f"recorder-fleet: {refusal}: {REFUSALS[refusal]}\n")
        return 1
    sys.stdout.write("rejected\n" if words.reject is not None else "approved, and in effect from now on\n")
    return 0


def _calendar(context: Context) -> int:
    path: Path = context.words.file
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise InputError(f"{path}: {fault}") from fault
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    days = read_calendar(text)
    if isinstance(days, str):
        raise InputError(f"{path}: {days}")

    async def work() -> None:
        database = await open_database(context.settings)
        try:
            async with database.transaction() as connection:
                await put_calendar_days(connection, days)
        finally:
            await database.close()

    run(work())
    years = ", ".join(map(str, sorted({day.year for day in days})))
    sys.stdout.write(f"{len(days)} days imported ({years})\n")
    return 0
