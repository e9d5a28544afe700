"""The migrations run on all three editions of the database, once, whoever runs them, and never changed ones."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest
from services.databases import empty_database

from telemetry.domain.errors import MigrationError
from telemetry.store.edition import MIGRATION_TAGS, Edition, detect_edition
from telemetry.store.migrate import all_migrations, migrate, migrations_for, pending_migrations
from telemetry.store.pool import Connection

KINDS = ["battery", "event", "heartbeat", "location", "presence", "recording", "storage"]
ROLLUPS = [
    f"{kind}_{span}" for kind in ("battery", "heartbeat", "recording", "storage") for span in ("daily", "hourly")
]
HYPERTABLES = "SELECT hypertable_name FROM timescaledb_information.hypertables WHERE hypertable_schema = 'public'"


@pytest.fixture
def empty_plain_database(embedded_postgres: str) -> Iterator[str]:
    """The DSN of a database without any schema on plain PostgreSQL."""
    with empty_database(embedded_postgres) as dsn:
        yield dsn


def files_of(edition: Edition) -> list[str]:
    return [migration.file for migration in migrations_for(edition)]


async def run_twice(connection: Connection, edition: Edition) -> None:
    """Migrate an empty database, and again."""
    assert files_of(edition) == await migrate(connection)
    assert edition == await detect_edition(connection)
    assert [] == await pending_migrations(connection)
    assert [] == await migrate(connection)


def test_every_migration_is_somebodys_and_no_number_is_taken_twice_in_an_edition() -> None:
    tags = {tag for edition in MIGRATION_TAGS.values() for tag in edition}
    assert {migration.tag for migration in all_migrations()} <= tags | {None}
    for edition in MIGRATION_TAGS:
        names = [file.split(".")[0] for file in files_of(edition)]
        assert sorted(set(names)) == names


async def test_they_run_on_plain_postgresql(empty_plain_database: str) -> None:
    connection = await asyncpg.connect(empty_plain_database)
    try:
        await run_twice(connection, "plain")
        assert 0 == await connection.fetchval("SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'")
    finally:
        await connection.close()


async def test_they_run_on_timescaledbs_apache_edition(empty_timescale_database: str) -> None:
    connection = await asyncpg.connect(empty_timescale_database)
    try:
        await run_twice(connection, "apache")
        assert KINDS == sorted(name for (name,) in await connection.fetch(HYPERTABLES))
        assert 0 == await connection.fetchval("SELECT count(*) FROM timescaledb_information.continuous_aggregates")
    finally:
        await connection.close()


async def test_they_run_for_a_role_that_only_owns_the_database(empty_timescale_database: str) -> None:
    connection = await asyncpg.connect(empty_timescale_database)
    try:
        database = await connection.fetchval("SELECT current_database()")
        await connection.execute(f"CREATE ROLE {database}_owner LOGIN")
        await connection.execute(f"ALTER DATABASE {database} OWNER TO {database}_owner")
    finally:
        await connection.close()
    owner = await asyncpg.connect(empty_timescale_database, user=f"{database}_owner")
    try:
        await run_twice(owner, "apache")
        assert KINDS == sorted(name for (name,) in await owner.fetch(HYPERTABLES))
    finally:
        await owner.close()


async def test_they_run_on_timescaledbs_community_edition(community_connection: Connection) -> None:
    await run_twice(community_connection, "community")
    assert KINDS == sorted(name for (name,) in await community_connection.fetch(HYPERTABLES))
    aggregates = await community_connection.fetch(
        "SELECT view_name, materialized_only FROM timescaledb_information.continuous_aggregates ORDER BY view_name"
    )
    assert [(name, False) for name in ROLLUPS] == [tuple(row) for row in aggregates]
    columnstores = await community_connection.fetch(
        "SELECT hypertable FROM timescaledb_information.hypertable_columnstore_settings "
        "WHERE segmentby = 'recorder_id' AND orderby = 'at'"
    )
    assert KINDS == sorted(name for (name,) in columnstores)
    jobs = await community_connection.fetch(
        "SELECT proc_name, count(*) FROM timescaledb_information.jobs "
        "WHERE hypertable_name IS NOT NULL GROUP BY proc_name"
    )
    assert {"policy_compression": len(KINDS), "policy_refresh_continuous_aggregate": len(ROLLUPS)} == dict(
        map(tuple, jobs)
    )


async def test_runners_at_the_same_time_run_each_file_once(empty_timescale_database: str) -> None:
    runners = [await asyncpg.connect(empty_timescale_database) for _ in range(3)]
    try:
        ran = await asyncio.gather(*(migrate(runner) for runner in runners))
        assert [[], [], files_of("apache")] == sorted(ran)
        assert len(files_of("apache")) == await runners[0].fetchval("SELECT count(*) FROM schema_migration")
    finally:
        for runner in runners:
            await runner.close()


async def test_a_file_that_was_changed_after_it_ran_is_refused(plain_database: str) -> None:
    connection = await asyncpg.connect(plain_database)
    try:
        await connection.execute("UPDATE schema_migration SET sha256 = 'other' WHERE file = '0004_state.sql'")
        with pytest.raises(MigrationError, match=r"0004_state\.sql was changed after it had run"):
            await migrate(connection)
    finally:
        await connection.close()


async def test_a_database_of_a_newer_version_is_refused(plain_database: str) -> None:
    connection = await asyncpg.connect(plain_database)
    try:
        await connection.execute("INSERT INTO schema_migration (file, sha256) VALUES ('9999_future.sql', 'x')")
        with pytest.raises(MigrationError, match=r"has run 9999_future\.sql"):
            await migrate(connection)
    finally:
        await connection.close()


async def test_a_file_that_fails_leaves_nothing_behind_and_runs_later(empty_plain_database: str) -> None:
    connection = await asyncpg.connect(empty_plain_database)
    try:
        await connection.execute("CREATE VIEW recorder_state AS SELECT 1 AS in_the_way")
        with pytest.raises(MigrationError, match=r"^0004_state\.sql: .*recorder_state.*; nothing of it was kept$"):
            await migrate(connection)
        assert None is await connection.fetchval("SELECT to_regclass('recorder_boot')")
        assert "0004_state.sql" == (await pending_migrations(connection))[0]
        await connection.execute("DROP VIEW recorder_state")
        assert "0004_state.sql" == (await migrate(connection))[0]
    finally:
        await connection.close()
