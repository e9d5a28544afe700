"""The command `accounts`: the first administrator, a login that works once, and passwords that are never words of it."""

import os
import subprocess
import sys

import pytest
from standins.web_people import House, house

from telemetry.cli import build_parser
from telemetry.store.accounts import find_account
from telemetry.store.pool import Database

PHRASE = "correct horse battery"


def said(dsn: str, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "telemetry.cli", "accounts", *words],
        env={**os.environ, "RECORDER_FLEET_DATABASE__URL": dsn},
        input=given,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


async def test_the_first_administrator_is_made_at_the_machine(database: str) -> None:
    done = said(database, "create-admin", "guanli", given=f"{PHRASE}\n")
    assert (0, "") == (done.returncode, done.stderr)
    assert PHRASE not in done.stdout
    again = said(database, "create-admin", "guanli", given=f"{PHRASE}\n")
    assert 2 == again.returncode
    async with house(database) as running:
        assert ["administrator"] == (await running.browser().log_in("guanli", PHRASE)).body["account"]["roles"]
        made = await running.rows("SELECT action, account LIKE 'cli:%' AS by_command FROM audit_entry LIMIT 1")
        assert [{"action": "account.create", "by_command": True}] == made


async def test_nobody_is_there_before_somebody_is_made(database: str) -> None:
    async with house(database) as running:
        assert [] == await running.rows("SELECT 1 FROM account")


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaaaa", "password123456"])
async def test_a_weak_password_makes_nobody(database: str, password: str) -> None:
    done = said(database, "create-admin", "guanli", given=f"{password}\n")
    assert 2 == done.returncode
    assert password == "" or password not in done.stderr
    opened = await Database.open(database)
    async with opened.connection() as connection:
        assert None is await find_account(connection, "guanli")
    await opened.close()


def test_no_password_is_a_word_of_the_command() -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["accounts", "create-admin", "guanli", PHRASE])
    with pytest.raises(SystemExit):
        build_parser().parse_args(["accounts", "create-admin", "guanli", "--password", PHRASE])


def test_what_is_held_apart_is_refused_before_a_password_is_asked_for(database: str) -> None:
    done = said(database, "create", "beide", "--role", "administrator", "--role", "auditor")
    assert (2, True) == (done.returncode, "不得由同一人担任" in done.stderr)


async def test_a_login_that_works_once_is_an_address_to_open(database: str) -> None:
    said(database, "create-admin", "guanli", given=f"{PHRASE}\n")
    done = said(database, "once", "guanli")
    address, _, token = done.stdout.strip().partition("#once=")
    assert address.endswith("/login")
    async with house(database) as running:
        assert 200 == await logged_in_once(running, token)
        assert 401 == await logged_in_once(running, token)
    assert 2 == said(database, "once", "nobody").returncode


async def logged_in_once(running: House, token: str) -> int:
    return (await running.browser().ask("POST", "/api/v1/session/once", {"token": token})).status


async def test_a_disabled_account_is_out(database: str) -> None:
    said(database, "create-admin", "guanli", given=f"{PHRASE}\n")
    assert 0 == said(database, "disable", "guanli").returncode
    assert "guanli - administrator disabled" in said(database, "list").stdout
    async with house(database) as running:
        assert 401 == (await running.browser().log_in("guanli", PHRASE)).status
        assert 0 == said(database, "enable", "guanli").returncode
        assert 200 == (await running.browser().log_in("guanli", PHRASE)).status


async def test_who_has_lost_his_second_factor_and_everybody_who_could_help_is_helped_at_the_machine(
    database: str,
) -> None:
    async with house(database) as running:
        await running.person("guanli", "administrator")
        await running.run("INSERT INTO second_factor (username, secret, created_at) VALUES ('guanli', 'A', now())")
    assert (0, "") == ((done := said(database, "forget-factor", "guanli")).returncode, done.stderr)
    assert 2 == said(database, "forget-factor", "guanli").returncode
    async with house(database) as running:
        assert [] == await running.rows("SELECT username FROM second_factor")
