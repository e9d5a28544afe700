"""`migrate`: migrates the database to this version."""

import sys

from telemetry.cli.command import Commands, Context, run_on_database
from telemetry.settings import secret_in
from telemetry.settings_tree import require_database_url
from telemetry.store.edition import NAMES, detect_edition
from telemetry.store.migrate import migrate
from telemetry.store.pool import Database
from telemetry.store.server_login import grant_server


def add_commands(commands: Commands) -> None:
    """Add the group's commands."""
    command = commands.add_parser("migrate", help="create or update the database's schema, under a lock")
    command.set_defaults(run=_migrate)


def _migrate(context: Context) -> int:
    settings = context.settings.database

    async def work(database: Database) -> None:
        async with database.connection() as connection:
            done = await migrate(connection)
            edition = await detect_edition(connection)
            login = None
            if settings.owner_url.get_secret_value():
                secret = None if settings.password_file is None else secret_in(settings.password_file)
                login = await grant_server(connection, require_database_url(context.settings), secret)
        sys.stdout.write(f"{NAMES[edition]}\n")
        for file in done:
            sys.stdout.write(f"ran {file}\n")
        sys.stdout.write("up to date\n")
        if login is not None:
            sys.stdout.write(f"{login} reads and writes rows, and owns nothing\n")

    run_on_database(context, work, as_owner=True)
    return 0
