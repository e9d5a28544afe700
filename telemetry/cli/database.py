"""`migrate`: migrates the database to this version."""

import sys

from telemetry.cli.command import Commands, Context, run_on_database
from telemetry.store.edition import NAMES, detect_edition
from telemetry.store.migrate import migrate
from telemetry.store.pool import Database


def add_commands(commands: Commands) -> None:
    """Add the group's commands."""
    command = commands.add_parser("migrate", help="create or update the database's schema, under a lock")
    command.set_defaults(run=_migrate)


def _migrate(context: Context) -> int:
    async def work(database: Database) -> None:
        async with database.connection() as connection:
            done = await migrate(connection)
            edition = await detect_edition(connection)
        sys.stdout.write(f"{NAMES[edition]}\n")
        for file in done:
            sys.stdout.write(f"ran {file}\n")
        sys.stdout.write("up to date\n")

    run_on_database(context, work)
    return 0
