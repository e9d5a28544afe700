"""How long readings are kept: chunks or rows are dropped on each edition, and no clock makes a chunk outside."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest_asyncio
from store_scene import Device, Store, open_store

from telemetry.store.migrate import migrate
from telemetry.store.platform import drop_old
from telemetry.store.pool import Connection
from telemetry.store.retention import delete_positions, drop_old_cells

INSERT = (
    "INSERT INTO {kind} (recorder_id, at, ts, received_at, boot, seq, backlog, clock_ok, {columns}) "
    "SELECT 'R1', t, t, t, 'b1', 1, false, true, {values} "
    "FROM generate_series($1::timestamptz - INTERVAL '200 days', $1, INTERVAL '10 days') AS t"
)
BATTERIES = INSERT.format(kind="battery", columns="level_pct, charging", values="50, false")
PLACES = INSERT.format(kind="location", columns="lat, lon, fix", values="31, 121, 'gnss'")
BEATS = INSERT.format(kind="heartbeat", columns="uptime_s, network, cell", values="1, '4g', 'c'")
OLDEST = "SELECT (SELECT min(at) FROM battery), (SELECT min(at) FROM location)"
CHUNKS = "SELECT min(range_start), max(range_end) FROM timescaledb_information.chunks"


@pytest_asyncio.fixture
async def apache(database: str) -> AsyncIterator[Store]:
    """A migrated database on TimescaleDB's Apache edition."""
    async with open_store(database) as store:
        yield store


@pytest_asyncio.fixture
async def plain(plain_database: str) -> AsyncIterator[Store]:
    """The same on plain PostgreSQL."""
    async with open_store(plain_database) as store:
        yield store


async def assert_old_readings_go(store: Store) -> None:
    now = datetime.now(UTC)
    await store.rows(BATTERIES, now)
    await store.rows(PLACES, now)
    await drop_old(store.database, now, readings_days=95, location_days=45, rejections_days=30)
    oldest_battery, oldest_place = (await store.rows(OLDEST))[0]
    # A chunk goes as a whole, once all of it is too old.
    assert timedelta(days=89) < now - oldest_battery < timedelta(days=96)
    assert timedelta(days=39) < now - oldest_place < timedelta(days=46)


async def test_old_chunks_are_dropped_on_the_apache_edition(apache: Store) -> None:
    await assert_old_readings_go(apache)
    oldest = await apache.value("SELECT min(range_start) FROM timescaledb_information.chunks")
    assert datetime.now(UTC) - oldest < timedelta(days=97)


async def test_old_rows_are_deleted_on_plain_postgresql(plain: Store) -> None:
    await assert_old_readings_go(plain)


async def test_old_chunks_are_dropped_by_a_policy_on_the_community_edition(community_connection: Connection) -> None:
    await migrate(community_connection)
    now = datetime.now(UTC)
    await community_connection.execute(BATTERIES, now)
    keep = "SELECT keep_readings('battery', make_interval(days => $1), now())"
    policy = (
        "SELECT job_id, config ->> 'drop_after' FROM timescaledb_information.jobs WHERE proc_name = 'policy_retention'"
    )
    for days in (180, 95, 95):
        await community_connection.fetchval(keep, days)
    ((job, drop_after),) = await community_connection.fetch(policy)
    assert "95 days" == drop_after
    await community_connection.execute(f"CALL run_job({job})")
    oldest = await community_connection.fetchval("SELECT min(at) FROM battery")
    assert timedelta(days=89) < now - oldest < timedelta(days=96)


async def test_a_chunk_is_compressed_and_still_takes_late_readings(community_connection: Connection) -> None:
    await migrate(community_connection)
    now = datetime.now(UTC)
    await community_connection.execute(BATTERIES, now)
    job = await community_connection.fetchval(
        "SELECT job_id FROM timescaledb_information.jobs "
        "WHERE proc_name = 'policy_compression' AND hypertable_name = 'battery'"
    )
    await community_connection.execute(f"CALL run_job({job})")
    compressed = (
        "SELECT count(*) FROM timescaledb_information.chunks WHERE is_compressed AND hypertable_name = 'battery'"
    )
    assert 20 == await community_connection.fetchval(compressed)
    await community_connection.execute(BATTERIES.replace("'b1', 1", "'b1', 2"), now - timedelta(hours=1))
    assert 42 == await community_connection.fetchval("SELECT count(*) FROM battery")


async def test_cells_are_forgotten_in_compressed_chunks_too_and_only_those(community_connection: Connection) -> None:
    await migrate(community_connection)
    now = datetime.now(UTC)
    await community_connection.execute(BEATS, now)
    await community_connection.fetch("SELECT compress_chunk(c) FROM show_chunks('heartbeat') AS c")
    off_duty = [("R1", now - timedelta(days=25), now - timedelta(days=15)), ("R2", now - timedelta(days=25), now)]
    assert 1 == await delete_positions(community_connection, off_duty)
    assert 0 == await delete_positions(community_connection, off_duty)
    kept = "SELECT count(*), count(cell) FROM heartbeat"
    assert (21, 20) == tuple(await community_connection.fetchrow(kept) or ())
    old = (now - timedelta(days=205), now - timedelta(days=95))
    assert 11 == await drop_old_cells(community_connection, *old, timedelta(hours=1))
    assert (21, 9) == tuple(await community_connection.fetchrow(kept) or ())


async def test_a_clock_in_1970_or_2099_makes_no_chunk_there(apache: Store) -> None:
    received = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    wrong = [datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC), received - timedelta(days=40)]
    for number, clock in enumerate(wrong):
        device = Device(f"R{number}")
        stored = {"kind": "battery", **device.payload(2, clock, level_pct=50, charging=False)}
        backlog = device.backlog(3, clock, stored)
        backlog.received_at = received
        await apache.write(
            device.birth(1, clock, received),
            backlog,
            device.battery(4, clock, 50, received),
            device.send("recording", 5, clock, received, state="recording", since=clock.isoformat()),
        )
    begins, ends = (await apache.rows(CHUNKS))[0]
    assert received - timedelta(days=38) < begins
    assert ends < received + timedelta(days=8)
    assert 6 == await apache.value("SELECT count(*) FROM battery")
