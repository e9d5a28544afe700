"""The services that the other tests stand on are what they claim to be."""

import aiomqtt
import asyncpg
import pytest
from services.community import Community
from services.mosquitto import Mosquitto
from services.timescale import Cluster

from telemetry.store.edition import detect_edition
from telemetry.store.pool import Connection

MAKE_HYPERTABLE = """
CREATE TABLE measured (at timestamptz NOT NULL, value int NOT NULL);
SELECT create_hypertable('measured', by_range('at', INTERVAL '1 day'));
INSERT INTO measured SELECT at, 1
FROM generate_series(timestamptz '2026-03-01', '2026-03-03 23:59', INTERVAL '1 minute') AS at;
"""


async def test_the_timescale_server_is_the_apache_edition_and_makes_hypertables(empty_timescale_database: str) -> None:
    connection = await asyncpg.connect(empty_timescale_database)
    try:
        await connection.execute("CREATE EXTENSION timescaledb")
        await connection.execute(MAKE_HYPERTABLE)
        assert "apache" == await detect_edition(connection)
        assert 3 == await connection.fetchval("SELECT count(*) FROM show_chunks('measured')")
        with pytest.raises(asyncpg.FeatureNotSupportedError, match="apache"):
            await connection.execute("ALTER TABLE measured SET (timescaledb.compress)")
    finally:
        await connection.close()


async def test_the_timescale_server_commits_as_safely_as_in_production(timescale_server: str) -> None:
    connection = await asyncpg.connect(timescale_server)
    try:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert "on" == await connection.fetchval("SELECT current_setting($1)", setting)
    finally:
        await connection.close()


async def _rows(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS kept (value int)")
        await connection.execute("INSERT INTO kept VALUES (1)")
        return int(await connection.fetchval("SELECT count(*) FROM kept"))
    finally:
        await connection.close()


async def test_a_cluster_comes_back_on_its_port_with_what_it_had_committed(timescale_cluster: Cluster) -> None:
    assert 1 == await _rows(timescale_cluster.dsn())
    timescale_cluster.stop("immediate")
    with pytest.raises(OSError, match="Connect"):
        await asyncpg.connect(timescale_cluster.dsn())
    timescale_cluster.start()
    assert 2 == await _rows(timescale_cluster.dsn())


async def test_each_test_has_a_database_of_its_own(database: str, timescale_server: str) -> None:
    assert 1 == await _rows(database)
    assert database != timescale_server


async def test_a_second_test_does_not_see_what_the_first_wrote(database: str) -> None:
    assert 1 == await _rows(database)


async def test_the_plain_server_has_no_timescaledb(plain_database: str) -> None:
    connection = await asyncpg.connect(plain_database)
    try:
        assert "plain" == await detect_edition(connection)
    finally:
        await connection.close()


async def test_the_community_edition_makes_continuous_aggregates_and_compresses(
    community_connection: Connection,
) -> None:
    await community_connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    await community_connection.execute(MAKE_HYPERTABLE)
    await community_connection.execute(
        "CREATE MATERIALIZED VIEW hourly WITH (timescaledb.continuous) AS "
        "SELECT time_bucket('1 hour', at) AS hour, sum(value) AS total FROM measured GROUP BY 1 WITH NO DATA"
    )
    await community_connection.execute("CALL refresh_continuous_aggregate('hourly', NULL, NULL)")
    await community_connection.execute("ALTER TABLE measured SET (timescaledb.enable_columnstore)")
    assert "community" == await detect_edition(community_connection)
    assert 3 * 24 * 60 == await community_connection.fetchval("SELECT sum(total) FROM hourly")
    assert 3 == await community_connection.fetchval("SELECT count(compress_chunk(c)) FROM show_chunks('measured') AS c")


async def test_clients_of_the_community_edition_take_turns_and_find_a_clean_session() -> None:
    with Community() as community:
        for seen_before in range(2):
            connection = await asyncpg.connect(community.dsn, statement_cache_size=0, timeout=30)
            await connection.execute("CREATE TABLE IF NOT EXISTS kept (value text)")
            assert seen_before == await connection.fetchval("SELECT count(*) FROM kept")
            # longer than one piece that TCP hands out
            await connection.execute("INSERT INTO kept VALUES ($1)", "x" * 300_000)
            await connection.execute("SET work_mem = '7MB'; BEGIN; DELETE FROM kept")
            connection.terminate()
        connection = await asyncpg.connect(community.dsn, statement_cache_size=0, timeout=30)
        assert 2 == await connection.fetchval("SELECT count(*) FROM kept WHERE length(value) = 300000")
        assert await connection.fetchval("SHOW work_mem") != "7MB"
        connection.terminate()


async def test_mosquitto_keeps_thousands_of_messages_for_an_absent_subscriber(mosquitto_broker: Mosquitto) -> None:
    async def subscriber() -> aiomqtt.Client:
        return aiomqtt.Client(
            mosquitto_broker.host,
            mosquitto_broker.port,
            identifier="absent",
            clean_session=False,
            max_queued_incoming_messages=0,
        )

    async with await subscriber() as client:
        await client.subscribe("kept/#", qos=1)
    async with aiomqtt.Client(mosquitto_broker.host, mosquitto_broker.port) as publisher:
        for number in range(3000):
            await publisher.publish("kept/number", str(number), qos=1)
    async with await subscriber() as client:
        received = [int(str((await anext(client.messages)).payload, "ascii")) for _ in range(3000)]
    assert list(range(3000)) == received
