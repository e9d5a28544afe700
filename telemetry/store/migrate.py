"""Ordered migrations, each run once, under a lock, in the variant for the database's edition."""

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import asyncpg

from telemetry.domain.errors import MigrationError
from telemetry.store.edition import MIGRATION_TAGS, Edition, create_timescale, detect_edition
from telemetry.store.pool import Connection

# "rcfleet" as a number. Any key works that nobody else in the database uses for an advisory lock.
_LOCK: Final = 0x7263666C656574
_FILE = re.compile(r"(?P<version>\d{4})_(?P<name>\w+)(\.(?P<tag>plain|own|timescale|apache|community))?\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of `sql/migrations`."""

    file: str
    tag: str | None
    text: str

    @property
    def sha256(self) -> str:
        """SHA-256 of the text, to detect a file that changed after it ran."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def all_migrations() -> list[Migration]:
    """Return every migration of every edition in order. Raises MigrationError for an invalid file name."""
    found = []
    for entry in (files("sql") / "migrations").iterdir():
        match = _FILE.fullmatch(entry.name)
        if match is None:
            raise MigrationError(f"sql/migrations/{entry.name}: not named NNNN_name[.tag].sql")
        found.append(Migration(entry.name, match["tag"], entry.read_text("utf-8")))
    return sorted(found, key=lambda migration: migration.file)


def migrations_for(edition: Edition) -> list[Migration]:
    """Return the migrations of *edition* in order."""
    tags = MIGRATION_TAGS[edition]
    return [migration for migration in all_migrations() if migration.tag is None or migration.tag in tags]


async def migrate(connection: Connection) -> list[str]:
    """Migrate the database to this version; return the names of the files that ran. Raises MigrationError.

    An advisory lock admits one process at a time; each file runs in its own transaction.
    """
    await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
    try:
        await create_timescale(connection)
        edition = await detect_edition(connection)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migration ("
            "file text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        pending = await _pending(connection, edition)
        for migration in pending:
            await _apply(connection, migration)
        return [migration.file for migration in pending]
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)


async def pending_migrations(connection: Connection) -> list[str]:
    """Return what `migrate` would run. Raises MigrationError if the schema is newer or a migration was changed."""
    if await connection.fetchval("SELECT to_regclass('schema_migration')") is None:
        return [migration.file for migration in migrations_for(await detect_edition(connection))]
    return [migration.file for migration in await _pending(connection, await detect_edition(connection))]


async def _pending(connection: Connection, edition: Edition) -> list[Migration]:
    applied = {
        row["file"]: row["sha256"] for row in await connection.fetch("SELECT file, sha256 FROM schema_migration")
    }
    wanted = migrations_for(edition)
    unknown = applied.keys() - {migration.file for migration in wanted}
    if unknown:
        raise MigrationError(
            f"the database has run {min(unknown)}, which this version or edition ({edition}) does not know: "
            "install the newer version, or move the data by dump and restore"
        )
    for migration in wanted:
        if applied.get(migration.file, migration.sha256) != migration.sha256:
            raise MigrationError(f"{migration.file} was changed after it had run; restore the file as released")
    return [migration for migration in wanted if migration.file not in applied]


async def _apply(connection: Connection, migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.text)
            await _note(connection, migration)
    except asyncpg.PostgresError as fault:
        raise MigrationError(f"{migration.file}: {fault}; nothing of it was kept") from fault


async def _note(connection: Connection, migration: Migration) -> None:
    await connection.execute(
        "INSERT INTO schema_migration (file, sha256) VALUES ($1, $2)", migration.file, migration.sha256
    )
