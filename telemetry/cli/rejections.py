"""`rejections`: lists rejected messages for the vendors, and retries them after an update."""

import sys
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table

from telemetry.cli.command import Commands, Context, run_on_database
from telemetry.ingest.retry import Retried, retry_rejections
from telemetry.ingest.writer import Writer
from telemetry.store.pool import Database
from telemetry.store.rejections import count_rejections

_COLUMNS = ("recorder_id", "model", "firmware", "kind", "code", "field", "count", "last_received_at", "reason")


def add_commands(commands: Commands) -> None:
    """Add the group's commands."""
    group = commands.add_parser("rejections", help="messages that were rejected, wholly or in part")
    actions = group.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="count them by recorder, model, firmware and field, with reasons")
    listing.add_argument("--recorder", metavar="ID", help="of this recorder only")
    listing.add_argument("--days", type=float, default=7.0, metavar="N", help="of the last N days (7)")
    listing.set_defaults(run=_list)
    retry = actions.add_parser("retry", help="store those that this version can read; idempotent")
    retry.set_defaults(run=_retry)


def _list(context: Context) -> int:
    options = context.options

    async def work(database: Database) -> Table:
        rows = await count_rejections(database, datetime.now(UTC) - timedelta(days=options.days), options.recorder)
        table = Table(*_COLUMNS)
        for row in rows:
            table.add_row(*("" if row[name] is None else str(row[name]) for name in _COLUMNS))
        return table

    console = Console() if sys.stdout.isatty() else Console(width=240)
    console.print(run_on_database(context, work), markup=False)
    return 0


def _retry(context: Context) -> int:
    async def work(database: Database) -> Retried:
        return await retry_rejections(database, Writer(database))

    retried = run_on_database(context, work, for_ingest=True)
    outcome = retried.outcome
    sys.stdout.write(
        f"{outcome.stored} stored, {outcome.duplicates} were stored already, {outcome.rejected} rejected again in part;"
        f" {retried.unreadable} still can't be read, {retried.incomplete} are kept only in part (over 64 KiB)\n"
    )
    return 0
