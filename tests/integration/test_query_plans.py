"""The hot queries read only the chunks and the rows that they are about; held on several days of a fleet's data."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg
import pytest
import pytest_asyncio
from services.databases import cloned_database

from telemetry.store.pool import Connection
from telemetry.store.queries import query

DAYS: Final = 8
FIRST: Final = datetime(2026, 3, 1, tzinfo=UTC)
NOON: Final = FIRST + timedelta(days=5, hours=4)
"""Noon of Asia/Shanghai on one of the days."""
# 200 recorders in 10 units, a heartbeat each 3 min; ten times as many boots as a week has; the rest of the fleet is
# in the register and the state only.
FILL: Final = f"""
INSERT INTO unit (unit_id, name, kind) SELECT 'U' || u, u, 'squad' FROM generate_series(0, 9) AS u;
INSERT INTO recorder (recorder_id, unit_id, model) SELECT 'R' || r, 'U' || r % 10, 'X' FROM generate_series(0, 1999) AS r;
INSERT INTO recorder_state (recorder_id, first_received_at, last_received_at)
SELECT recorder_id, '2026-03-01Z', '2026-03-09Z' FROM recorder;
INSERT INTO recorder_boot (recorder_id, boot, seen, first_received_at, last_received_at, first_at, last_at)
SELECT 'R' || r % 2000, 'b' || r / 2000, ARRAY[1, 100], at, at, at, at
FROM generate_series(0, 79999) AS r, LATERAL (SELECT timestamptz '2026-03-01Z' + r / 2000 * INTERVAL '4 hours' AS at) AS t;
INSERT INTO recording_state (recorder_id, boot, since_ts, state, since, last_at)
SELECT recorder_id, boot, first_at, 'recording', first_at, last_at FROM recorder_boot;
INSERT INTO presence_span (recorder_id, boot, online_at, seq) SELECT recorder_id, boot, first_at, 1 FROM recorder_boot;
INSERT INTO presence (recorder_id, at, ts, received_at, boot, seq, backlog, clock_ok, state)
SELECT recorder_id, first_at, first_at, first_at, boot, 1, false, true, 'online' FROM recorder_boot;
INSERT INTO heartbeat (recorder_id, at, ts, received_at, boot, seq, backlog, clock_ok, uptime_s, network)
SELECT 'R' || r, at, at, at, 'b1', 1, false, true, 1, '4g'
FROM generate_series(timestamptz '2026-03-01Z', '2026-03-01Z'::timestamptz + INTERVAL '{DAYS} days', '3 minutes') AS at,
    generate_series(0, 199) AS r
ORDER BY at;
INSERT INTO heartbeat_hourly (recorder_id, bucket, heartbeats)
SELECT recorder_id, date_trunc('hour', at), count(*) FROM heartbeat GROUP BY 1, 2;
INSERT INTO battery_hourly (recorder_id, bucket, batteries) SELECT recorder_id, bucket, 1 FROM heartbeat_hourly;
INSERT INTO storage_hourly (recorder_id, bucket, storages) SELECT recorder_id, bucket, 1 FROM heartbeat_hourly;
INSERT INTO recording_hourly (recorder_id, bucket, recordings) SELECT recorder_id, bucket, 1 FROM heartbeat_hourly;
"""


@pytest.fixture(scope="module")
def filled_database(timescale_server: str, timescale_template: str) -> Iterator[str]:
    """The DSN of a database with some days of data and fresh statistics."""
    with cloned_database(timescale_server, timescale_template) as dsn:
        asyncio.run(_fill(dsn))
        yield dsn


async def _fill(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(FILL)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


@pytest_asyncio.fixture
async def connection(filled_database: str) -> AsyncIterator[Connection]:
    """A connection that ingest could use."""
    opened = await asyncpg.connect(filled_database)
    try:
        await opened.execute(query("intake", "make_stages"))
        yield opened
    finally:
        await opened.close()


class Plan:
    """What a query did: which relations it read, and how."""

    def __init__(self, nodes: list[dict[str, Any]]) -> None:
        self._nodes = [node for node in nodes if node.get("Actual Loops", 1)]

    @property
    def indexes(self) -> set[str]:
        """Indexes that were searched, a chunk's under its hypertable's name for it."""
        return {_plain(node["Index Name"]) for node in self._nodes if "Index Name" in node}

    @property
    def read_whole(self) -> set[str]:
        """Relations that were read from one end to the other."""
        return {node["Relation Name"] for node in self._nodes if node["Node Type"] == "Seq Scan"}

    @property
    def chunks(self) -> set[str]:
        """Chunks that were looked into."""
        return {name for node in self._nodes if "_chunk" in (name := node.get("Relation Name", ""))}


def _plain(index: str) -> str:
    return index.partition("_chunk_")[2] or index


async def plan_of(connection: Connection, sql: str, *parameters: Any, mode: str = "auto") -> Plan:
    """Run *sql* and tell how it went; it changes nothing. *mode* is PostgreSQL's plan_cache_mode."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
        told = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql.rstrip().rstrip(';')}", *parameters)
    finally:
        await transaction.rollback()
    return Plan(list(_walk(json.loads(told)[0]["Plan"])))


def _walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", []):
        yield from _walk(inner)


MODES: Final = pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])


def keys(count: int, boot: int) -> tuple[list[str], list[str]]:
    return [f"R{number}" for number in range(count)], [f"b{boot}"] * count


async def test_the_latest_state_of_a_recorder_is_one_row_by_its_key(connection: Connection) -> None:
    plan = await plan_of(connection, "SELECT * FROM recorder_state WHERE recorder_id = $1", "R7")
    assert {"recorder_state_pkey"} == plan.indexes
    assert set() == plan.read_whole


@MODES
async def test_one_recorders_day_is_read_by_index_from_the_chunks_of_that_day(
    connection: Connection, mode: str
) -> None:
    sql = "SELECT * FROM heartbeat WHERE recorder_id = $1 AND at >= $2 AND at < $3 ORDER BY at"
    begins = FIRST + timedelta(days=4, hours=16)
    plan = await plan_of(connection, sql, "R7", begins, begins + timedelta(days=1), mode=mode)
    # A day of Asia/Shanghai is in two days of UTC.
    assert 2 == len(plan.chunks)
    assert {"heartbeat_by_recorder"} == plan.indexes
    assert set() == plan.read_whole


async def test_the_last_reading_before_a_moment_is_found_without_looking_into_older_chunks(
    connection: Connection,
) -> None:
    sql = "SELECT * FROM heartbeat WHERE recorder_id = $1 AND at <= $2 ORDER BY at DESC LIMIT 1"
    plan = await plan_of(connection, sql, "R7", NOON)
    assert 1 == len(plan.chunks)
    assert {"heartbeat_by_recorder"} == plan.indexes


@MODES
async def test_a_units_hour_is_read_by_index_from_one_chunk(connection: Connection, mode: str) -> None:
    sql = """
        SELECT h.recorder_id, h.at, h.rsrp_dbm FROM recorder r JOIN heartbeat h USING (recorder_id)
        WHERE r.unit_id = $1 AND h.at >= $2 AND h.at < $3
    """
    plan = await plan_of(connection, sql, "U3", NOON, NOON + timedelta(hours=1), mode=mode)
    assert 1 == len(plan.chunks)
    assert plan.indexes & {"heartbeat_by_recorder", "heartbeat_by_time"}
    assert set() == plan.read_whole & plan.chunks


async def test_an_hour_of_the_whole_fleet_is_read_from_its_part_of_one_chunk(connection: Connection) -> None:
    sql = "SELECT recorder_id, count(*) FROM heartbeat WHERE at >= $1 AND at < $2 GROUP BY recorder_id"
    plan = await plan_of(connection, sql, NOON, NOON + timedelta(hours=1))
    assert 1 == len(plan.chunks)
    assert {"heartbeat_by_time"} == plan.indexes
    assert set() == plan.read_whole


async def test_a_units_hourly_figures_are_read_by_index(connection: Connection) -> None:
    sql = "SELECT * FROM unit_hourly WHERE unit_id = $1 AND bucket >= $2 AND bucket < $3"
    plan = await plan_of(connection, sql, "U3", NOON, NOON + timedelta(hours=6))
    assert {f"{kind}_hourly_by_time" for kind in ("heartbeat", "battery", "storage", "recording")} <= plan.indexes
    assert set() == {name for name in plan.read_whole if name.endswith("_hourly")}


async def test_a_recorders_connections_and_recordings_are_read_by_index(connection: Connection) -> None:
    for view, table in (("presence_history", "presence_span"), ("recording_span", "recording_state")):
        plan = await plan_of(connection, f"SELECT * FROM {view} WHERE recorder_id = $1", "R7")
        assert set() == plan.read_whole
        assert {index for index in plan.indexes if index.startswith(table)}


@MODES
async def test_the_boots_of_a_batch_are_locked_by_their_key(connection: Connection, mode: str) -> None:
    plan = await plan_of(connection, query("intake", "lock_boots"), *keys(500, 39), mode=mode)
    assert {"recorder_boot_pkey"} == plan.indexes
    assert set() == plan.read_whole


@MODES
async def test_a_boots_presence_is_looked_for_only_since_the_boot(connection: Connection, mode: str) -> None:
    plan = await plan_of(connection, query("intake", "presence_of_boots"), *keys(20, 39), mode=mode)
    assert 1 == len(plan.chunks)
    assert 1 < await connection.fetchval("SELECT count(*) FROM show_chunks('presence')")
    assert set() == plan.read_whole


async def test_a_batch_is_merged_without_reading_any_table_as_a_whole(connection: Connection) -> None:
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(
            "INSERT INTO stage (recorder_id, first_received_at, last_received_at, boot_recorder_id, boot_id, seen_first, "
            "seen_last, boot_last_received_at, span_recorder_id, span_boot, span_since_ts, span_state, span_since, "
            "span_last_at, span_since_rank, reused, clock_told_twice) SELECT 'R' || r, now(), now(), 'R' || r, 'b39', 1, 2, now(), 'R' || r, 'b39', now(), "
            "'recording', now(), now(), 1, false, false FROM generate_series(0, 299) AS r"
        )
        plan = await plan_of(connection, query("intake", "merge_stage"), [], NOON, NOON, NOON)
        assert {"stage"} == plan.read_whole
        assert {"recorder_boot_pkey"} <= plan.indexes
    finally:
        await transaction.rollback()
