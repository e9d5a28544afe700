"""The command line against a real database and broker: what a newcomer types, in his order."""

import asyncio
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from services.mosquitto import Mosquitto
from services.ports import free_port

Environment = Mapping[str, str]
GOOD = '{"received_at": "2026-03-02T09:00:00+08:00", "topic": "recorder/v1/R0001/battery", "payload": {"ts": "2026-03-02T09:00:00+08:00", "boot": "b", "seq": 1, "level_pct": 61, "charging": false}}'
BAD = '{"received_at": "2026-03-02T09:00:01+08:00", "topic": "recorder/v1/R0001/battery", "payload": "no json"}'


def said(environment: Environment, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "telemetry.cli", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def environment(empty_timescale_database: str, mosquitto_broker: Mosquitto) -> Environment:
    return {
        "RECORDER_FLEET_DATABASE__URL": empty_timescale_database,
        "RECORDER_FLEET_BROKER__HOST": mosquitto_broker.host,
        "RECORDER_FLEET_BROKER__PORT": str(mosquitto_broker.port),
        "RECORDER_FLEET_BROKER__TLS": "false",
        "RECORDER_FLEET_HTTP__PORT": "0",
    }


@pytest.fixture
def migrated(environment: Environment) -> Environment:
    assert 0 == said(environment, "migrate").returncode
    return environment


def test_check_names_what_is_missing_and_is_content_once_it_is_there(environment: Environment) -> None:
    before = said(environment, "check")
    assert 1 == before.returncode
    assert "FAULT migrations" in before.stdout
    done = said(environment, "migrate")
    assert "TimescaleDB, Apache 2 edition" in done.stdout
    assert "up to date" in said(environment, "migrate").stdout
    after = said(environment, "check")
    assert (0, "") == (after.returncode, after.stderr), after.stdout
    assert "FAULT" not in after.stdout
    assert "keeps what comes while we are away" in after.stdout


def test_check_names_a_broker_and_a_database_that_are_away(environment: Environment) -> None:
    away = {**environment, "RECORDER_FLEET_BROKER__PORT": str(free_port())}
    away["RECORDER_FLEET_DATABASE__URL"] = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    result = said(away, "check")
    assert 1 == result.returncode
    assert "FAULT database" in result.stdout
    assert "FAULT broker" in result.stdout
    assert "Traceback" not in result.stderr


def test_serve_refuses_a_database_that_was_not_migrated(environment: Environment) -> None:
    result = said(environment, "serve")
    assert 1 == result.returncode
    assert "recorder-fleet migrate" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_secret_is_shown_once_logs_in_and_is_revoked(migrated: Environment, tmp_path: Path) -> None:
    issued = said(migrated, "credentials", "issue", "R0001", "R0002").stdout.split()
    assert ["R0001", "R0002"] == issued[::2]
    assert all(len(secret) >= 40 for secret in issued[1::2])
    exported = said(migrated, "credentials", "export", str(tmp_path))
    assert 0 == exported.returncode
    passwords = (tmp_path / "passwords").read_text()
    assert passwords.startswith("R0001:$7$")
    assert not any(secret in passwords for secret in issued[1::2])
    assert 0 == said(migrated, "credentials", "revoke", "R0002").returncode
    assert 1 == said(migrated, "credentials", "revoke", "R0002").returncode
    said(migrated, "credentials", "export", str(tmp_path))
    assert "R0002" not in (tmp_path / "passwords").read_text()


def test_migrate_as_the_owner_makes_the_server_s_own_login_which_can_work_and_not_migrate(
    environment: Environment,
) -> None:
    owner = environment["RECORDER_FLEET_DATABASE__URL"]
    role = f"server_{secrets.token_hex(4)}"
    parts = urlsplit(owner)
    server = urlunsplit(parts._replace(netloc=f"{role}:secret@{parts.netloc.rpartition('@')[2]}"))
    alone = {**environment, "RECORDER_FLEET_DATABASE__URL": server}
    both = {**alone, "RECORDER_FLEET_DATABASE__OWNER_URL": owner}
    try:
        for _ in range(2):
            assert f"{role} reads and writes rows, and owns nothing" in said(both, "migrate").stdout
        assert said(alone, "credentials", "issue", "R0001").stdout.startswith("R0001 ")
        assert 0 != said({**alone, "RECORDER_FLEET_DATABASE__OWNER_URL": server}, "migrate").returncode
    finally:
        asyncio.run(_drop_role(owner, role))


async def _drop_role(dsn: str, role: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"DROP OWNED BY {role}")
    await connection.execute(f"DROP ROLE {role}")
    await connection.close()


def test_a_name_that_is_no_id_gets_no_secret(migrated: Environment) -> None:
    result = said(migrated, "credentials", "issue", "R 1/+")
    assert 2 == result.returncode
    assert "R 1/+" in result.stderr
    reserved = said(migrated, "credentials", "issue", "recorder")
    assert 2 == reserved.returncode
    assert "account 'recorder': is the server's name" in reserved.stderr


def test_a_trace_is_replayed_once_however_often(migrated: Environment, tmp_path: Path) -> None:
    trace = tmp_path / "day.jsonl"
    trace.write_text(f"{GOOD}\n{BAD}\n")
    assert "1 stored, 0 duplicates, 1 rejected" in said(migrated, "replay", str(trace)).stdout
    assert "0 stored, 1 duplicates, 1 rejected" in said(migrated, "replay", str(trace)).stdout
    count = asyncio.run(_fetchval(migrated, "SELECT count(*) FROM battery"))
    assert 1 == count


def test_a_trace_that_is_none_is_refused_with_file_line_and_field(migrated: Environment, tmp_path: Path) -> None:
    trace = tmp_path / "day.jsonl"
    trace.write_text(f"{GOOD}\n" + GOOD.replace("2026-03-02T09:00:00+08:00", "yesterday", 1) + "\n")
    result = said(migrated, "replay", str(trace))
    assert 2 == result.returncode
    assert "day.jsonl:2: received_at" in result.stderr
    assert "Traceback" not in result.stderr


def test_what_a_broker_says_is_recorded_and_replayed_to_it(migrated: Environment, tmp_path: Path) -> None:
    trace, heard = tmp_path / "day.jsonl", tmp_path / "heard.jsonl"
    trace.write_text(GOOD + "\n")
    port = migrated["RECORDER_FLEET_BROKER__PORT"]
    with subprocess.Popen(
        [sys.executable, "-m", "telemetry.cli", "record", str(heard), "--seconds", "8"],
        env={**os.environ, **migrated},
        stdout=subprocess.PIPE,
        text=True,
    ) as recording:
        while not heard.exists():
            assert recording.poll() is None
        assert 0 == said(migrated, "replay", str(trace), "--broker", f"127.0.0.1:{port}").returncode
        output, _ = recording.communicate(timeout=30)
    assert "1 messages written" in output
    line = json.loads(heard.read_text())
    assert ("recorder/v1/R0001/battery", 61) == (line["topic"], line["payload"]["level_pct"])


async def _fetchval(environment: Environment, sql: str) -> object:
    connection = await asyncpg.connect(environment["RECORDER_FLEET_DATABASE__URL"])
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def test_a_fleet_too_small_for_its_scenario_is_a_fault_of_the_words_not_a_traceback(tmp_path: Path) -> None:
    done = said({}, "sim", "trace", "teams-of-two", "--recorders", "24", "--days", "1", "--out", str(tmp_path))
    assert 2 == done.returncode
    assert "--recorders: " in done.stderr
    assert "Traceback" not in done.stderr
