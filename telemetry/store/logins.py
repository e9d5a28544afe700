"""Store of logins: sessions by hash, one-time logins, and counted attempts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from telemetry.records.accounts import AccountRow
from telemetry.store.pool import Connection, Database
from telemetry.store.queries import query

_ROOM: Final = "accounts"
_TOUCH_AFTER: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class NewSession:
    """A new session; it ends after `idle_s` seconds without a request, and at `expires_at` at the latest."""

    session_hash: bytes
    username: str
    created_at: datetime
    idle_s: int
    expires_at: datetime
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class Throttle:
    """Number of attempts allowed within `window_s` (s) before a lock of `lock_s` (s)."""

    attempts: int
    window_s: int
    lock_s: int


async def add_session(connection: Connection, session: NewSession) -> None:
    """Store a session."""
    await connection.execute(
        query(_ROOM, "add_session"),
        *(session.session_hash, session.username, session.created_at, session.idle_s, session.expires_at),
        *(session.address, session.agent),
    )


async def find_session(connection: Connection, session_hash: bytes, now: datetime, *, touch: bool) -> AccountRow | None:
    """Return the account of a valid session. *touch*: this request resets the idle time."""
    row = await connection.fetchrow(query(_ROOM, "by_session"), session_hash, now)
    if row is None:
        return None
    values = dict(row)
    if touch and values["seen_at"] + _TOUCH_AFTER < now:
        await connection.execute(query(_ROOM, "touch_session"), session_hash, now)
    del values["seen_at"]
    return AccountRow(**{**values, "roles": frozenset(values["roles"])})


async def session_times(connection: Connection, session_hash: bytes, now: datetime) -> tuple[int, int]:
    """Return the seconds until a session ends in any case, and those it may be idle; 0, 0 if it is gone."""
    row = await connection.fetchrow(query(_ROOM, "session_times"), session_hash, now)
    return (0, 0) if row is None else (row["left_s"], row["idle_s"])


async def drop_session(connection: Connection, session_hash: bytes) -> None:
    """End one session."""
    await connection.execute(query(_ROOM, "drop_session"), session_hash)


async def end_sessions(connection: Connection, username: str, but: bytes | None = None) -> int:
    """End all sessions of an account except *but*; return how many."""
    return len(await connection.fetch(query(_ROOM, "end_sessions"), username, but))


async def list_sessions(connection: Connection, username: str, now: datetime) -> list[dict[str, Any]]:
    """Return an account's valid sessions, newest first."""
    return [dict(row) for row in await connection.fetch(query(_ROOM, "list_sessions"), username, now)]


async def drop_expired(database: Database, now: datetime) -> int:
    """Delete expired sessions, one-time logins and counters; return how many."""
    async with database.connection() as connection:
        return int(await connection.fetchval(query(_ROOM, "drop_expired"), now))


async def add_once(
    connection: Connection, token_hash: bytes, username: str, now: datetime, *, valid_s: int, session_s: int
) -> None:
    """Store a one-time login that is valid for *valid_s* and opens a session of *session_s* (seconds)."""
    expires_at = now + timedelta(seconds=valid_s)
    await connection.execute(query(_ROOM, "add_once"), token_hash, username, now, expires_at, session_s)


async def take_once(connection: Connection, token_hash: bytes, now: datetime) -> tuple[str, int] | None:
    """Use up a one-time login; return its account and the length of its session (s), or None."""
    row = await connection.fetchrow(query(_ROOM, "take_once"), token_hash, now)
    return None if row is None else (row["username"], row["session_s"])


async def count_attempt(
    database: Database, kind: Literal["account", "address"], key: str, now: datetime, throttle: Throttle
) -> datetime | None:
    """Count an attempt before it is made; return until when attempts are locked, or None if it may go on."""
    async with database.connection() as connection:
        until: datetime | None = await connection.fetchval(
            query(_ROOM, "count_attempt"), kind, key, now, throttle.window_s, throttle.attempts, throttle.lock_s
        )
    return until


async def clear_attempts(connection: Connection, username: str) -> None:
    """Reset an account's failed attempts."""
    await connection.execute(query(_ROOM, "clear_attempts"), "account", username)


async def forgive_attempt(connection: Connection, address: str) -> None:
    """Subtract a successful attempt from its address's count."""
    await connection.execute(query(_ROOM, "forgive_attempt"), "address", address)


async def locked_until(connection: Connection, username: str, now: datetime) -> datetime | None:
    """Return until when failed attempts lock the account; None if they don't."""
    moment: datetime | None = await connection.fetchval(query(_ROOM, "locked_until"), username, now)
    return moment


async def begin_oidc(database: Database, state_hash: bytes, nonce: str, verifier: str, now: datetime) -> None:
    """Store a login that is redirected to the single sign-on."""
    async with database.connection() as connection:
        await connection.execute(query(_ROOM, "begin_oidc"), state_hash, nonce, verifier, now)


async def take_oidc(database: Database, state_hash: bytes, since: datetime) -> tuple[str, str] | None:
    """Return and delete nonce and verifier of the login, if it began after *since*; each works only once."""
    async with database.connection() as connection:
        row = await connection.fetchrow(query(_ROOM, "take_oidc"), state_hash, since)
    return None if row is None else (row["nonce"], row["verifier"])
