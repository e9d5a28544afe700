"""The facts' schema on the other editions of the database."""

from collections.abc import AsyncIterator

import pytest_asyncio
from facts_scene import everything, read

from alerts.facts.load import Loaded, load_facts
from alerts.facts.models import MODELS
from alerts.facts.versions import START_OF_FILE
from telemetry.store.migrate import migrate
from telemetry.store.pool import Connection, Database


@pytest_asyncio.fixture
async def plain(plain_database: str) -> AsyncIterator[Database]:
    """A migrated database on plain PostgreSQL."""
    opened = await Database.open(plain_database)
    try:
        yield opened
    finally:
        await opened.close()


async def test_facts_are_loaded_on_plain_postgresql(plain: Database) -> None:
    loaded = await load_facts(plain, read(**everything()), "test", START_OF_FILE, approve=False)
    assert isinstance(loaded, Loaded)
    assert dict.fromkeys(MODELS, 1) == loaded.new


async def test_the_facts_schema_is_made_on_the_community_edition(community_connection: Connection) -> None:
    ran = await migrate(community_connection)
    assert {"0010_facts.sql", "0011_calendar.sql", "0012_logins.sql"} <= set(ran)
    for collection in MODELS:
        assert [] == await community_connection.fetch(f"SELECT * FROM {collection}_known_at(now())")
    assert [] == await community_connection.fetch("SELECT * FROM logins_between(now(), now(), ARRAY['R1'], now())")
