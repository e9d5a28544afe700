"""Store of logins: sessions by hash, one-time logins, and counted attempts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from telemetry.records.accounts import AccountRow
from telemetry.store.pool import Connection, Database
from telemetry.store.queries import query

_ROOM: Final = "accounts"
_MOST_DEVICES: Final = 50
ThrottleKind = Literal["account", "address", "account_at", "factor"]
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
    has_factor: bool = False


@dataclass(frozen=True, slots=True)
class OidcLogin:
    """A login at the single sign-on that is under way, and the page of the console that it goes on to."""

    nonce: str
    verifier: str
    place: str


@dataclass(frozen=True, slots=True)
class FactorRow:
    """An account's second factor; `last_step` is the time step of the last code that was taken."""

    secret: str
    confirmed_at: datetime | None
    last_step: int

    def __repr__(self) -> str:
        return "FactorRow()"


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
        *(session.address, session.agent, session.has_factor),
    )


async def find_session(
    connection: Connection, session_hash: bytes, now: datetime, *, touch: bool
) -> tuple[AccountRow, bool] | None:
    """Return the account of a valid session, and whether its second factor was given.

    *touch*: this request resets the idle time.
    """
    row = await connection.fetchrow(query(_ROOM, "by_session"), session_hash, now)
    if row is None:
        return None
    values = dict(row)
    if touch and values["seen_at"] + _TOUCH_AFTER < now:
        await connection.execute(query(_ROOM, "touch_session"), session_hash, now)
    del values["seen_at"]
    has_factor = values.pop("has_factor")
    return AccountRow(**{**values, "roles": frozenset(values["roles"])}), has_factor


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
    database: Database, kind: ThrottleKind, key: str, now: datetime, throttle: Throttle
) -> datetime | None:
    """Count an attempt before it is made; return until when attempts are locked, or None if it may go on."""
    async with database.connection() as connection:
        until: datetime | None = await connection.fetchval(
            query(_ROOM, "count_attempt"), kind, key, now, throttle.window_s, throttle.attempts, throttle.lock_s
        )
    return until


async def clear_attempts(connection: Connection, username: str) -> None:
    """Reset an account's failed attempts, from wherever they came."""
    await connection.execute(query(_ROOM, "clear_attempts"), username)


async def forget_attempts(connection: Connection, kind: ThrottleKind, key: str) -> None:
    """Reset one counter."""
    await connection.execute(query(_ROOM, "forget_attempts"), kind, key)


async def forgive_attempt(connection: Connection, kind: ThrottleKind, key: str) -> None:
    """Subtract a successful attempt from a counter."""
    await connection.execute(query(_ROOM, "forgive_attempt"), kind, key)


async def try_device(database: Database, device_hash: bytes, username: str, *, most_failures: int) -> bool:
    """Count an attempt on a device before it is made; False if the account isn't known on it, or not any more."""
    async with database.transaction() as connection:
        failures = await connection.fetchval(query(_ROOM, "try_device"), device_hash, username)
        if failures is not None and failures > most_failures:
            await connection.execute(query(_ROOM, "forget_device"), device_hash, username)
    return failures is not None and failures <= most_failures


async def reset_device(connection: Connection, device_hash: bytes, username: str) -> None:
    """Reset the failures of an account on a device."""
    await connection.execute(query(_ROOM, "reset_device"), device_hash, username)


async def know_device(
    connection: Connection, device_hash: bytes, username: str, now: datetime, *, before: bytes | None
) -> None:
    """Keep that *username* has signed in on a device, which was *before* until now; it takes its other accounts along."""
    if before is not None:
        await connection.execute(query(_ROOM, "rename_device"), before, device_hash)
    await connection.execute(query(_ROOM, "know_device"), device_hash, username, now)
    await connection.execute(query(_ROOM, "drop_devices"), username, _MOST_DEVICES)


async def lock_factor(connection: Connection, username: str) -> FactorRow | None:
    """Return an account's second factor, locked until the transaction ends; None if it has none."""
    row = await connection.fetchrow(query(_ROOM, "lock_factor"), username)
    return None if row is None else FactorRow(*row)


async def enrol_factor(connection: Connection, username: str, secret: str, now: datetime) -> None:
    """Store a new secret that a first code has yet to confirm, in place of another such."""
    await connection.execute(query(_ROOM, "enrol_factor"), username, secret, now)


async def use_factor(connection: Connection, username: str, session_hash: bytes, *, step: int, now: datetime) -> None:
    """Record that a code of *step* was given in a session, which confirms the factor."""
    await connection.execute(query(_ROOM, "use_factor"), username, step, now)
    await connection.execute(query(_ROOM, "give_factor"), session_hash)


async def has_factor(connection: Connection, username: str) -> bool:
    """Whether the account has a second factor that a code has confirmed."""
    return bool(await connection.fetchval(query(_ROOM, "has_factor"), username))


async def drop_factor(connection: Connection, username: str) -> bool:
    """Forget an account's second factor; False if it has none."""
    return None is not await connection.fetchval(query(_ROOM, "drop_factor"), username)


async def locked_until(connection: Connection, username: str, now: datetime) -> datetime | None:
    """Return until when failed attempts lock the account; None if they don't."""
    moment: datetime | None = await connection.fetchval(query(_ROOM, "locked_until"), username, now)
    return moment


async def begin_oidc(database: Database, state_hash: bytes, begun: OidcLogin, now: datetime) -> None:
    """Store a login that is redirected to the single sign-on."""
    async with database.connection() as connection:
        await connection.execute(query(_ROOM, "begin_oidc"), state_hash, begun.nonce, begun.verifier, begun.place, now)


async def take_oidc(database: Database, state_hash: bytes, since: datetime) -> OidcLogin | None:
    """Return and delete the login, if it began after *since*; each works only once."""
    async with database.connection() as connection:
        row = await connection.fetchrow(query(_ROOM, "take_oidc"), state_hash, since)
    return None if row is None else OidcLogin(*row)
