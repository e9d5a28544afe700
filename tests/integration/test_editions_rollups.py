"""Hourly and daily rollups: the same figures out of our own job as out of continuous aggregates, late data included."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import asyncpg
import pytest_asyncio
from store_scene import Device, Store, open_store

from telemetry.ingest.arrival import Arrival
from telemetry.store.intake import COLUMNS
from telemetry.store.migrate import migrate
from telemetry.store.platform import list_jobs, roll_up
from telemetry.store.pool import Connection

# Some days ago, so that days of Asia/Shanghai and of UTC are whole; within what ingest places (31 days).
BEGINS = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=4)
HOURS = 30
RECORDERS = ("R1", "R2", "R3", "T1")
ROLLED = ("heartbeat", "battery", "storage", "recording")
VIEWS = ("recorder_hourly", "recorder_daily", "unit_hourly", "unit_daily")
REGISTER = """
INSERT INTO unit (unit_id, name, kind) VALUES ('U1', '一', 'squad'), ('U2', '二', 'squad');
INSERT INTO recorder (recorder_id, unit_id, model, status) VALUES
    ('R1', 'U1', 'X', 'service'), ('R2', 'U1', 'X', 'spare'), ('R3', 'U2', 'X', 'service'), ('T1', 'U2', 'X', 'test');
"""


def a_day_and_more(device: Device, random: Random) -> list[Arrival]:
    """Everything that rolls up, for 30 hours, at irregular times; signal and temperature are missing now and then."""
    arrivals = []
    for seq, minute in enumerate(range(0, HOURS * 60, 7), 1):
        at = BEGINS + timedelta(minutes=minute, seconds=random.randrange(400))
        match seq % 4:
            case 0:
                signal = random.choice([None, -80 - random.randrange(40)])
                network, sim = random.choice([("4g", "ready"), ("none", "absent"), ("none", "ready")])
                fields: dict[str, Any] = {
                    "uptime_s": minute,
                    "network": network,
                    "rsrp_dbm": signal,
                    "cell": None,
                    "sim": sim,
                }
                arrivals.append(device.send("heartbeat", seq, at, **fields))
            case 1:
                level = random.randrange(1000) / 10
                temperature: dict[str, Any] = random.choice([{}, {"temperature_c": 20 + random.randrange(200) / 10}])
                charging = random.random() < 0.3
                arrivals.append(device.send("battery", seq, at, level_pct=level, charging=charging, **temperature))
            case 2:
                files = random.randrange(30)
                arrivals.append(device.send("storage", seq, at, total_mb=64000, free_mb=5 * files, files=files))
            case _:
                state = random.choice(["recording", "standby"])
                arrivals.append(device.recording(seq, at, state, at - timedelta(seconds=random.randrange(200))))
    return arrivals


def in_time_and_late() -> tuple[list[Arrival], list[Arrival]]:
    """The fleet's messages, a third of which come a day after the rest."""
    random = Random(11)
    in_time, late = [], []
    for recorder in RECORDERS:
        for arrival in a_day_and_more(Device(recorder), random):
            if random.random() < 0.33:
                arrival.received_at = BEGINS + timedelta(hours=HOURS + 24)
                late.append(arrival)
            else:
                in_time.append(arrival)
    return in_time, late


async def figures(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    return {view: [tuple(map(_rounded, row)) for row in await _read(connection, view)] for view in VIEWS}


async def _read(connection: Connection, view: str) -> Sequence[asyncpg.Record]:
    return await connection.fetch(f"SELECT * FROM {view} ORDER BY 1, 2")


def _rounded(value: Any) -> Any:
    # The order in which floats are added differs.
    return round(value, 6) if isinstance(value, float) else value


async def copy_readings(source: Store, target: Connection, since: int) -> None:
    """Copy what arrived from the *since*-th hour on; PGlite has no COPY."""
    arrived = BEGINS + timedelta(hours=since)
    for kind in ROLLED:
        columns = ", ".join(f'"{column}"' for column in COLUMNS[kind])
        rows = await source.rows(f"SELECT {columns} FROM {kind} WHERE received_at >= $1", arrived)
        places = ", ".join(f"${number}" for number in range(1, len(COLUMNS[kind]) + 1))
        await target.executemany(f"INSERT INTO {kind} ({columns}) VALUES ({places})", rows)


async def refresh(connection: Connection) -> None:
    """What the policies do each hour; the hourly ones first, for the daily ones are made of them."""
    for span in ("hourly", "daily"):
        for kind in ROLLED:
            await connection.execute(f"CALL refresh_continuous_aggregate('{kind}_{span}', NULL, NULL)")


@pytest_asyncio.fixture
async def apache(database: str) -> AsyncIterator[Store]:
    """A migrated database on TimescaleDB's Apache edition with two units on the register."""
    async with open_store(database) as store:
        await store.run(REGISTER)
        yield store


@pytest_asyncio.fixture
async def plain(plain_database: str) -> AsyncIterator[Store]:
    """The same on plain PostgreSQL."""
    async with open_store(plain_database) as store:
        await store.run(REGISTER)
        yield store


async def test_all_editions_have_the_same_figures_also_after_late_data(
    apache: Store, plain: Store, community_connection: Connection
) -> None:
    await migrate(community_connection)
    await community_connection.execute(REGISTER)
    in_time, late = in_time_and_late()
    for store in (apache, plain):
        await store.write(*in_time)
        await roll_up(store.database, datetime.now(UTC))
    await copy_readings(apache, community_connection, 0)
    await refresh(community_connection)
    async with apache.database.connection() as own, plain.database.connection() as other:
        first = await figures(own)
        assert first == await figures(other)
        assert first == await figures(community_connection)
        assert 4 * HOURS <= len(first["recorder_hourly"])
        assert ["U1", "U1", "U2", "U2"] == [row[0] for row in first["unit_daily"]]

    for store in (apache, plain):
        await store.write(*late)
        await roll_up(store.database, datetime.now(UTC))
    await copy_readings(apache, community_connection, HOURS + 12)
    await refresh(community_connection)
    async with apache.database.connection() as own, plain.database.connection() as other:
        second = await figures(own)
        assert first != second
        assert second == await figures(other)
        assert second == await figures(community_connection)


async def test_continuous_aggregates_show_what_no_refresh_has_reached_yet(community_connection: Connection) -> None:
    await migrate(community_connection)
    at = datetime.now(UTC)
    await community_connection.execute(
        "INSERT INTO battery (recorder_id, at, ts, received_at, boot, seq, backlog, clock_ok, level_pct, charging) "
        "VALUES ('R1', $1, $1, $1, 'b1', 1, false, true, 50, false)",
        at,
    )
    await refresh(community_connection)
    assert 1 == await community_connection.fetchval("SELECT batteries FROM battery_hourly")
    assert 1 == await community_connection.fetchval("SELECT batteries FROM battery_daily")


async def test_a_rollup_agrees_with_the_readings_themselves(apache: Store) -> None:
    in_time, late = in_time_and_late()
    await apache.write(*in_time, *late)
    await roll_up(apache.database, datetime.now(UTC))
    counted = await apache.rows(
        "SELECT recorder_id, date_trunc('day', at, 'Asia/Shanghai'), count(*), min(level_pct) FROM battery "
        "GROUP BY 1, 2 ORDER BY 1, 2"
    )
    assert counted == await apache.rows(
        "SELECT recorder_id, bucket, batteries, level_pct_min FROM battery_daily ORDER BY 1, 2"
    )


async def test_what_came_while_the_job_did_not_run_is_rolled_up_when_it_does(apache: Store) -> None:
    now = datetime.now(UTC)
    await apache.rows("UPDATE rollup_progress SET rolled_to = $1", now - timedelta(days=2))
    for hour in range(26):
        at = now - timedelta(hours=hour)
        await apache.rows(
            "INSERT INTO battery (recorder_id, at, ts, received_at, boot, seq, backlog, clock_ok, level_pct, charging) "
            "VALUES ('R1', $1, $1, $1, 'b1', $2, false, true, 50, false)",
            *(at, hour),
        )
    assert 26 < await roll_up(apache.database, datetime.now(UTC))
    assert 26 == await apache.value("SELECT sum(batteries)::bigint FROM battery_hourly")
    assert [] == await apache.rows("SELECT hour FROM rollup_dirty")
    assert [("roll_up", None)] == [(job.job, job.fault) for job in await list_jobs(apache.database)]
