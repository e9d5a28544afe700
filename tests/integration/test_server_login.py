"""The server's own login at the database does all that a server does, and can't undo what guards the audit log."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio
from pydantic import SecretStr

from telemetry.cli.checks import check_edges
from telemetry.domain.errors import InputError
from telemetry.settings import DatabaseSettings
from telemetry.settings_tree import Settings
from telemetry.store.platform import drop_old, roll_up
from telemetry.store.pool import Database
from telemetry.store.queries import query
from telemetry.store.server_login import grant_server

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
PASSWORD = "it's %24 a word"
OLD_ENTRY = (
    "INSERT INTO audit_entry (at, account, address, action, target_kind, target_id)"
    " VALUES ($1, 'a', 'b', 'look', 'recorder', 'R0001')"
)

UNDOING = (
    "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    "DROP TRIGGER audit_entry_is_kept ON audit_entry",
    "CREATE OR REPLACE FUNCTION keep_audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
    "SET session_replication_role = replica",
    "SET recorder_fleet.audit_retention = 'on'; DELETE FROM audit_entry",
    "UPDATE audit_entry SET account = 'another'",
    "TRUNCATE audit_entry",
    "DROP TABLE audit_entry",
    "CREATE TABLE mine (id int)",
    "CREATE ROLE another",
    "DELETE FROM schema_migration",
)


@dataclass(frozen=True, slots=True)
class Logins:
    """A database as its owner and as the server's own login open it."""

    owner: asyncpg.Connection
    server: asyncpg.Connection
    url: str
    role: str


def url_of(dsn: str, role: str, password: str) -> str:
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    quoted = password.replace("%", "%25").replace("'", "%27").replace(" ", "%20")
    return urlunsplit(parts._replace(netloc=f"{role}:{quoted}@{host}"))


@pytest.fixture(params=["database", "plain_database"], ids=["TimescaleDB", "PostgreSQL"])
def dsn(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest_asyncio.fixture
async def logins(dsn: str) -> AsyncIterator[Logins]:
    role = f"server_{secrets.token_hex(4)}"
    url = url_of(dsn, role, PASSWORD)
    owner = await asyncpg.connect(dsn)
    try:
        assert role == await grant_server(owner, url)
        server = await asyncpg.connect(url)
        try:
            yield Logins(owner, server, url, role)
        finally:
            await server.close()
    finally:
        await owner.execute(f"DROP OWNED BY {role}")
        await owner.execute(f"DROP ROLE {role}")
        await owner.close()


async def test_it_owns_no_table_function_or_schema(logins: Logins) -> None:
    owned = await logins.owner.fetch(
        "SELECT relname::text FROM pg_class WHERE relowner = $1::regrole AND relpersistence <> 't'"
        " UNION ALL SELECT proname::text FROM pg_proc WHERE proowner = $1::regrole"
        " UNION ALL SELECT nspname::text FROM pg_namespace WHERE nspowner = $1::regrole AND nspname !~ '^pg_'",
        logins.role,
    )
    assert [] == owned


async def test_what_would_undo_the_audit_log_is_refused(logins: Logins) -> None:
    await logins.owner.execute(OLD_ENTRY, NOW - timedelta(days=400))
    for statement in UNDOING:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await logins.server.execute(statement)
    assert 1 == await logins.owner.fetchval("SELECT count(*) FROM audit_entry WHERE account = 'a'")


async def test_check_warns_of_a_server_that_works_as_the_owner(logins: Logins, dsn: str) -> None:
    for url, warned in ((dsn, True), (logins.url, False)):
        edges = await check_edges(Settings(database=DatabaseSettings(url=SecretStr(url))))
        (rights,) = [edge for edge in edges if edge.name == "rights"]
        assert (None, warned) == (rights.fault, rights.warning is not None)


async def test_its_temporary_table_gets_no_rights_of_the_owner(logins: Logins) -> None:
    schema = await logins.owner.fetchval("SELECT current_schema()")
    await logins.server.execute(
        f"""
        CREATE TEMPORARY TABLE audit_entry (at timestamptz);
        CREATE FUNCTION pg_temp.seize() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            ALTER TABLE {schema}.audit_entry DISABLE TRIGGER ALL;
            RETURN OLD;
        END $$;
        CREATE TRIGGER seize BEFORE DELETE ON pg_temp.audit_entry FOR EACH ROW EXECUTE FUNCTION pg_temp.seize();
        INSERT INTO pg_temp.audit_entry VALUES (now() - INTERVAL '2 years');
        """
    )
    await logins.server.fetchval("SELECT drop_old_audit(INTERVAL '1 year', now())")
    switched = await logins.owner.fetch(
        "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'audit_%' AND tgenabled <> 'O'"
    )
    assert [] == switched


async def test_it_does_what_the_server_s_jobs_need_the_owner_for(logins: Logins) -> None:
    await logins.owner.execute(OLD_ENTRY, NOW - timedelta(days=400))
    database = await Database.open(logins.url, prepare=query("intake", "make_stages"))
    try:
        async with database.connection() as connection:
            assert 1 == await connection.fetchval("SELECT drop_old_audit(INTERVAL '1 year', $1)", NOW)
        await drop_old(database, NOW, readings_days=30, location_days=30, rejections_days=30)
        await roll_up(database, NOW)
    finally:
        await database.close()


async def test_migrations_may_be_granted_again_with_another_password_and_to_no_login_that_may_more(
    logins: Logins,
) -> None:
    renewed = url_of(logins.url, logins.role, "another")
    assert logins.role == await grant_server(logins.owner, renewed)
    await (await asyncpg.connect(renewed)).close()
    owner = await logins.owner.fetchval("SELECT current_user")
    with pytest.raises(InputError, match="may do more"):
        await grant_server(logins.owner, url_of(logins.url, owner, "another"))
    with pytest.raises(InputError, match="a user and a password"):
        await grant_server(logins.owner, "postgresql://127.0.0.1/recorder_fleet")
