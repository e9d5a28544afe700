"""The boards' queries are understood by all editions of the database, not only by the one that has data in other tests."""

from datetime import UTC, datetime, timedelta

import asyncpg
from standins.board_queries import panel_queries
from standins.grafana_macros import View, expand

from telemetry.store.migrate import migrate
from telemetry.store.pool import Connection

REGISTER = """
INSERT INTO unit (unit_id, name, kind) VALUES ('U1', '第1中队', 'squad');
INSERT INTO recorder (recorder_id, unit_id, model) VALUES ('R1', 'U1', 'X');
INSERT INTO recorder_state (recorder_id, first_received_at, last_received_at, last_heard_at, connected, level_pct, charging)
VALUES ('R1', now(), now(), now(), true, 10, false);
INSERT INTO battery (recorder_id, at, ts, received_at, boot, seq, backlog, clock_ok, level_pct, charging)
SELECT 'R1', at, at, at, 'b1', 1, false, true, 15, false
FROM generate_series(date_trunc('hour', now()) - INTERVAL '5 hours', now(), '10 minutes') AS at;
"""


async def _hours_low(connection: Connection, *, timescaledb: bool) -> list[int]:
    """Run every query; what the board about battery draws."""
    await connection.execute(REGISTER)
    await connection.fetch("SELECT refresh_stale_rollups(1000) FROM mark_stale_rollups(now())")
    now = datetime.now(UTC)
    view = View(now - timedelta(days=1), now, {"unit": ["U1"]}, timescaledb=timescaledb)
    drawn = []
    for query in panel_queries():
        rows = await connection.fetch(expand(query.sql, view))
        if query.name == "device-health: 电量不足与充电 A":
            drawn = [row["low"] for row in rows]
    return drawn


async def test_all_queries_run_on_plain_postgresql(plain_database: str) -> None:
    connection = await asyncpg.connect(plain_database)
    try:
        await connection.execute(
            "INSERT INTO rollup_dirty SELECT generate_series(date_trunc('hour', now()) - INTERVAL '5 hours', now(), '1 hour')"
        )
        assert [1, 1, 1, 1] == await _hours_low(connection, timescaledb=False)
    finally:
        await connection.close()


async def test_all_queries_run_over_continuous_aggregates(community_connection: Connection) -> None:
    await migrate(community_connection)
    # What isn't materialized yet is counted from the readings, which the aggregates do by themselves.
    assert [1, 1, 1, 1] == await _hours_low(community_connection, timescaledb=True)
