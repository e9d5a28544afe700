"""Store of accounts, roles and API tokens."""

from datetime import datetime
from typing import Any, Final

import msgspec

from telemetry.records.accounts import AccountRow, GrantRow, NewGrant, TokenRow, UnitNode, UsedToken
from telemetry.store.pool import Connection, Database
from telemetry.store.queries import query

_ROOM: Final = "accounts"


async def find_account(connection: Connection, username: str) -> AccountRow | None:
    """Return the account of that name, disabled or not; None if there is none."""
    return _account(await connection.fetchrow(query(_ROOM, "by_username"), username))


async def find_oidc_account(connection: Connection, subject: str) -> AccountRow | None:
    """Return the account of the single sign-on's *subject*; None if there is none."""
    return _account(await connection.fetchrow(query(_ROOM, "by_oidc_subject"), subject))


async def officers_with_role(connection: Connection, role: str) -> list[str]:
    """Return the officer ids of enabled accounts with a role."""
    return [row["officer_id"] for row in await connection.fetch(query(_ROOM, "officers_with_role"), role)]


async def list_accounts(database: Database, after: str, limit: int, text: str | None) -> list[AccountRow]:
    """Return up to *limit* accounts by name, starting after *after*, without hashes."""
    async with database.connection() as connection:
        rows = await connection.fetch(query(_ROOM, "list_all"), after, limit, text)
    return [row for row in map(_account, rows) if row is not None]


async def add_account(connection: Connection, account: AccountRow) -> bool:
    """Store a new account; False if the name is taken.

    Raises RowsRefusedError if a constraint forbids it.
    """
    return None is not await connection.fetchval(
        query(_ROOM, "add"),
        *(account.username, account.name, sorted(account.roles), account.unit_id, account.officer_id),
        *(account.password_hash, account.must_change, account.oidc_subject, account.created_at, account.created_by),
    )


async def change_account(connection: Connection, account: AccountRow) -> int | None:
    """Write everything but the password; return the new version, or None if `account.version` is outdated."""
    version: int | None = await connection.fetchval(
        query(_ROOM, "change"),
        *(account.username, account.name, sorted(account.roles), account.unit_id, account.officer_id),
        *(account.disabled, account.must_change, account.oidc_subject, account.version),
    )
    return version


async def is_taken(
    connection: Connection, officer_id: str | None, oidc_subject: str | None, username: str
) -> str | None:
    """Return the name of another account than *username* that has this officer or subject; None if there is none."""
    name: str | None = await connection.fetchval(query(_ROOM, "officer_is_taken"), officer_id, oidc_subject, username)
    return name


async def set_password(
    connection: Connection, username: str, password_hash: str, now: datetime, *, must_change: bool
) -> bool:
    """Replace the password hash; False if there is no such account."""
    return None is not await connection.fetchval(
        query(_ROOM, "set_password"), username, password_hash, now, must_change
    )


async def unit_tree(connection: Connection, now: datetime) -> list[UnitNode]:
    """Return all units as known at *now*."""
    return [UnitNode(*row) for row in await connection.fetch(query(_ROOM, "unit_tree"), now)]


async def home_of_officer(connection: Connection, officer_id: str, now: datetime) -> str | None:
    """Return the unit in which the officer serves, as known at *now*."""
    unit: str | None = await connection.fetchval(query(_ROOM, "home_of_officer"), officer_id, now)
    return unit


async def add_token(
    connection: Connection, token: TokenRow, token_hash: bytes, *, now: datetime, by: str, expires_at: datetime
) -> None:
    """Store a token by its hash; it opens nothing until it is countersigned."""
    await connection.execute(
        query(_ROOM, "add_token"),
        *(
            token.token_id,
            token_hash,
            token.name,
            token.purpose,
            list(token.scopes),
            token.unit_id,
            now,
            by,
            expires_at,
        ),
    )


async def use_token(database: Database, token_hash: bytes, now: datetime) -> UsedToken | None:
    """Return the token of that hash if it is valid, with its issuer's rights, and record its use."""
    async with database.connection() as connection:
        row = await connection.fetchrow(query(_ROOM, "use_token"), token_hash, now)
    if row is None:
        return None
    token = TokenRow(row["token_id"], row["name"], row["purpose"], row["scopes"], row["unit_id"])
    return UsedToken(token, frozenset(row["roles"]), row["issuer_unit_id"])


async def list_tokens(database: Database, issuer: str | None) -> list[dict[str, Any]]:
    """Return an issuer's tokens (None: all), newest first, without their secrets."""
    async with database.connection() as connection:
        return [dict(row) for row in await connection.fetch(query(_ROOM, "list_tokens"), issuer)]


async def countersign_token(connection: Connection, token_id: str, now: datetime, by: str) -> bool:
    """Let a token open what it is for; False if it was revoked or has expired."""
    return None is not await connection.fetchval(query(_ROOM, "countersign_token"), token_id, now, by)


async def revoke_token(connection: Connection, token_id: str, now: datetime, by: str, issuer: str | None) -> bool:
    """Revoke a token; False if *issuer* (None: anybody) has no valid one of that id."""
    return None is not await connection.fetchval(query(_ROOM, "revoke_token"), token_id, now, by, issuer)


async def ask_grant(connection: Connection, grant: NewGrant, lapsed_before: datetime) -> int | None:
    """Store a right that is asked for and return its id; None if the same is waiting already."""
    await connection.execute(query(_ROOM, "lapse_grants"), lapsed_before)
    grant_id: int | None = await connection.fetchval(
        query(_ROOM, "ask_grant"),
        *(grant.kind, grant.target, msgspec.json.encode(grant.change).decode(), grant.why, grant.asked_by),
        *(grant.by_security, grant.asked_at, grant.password_hash, grant.version),
    )
    return grant_id


async def list_grants(database: Database, limit: int) -> list[GrantRow]:
    """Return what waits for a signature, then what was decided, newest first."""
    async with database.connection() as connection:
        return [_grant(row) for row in await connection.fetch(query(_ROOM, "list_grants"), limit)]


async def lock_grant(connection: Connection, grant_id: int) -> GrantRow | None:
    """Return what is asked for, locked until the transaction ends; None if there is no such id."""
    row = await connection.fetchrow(query(_ROOM, "lock_grant"), grant_id)
    return None if row is None else _grant(row)


async def decide_grant(
    connection: Connection, grant_id: int, state: str | None, *, by: str, now: datetime, reason: str
) -> None:
    """Record what became of what was asked for."""
    await connection.execute(query(_ROOM, "decide_grant"), grant_id, state, by, now, reason)


def _grant(row: Any) -> GrantRow:
    return GrantRow(**{**dict(row), "change": msgspec.json.decode(row["change"])})


def _account(row: Any) -> AccountRow | None:
    if row is None:
        return None
    values = dict(row)
    return AccountRow(**{**values, "roles": frozenset(values["roles"])})
