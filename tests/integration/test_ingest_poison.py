"""A message that the database refuses, or that no row can be made of, is kept as a rejection; the rest is stored."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest
import pytest_asyncio

from telemetry.domain.decode import reject
from telemetry.domain.errors import DatabaseUnavailableError
from telemetry.domain.readings import Counted
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.writer import Writer
from telemetry.store.pool import Database
from telemetry.store.queries import query

NOW = datetime(2026, 3, 2, 1, 0, 1, tzinfo=UTC)


@pytest_asyncio.fixture(params=[False, True], ids=["among others", "alone"])
async def writer(database: str, request: pytest.FixtureRequest) -> AsyncIterator[Writer]:
    opened = await Database.open(database, prepare=query("intake", "make_stages"))
    yield Writer(opened, is_alone=request.param)
    await opened.close()


@pytest_asyncio.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(database)
    yield opened
    await opened.close()


def battery(seq: int, level_pct: int = 61, received_at: datetime = NOW) -> Arrival:
    text = (
        f'{{"ts": "2026-03-02T09:00:00+08:00", "boot": "b", "seq": {seq}, "level_pct": {level_pct}, "charging": false}}'
    )
    return Arrival("recorder/v1/R1/battery", text.encode(), received_at)


async def test_what_the_database_refuses_is_kept_and_the_rest_of_its_batch_is_stored(
    writer: Writer, connection: asyncpg.Connection
) -> None:
    await connection.execute("ALTER TABLE battery ADD CHECK (level_pct <> 13)")
    batch = [battery(seq, 13 if seq in {3, 4, 77} else 61) for seq in range(100)]
    outcome = await writer.write(batch)
    assert (97, 0, 3) == (outcome.stored, outcome.duplicates, outcome.rejected)
    assert 97 == await connection.fetchval("SELECT count(*) FROM battery")
    kept = await connection.fetch("SELECT code, reason, recorder_id, payload FROM rejection ORDER BY payload")
    assert {("refused", "R1")} == {(row["code"], row["recorder_id"]) for row in kept}
    assert all("CheckViolation" in row["reason"] for row in kept)
    assert {batch[seq].payload for seq in (3, 4, 77)} == {row["payload"] for row in kept}


async def test_what_was_refused_is_not_taken_for_stored_when_it_comes_again(
    writer: Writer, connection: asyncpg.Connection
) -> None:
    await writer.write([battery(1), battery(2)])
    await connection.execute("ALTER TABLE battery ADD CONSTRAINT picky CHECK (level_pct <> 13)")
    outcome = await writer.write([battery(2), battery(3), battery(4, 13), battery(6)])
    assert (2, 1, 1) == (outcome.stored, outcome.duplicates, outcome.rejected)
    await connection.execute("ALTER TABLE battery DROP CONSTRAINT picky")
    again = await writer.write([battery(seq, 13 if seq == 4 else 61) for seq in range(1, 7)])
    assert (2, 4, 0) == (again.stored, again.duplicates, again.rejected)
    assert list(range(1, 7)) == [row["seq"] for row in await connection.fetch("SELECT seq FROM battery ORDER BY seq")]
    assert [1, 6] == await connection.fetchval("SELECT seen FROM recorder_boot")


async def test_what_no_row_can_be_made_of_is_kept_and_the_rest_of_its_batch_is_stored(
    writer: Writer, connection: asyncpg.Connection
) -> None:
    # Nothing arrives at the beginning of time; it stands for whatever else we didn't think of.
    batch = [battery(seq, received_at=datetime.min.replace(tzinfo=UTC) if seq == 5 else NOW) for seq in range(10)]
    outcome = await writer.write(batch)
    assert (9, 1) == (outcome.stored, outcome.rejected)
    assert "OverflowError" in await connection.fetchval("SELECT reason FROM rejection")
    assert 9 == await connection.fetchval("SELECT count(*) FROM battery")


async def test_a_flood_that_was_counted_before_survives_a_refusal(
    writer: Writer, connection: asyncpg.Connection
) -> None:
    await connection.execute("ALTER TABLE battery ADD CHECK (level_pct <> 13)")
    flood = reject("recorder/v1/R9/battery", "R9", b"one of many", "flood", "flood: too many")
    outcome = await writer.write([battery(1, 13), battery(2)], None, [Counted(flood, NOW, 40)])
    assert (1, 41) == (outcome.stored, outcome.rejected)
    assert 40 == await connection.fetchval("SELECT count FROM rejection WHERE recorder_id = 'R9'")


async def test_the_same_bytes_on_the_same_topic_are_one_rejection_with_a_count(
    writer: Writer, connection: asyncpg.Connection
) -> None:
    bad = Arrival("recorder/v1/R1/battery", b"no json", NOW)
    for _ in range(3):
        await writer.write([bad, bad, Arrival("recorder/v1/R2/battery", b"no json", NOW)])
    counts = await connection.fetch("SELECT topic, count FROM rejection ORDER BY topic")
    assert [("recorder/v1/R1/battery", 6), ("recorder/v1/R2/battery", 3)] == [tuple(row) for row in counts]


DATABASE_FAULTS = (
    "53100 53000 53400 58030 XX000 XX001 42501 42703 55000 26000 25P03 57P05 0A000 25006 40001 P0001 08006"
)


@pytest.mark.parametrize("sqlstate", DATABASE_FAULTS.split())
async def test_a_fault_of_the_database_is_waited_out_and_makes_no_rejection(
    writer: Writer, connection: asyncpg.Connection, sqlstate: str
) -> None:
    await connection.execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$BEGIN RAISE EXCEPTION 'made' USING ERRCODE = '{sqlstate}'; END$$;"
        "CREATE TRIGGER fail BEFORE INSERT ON battery FOR EACH ROW EXECUTE FUNCTION fail()"
    )
    batch = [battery(seq) for seq in range(4)]
    with pytest.raises(DatabaseUnavailableError, match="made"):
        await writer.write(batch)
    assert 0 == await connection.fetchval("SELECT count(*) FROM rejection")
    await connection.execute("DROP TRIGGER fail ON battery")
    outcome = await writer.write(batch)
    assert (4, 0, 0) == (outcome.stored, outcome.duplicates, outcome.rejected)


@pytest.mark.parametrize("sqlstate", ["22003", "23514", "54000"])
async def test_a_fault_of_one_row_costs_that_row_alone(
    writer: Writer, connection: asyncpg.Connection, sqlstate: str
) -> None:
    await connection.execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$BEGIN IF NEW.seq = 2 THEN RAISE EXCEPTION 'made' USING ERRCODE = '{sqlstate}'; END IF; RETURN NEW; END$$;"
        "CREATE TRIGGER fail BEFORE INSERT ON battery FOR EACH ROW EXECUTE FUNCTION fail()"
    )
    outcome = await writer.write([battery(seq) for seq in range(4)])
    assert (3, 0, 1) == (outcome.stored, outcome.duplicates, outcome.rejected)
