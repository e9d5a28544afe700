"""`facts awaiting`, `facts approve`, `facts calendar`: reviews late entries and imports holiday decrees."""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from rich.table import Table

from alerts.duty.calendar_import import Preview, import_table, load_calendar, preview_of, read_table_file
from alerts.facts.approve import Verdict, decide_fact
from alerts.facts.models import Collection
from alerts.workflow import Refusal
from telemetry.cli.command import Commands, Context, account_here, run_on_database
from telemetry.records.audit import AuditEntry
from telemetry.store.fact_review import AwaitingVersion, awaiting_approval
from telemetry.store.pool import Database

_MOST = 500


def add_fact_actions(actions: Commands) -> None:
    """Add the actions of this module to `facts`."""
    awaiting = actions.add_parser("awaiting", help="list late entries (事后补录) that await approval")
    awaiting.set_defaults(run=_awaiting)
    approve = actions.add_parser("approve", help="approve or reject one of them")
    approve.add_argument("collection", choices=get_args(Collection))
    approve.add_argument("id", metavar="ID")
    approve.add_argument("version", type=int, metavar="VERSION")
    approve.add_argument("--actor", required=True, metavar="ACCOUNT", help="who decides, for the history")
    approve.add_argument("--officer", metavar="ID", help="the officer behind the account: nobody decides about himself")
    approve.add_argument("--reject", metavar="REASON", help="reject it, with the reason")
    approve.set_defaults(run=_approve)
    calendar = actions.add_parser(
        "calendar", help="import a holiday decree: CSV or XLSX with 日期,上班(是／否),名称; prints the changes"
    )
    calendar.add_argument("file", type=Path, metavar="FILE")
    calendar.add_argument("--dry-run", action="store_true", help="only print what would change")
    calendar.set_defaults(run=_calendar)


def _awaiting(context: Context) -> int:
    async def work(database: Database) -> list[AwaitingVersion]:
        async with database.connection() as connection:
            return await awaiting_approval(connection, _MOST)

    rows = run_on_database(context, work)
    table = Table("collection", "id", "version", "entered", "by", "content", title=f"{len(rows)} await approval")
    for row in rows:
        content: dict[str, Any] = json.loads(row.content)
        told = ", ".join(f"{name}={value}" for name, value in content.items() if name != "id")
        entered = f"{row.loaded_at:%Y-%m-%d %H:%M}Z"
        table.add_row(row.collection, row.fact_id, str(row.version), entered, row.loaded_by, told)
    Console().print(table)
    return 0


def _approve(context: Context) -> int:
    options: argparse.Namespace = context.options

    async def work(database: Database) -> Refusal | None:
        now = datetime.now(UTC)
        version, account = (options.collection, options.id, options.version), (options.actor, options.officer)
        verdict: Verdict = "approve" if options.reject is None else "reject"
        async with database.transaction() as connection:
            return await decide_fact(connection, version, verdict, account, reason=options.reject or "", now=now)

    refusal = run_on_database(context, work)
    if refusal is not None:
        sys.stderr.write(f"recorder-fleet: {refusal.code}: {refusal.text}\n")
        return 1
    sys.stdout.write("rejected\n" if options.reject is not None else "approved, and in effect from now on\n")
    return 0


def _calendar(context: Context) -> int:
    days = read_table_file(context.options.file)
    years = ",".join(map(str, sorted({day.year for day in days})))
    entry = AuditEntry(account_here(), "local", "calendar.import", "calendar", years, detail={"days": len(days)})

    async def work(database: Database) -> Preview | None:
        if context.options.dry_run:
            async with database.connection() as connection:
                return preview_of(await load_calendar(connection), days)
        async with database.transaction() as connection:
            return await import_table(connection, days, entry)

    preview = run_on_database(context, work)
    assert preview is not None
    told = [change.in_chinese() for change in preview.changes]
    told += [status.in_chinese() for status in preview.years if status.is_provisional]
    done = "would be imported" if context.options.dry_run else "imported"
    sys.stdout.write("\n".join([*told, f"{len(days)} days {done} ({years}), {len(preview.changes)} changed", ""]))
    return 0
