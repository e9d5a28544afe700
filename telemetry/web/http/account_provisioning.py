"""Accounts come to be: by an administrator through the API, by whoever sits at the machine through the command."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Final, get_args

from alerts.incidents.actors import OF_THE_UNIT, Role
from telemetry.records.accounts import AccountRow
from telemetry.records.audit import AuditEntry
from telemetry.store.accounts import add_account, find_account, home_of_officer, is_taken, set_password, unit_tree
from telemetry.store.audit import add_entry
from telemetry.store.logins import add_once, clear_attempts, end_sessions
from telemetry.store.pool import Connection, Database
from telemetry.web.http.problems import Refused, faulty
from telemetry.web.http.secrets_and_passwords import digest, draw, hash_password, weakness
from telemetry.web.http.visibility import OFFICERS

ROLES: Final[tuple[Role, ...]] = get_args(Role)
APART: Final[frozenset[Role]] = frozenset({"administrator", "auditor", "security"})
"""Three different people hold these (domain.md); the table says so, too."""
_USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{1,39}")


def check_terms(account: AccountRow) -> None:
    """Raise Refused for an account that may not be: its name, its roles, what they need."""
    if not _USERNAME.fullmatch(account.username):
        raise faulty("username", "not 2-40 of a-z 0-9 _ . -", "须为2至40位小写字母、数字、_ . -")
    unknown = account.roles - set(ROLES)
    if unknown:
        raise faulty("roles", f"unknown role {min(unknown)}", f"角色不存在：{min(unknown)}")
    if len(account.roles & APART) > 1:
        raise faulty("roles", "held apart", "系统管理、安全管理、审计三种角色不得由同一人担任")
    if account.roles & OF_THE_UNIT and account.unit_id is None:
        raise faulty("unit_id", "needed by the role", "该角色须指定单位")
    if account.roles & OFFICERS and account.officer_id is None:
        raise faulty("officer_id", "needed by the role", "该角色须指定对应的人员")


async def check_ties(connection: Connection, account: AccountRow, now: datetime) -> None:
    """Raise Refused where unit or officer aren't known at *now*, or belong to another account."""
    if account.unit_id is not None:
        known = {node.unit_id for node in await unit_tree(connection, now)}
        if account.unit_id not in known:
            raise faulty("unit_id", "no such unit", "单位不存在")
    if account.officer_id is not None and await home_of_officer(connection, account.officer_id, now) is None:
        raise faulty("officer_id", "no such officer", "人员不存在")
    holder = await is_taken(connection, account.officer_id, account.oidc_subject, account.username)
    if holder is not None:
        raise faulty("officer_id", "has an account", f"该人员或单点登录标识已有账号 {holder}", status=409)


async def enrol(database: Database, account: AccountRow, now: datetime, entry: AuditEntry) -> None:
    """Store a new account with its rights and the entry that tells of it: for whoever runs the server. Raises Refused."""
    check_terms(account)
    async with database.transaction() as connection:
        await check_ties(connection, account, now)
        await add_new(connection, account, entry)


async def add_new(connection: Connection, account: AccountRow, entry: AuditEntry) -> None:
    """Store an account that has been checked, and the entry that tells of it. Raises Refused where its name is taken."""
    if not await add_account(connection, account):
        raise Refused(409, "账号名已存在", account.username, code="taken")
    await add_entry(connection, entry)


def check_password(password: str, username: str) -> None:
    """Raise Refused for one that is too weak."""
    weak = weakness(password, username)
    if weak is not None:
        raise faulty("password", "too weak", weak)


async def replace_password(
    connection: Connection, username: str, password_hash: str, now: datetime, entry: AuditEntry, *, must_change: bool
) -> None:
    """Give an account another password and end its sessions. Raises Refused where there is none of that name."""
    if not await set_password(connection, username, password_hash, now, must_change=must_change):
        raise Refused(404, "账号不存在", username, code="unknown")
    await end_sessions(connection, username)
    await clear_attempts(connection, username)
    await add_entry(connection, entry)


async def issue_once(
    database: Database, username: str, now: datetime, *, by: str, valid_s: int = 900, session_s: int = 12 * 3600
) -> str:
    """A login for *username* that works once within *valid_s*; its session lasts *session_s* (seconds).

    A session of over a day is a wall display's: it doesn't end by idling. Raises Refused where there is no such account.
    """
    token = draw()
    async with database.transaction() as connection:
        row = await find_account(connection, username)
        if row is None or row.disabled:
            raise Refused(404, "账号不存在", username, code="unknown")
        await add_once(connection, digest(token), username, now, valid_s=valid_s, session_s=session_s)
        await add_entry(connection, AuditEntry(by, "local", "account.once", "account", username))
    return token


async def ensure_account(database: Database, account: AccountRow, now: datetime, *, by: str) -> None:
    """Enrol *account* unless it is there; for a demonstration, which begins again on what it left. Raises Refused."""
    async with database.connection() as connection:
        if await find_account(connection, account.username) is not None:
            return
    await enrol(database, account, now, AuditEntry(by, "local", "account.create", "account", account.username))


def new_account(
    username: str,
    name: str,
    roles: frozenset[str],
    *,
    now: datetime,
    by: str,
    unit_id: str | None = None,
    officer_id: str | None = None,
    password: str | None = None,
) -> AccountRow:
    """An account that is yet to be stored; *password* has been checked."""
    row = AccountRow(
        username,
        name,
        roles,
        unit_id,
        officer_id,
        password_hash=None,
        must_change=False,
        disabled=False,
        oidc_subject=None,
        created_at=now,
        created_by=by,
    )
    return row if password is None else replace(row, password_hash=hash_password(password))
