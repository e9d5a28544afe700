"""The server's secrets at broker and database are read again from their files: a changed one needs no restart."""

import secrets
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from broker_scene import account

from broker.access import SERVER_ACCOUNT, Account
from broker.credentials import hash_secret, new_salt
from broker.embedded import embedded_broker
from telemetry.domain.errors import BrokerUnavailableError, DatabaseUnavailableError
from telemetry.ingest.session import Mqtt5Session
from telemetry.settings import BrokerSettings, DatabaseSettings
from telemetry.settings_tree import Settings
from telemetry.store.server_login import grant_server
from telemetry.workers import open_database, session_settings


async def test_a_new_secret_of_the_server_at_the_broker_is_used_at_the_next_connection(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"secret of {SERVER_ACCOUNT}\n")
    async with embedded_broker(tmp_path / "broker", [account(SERVER_ACCOUNT)], kind="mosquitto") as broker:
        there = BrokerSettings(host=broker.host, port=broker.server_port, tls=False, password_file=file)
        settings = Settings(broker=there)
        await (await Mqtt5Session.open(session_settings(settings, "a"))).close()
        await broker.reload([Account(SERVER_ACCOUNT, "server", hash_secret("another", new_salt()))])
        with pytest.raises(BrokerUnavailableError, match="login refused"):
            await Mqtt5Session.open(session_settings(settings, "a"))
        file.write_text("another")
        await (await Mqtt5Session.open(session_settings(settings, "a"))).close()
        file.unlink()
        with pytest.raises(BrokerUnavailableError, match=r"broker\.password_file"):
            session_settings(settings, "a")


def put_before(file: Path, line: str) -> str:
    before = file.read_text()
    file.write_text(line + before)
    return before


def put_back(file: Path, text: str) -> None:
    file.write_text(text)


async def test_a_new_password_at_the_database_is_used_at_the_next_connection(
    plain_database: str, tmp_path: Path
) -> None:
    file, role = tmp_path / "password", f"server_{secrets.token_hex(4)}"
    parts = urlsplit(plain_database)
    url = urlunsplit(parts._replace(netloc=f"{role}@{parts.netloc.rpartition('@')[2]}"))
    settings = Settings(database=DatabaseSettings(url=url, password_file=file))
    owner = await asyncpg.connect(plain_database)
    rules = Path(await owner.fetchval("SHOW hba_file"))
    # The tests' server trusts everybody else.
    before = put_before(rules, f"local all {role} scram-sha-256\n")
    try:
        await owner.execute("SELECT pg_reload_conf()")
        await grant_server(owner, url, "first")
        file.write_text("first")
        opened = await open_database(settings)
        try:
            for password in ("first", "second"):
                await grant_server(owner, url, password)
                file.write_text("wrong")
                with pytest.raises(DatabaseUnavailableError):
                    async with opened.connection():
                        pass
                file.write_text(password)
                async with opened.connection() as connection:
                    assert role == await connection.fetchval("SELECT current_user")
                    await owner.execute(
                        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = $1", role
                    )
        finally:
            await opened.close()
    finally:
        put_back(rules, before)
        await owner.execute("SELECT pg_reload_conf()")
        await owner.execute(f"DROP OWNED BY {role}")
        await owner.execute(f"DROP ROLE {role}")
        await owner.close()
