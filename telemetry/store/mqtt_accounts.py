"""The MQTT accounts: hashes only; a secret is seen once, by whoever it is issued to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from telemetry.store.pool import Database
from telemetry.store.queries import query

Kind = Literal["recorder", "server"]


@dataclass(frozen=True, slots=True)
class Credential:
    """One account as it is stored: PBKDF2-SHA512 of its secret."""

    username: str
    kind: Kind
    password_hash: bytes
    salt: bytes
    iterations: int
    revoked: bool = False


async def put_credentials(database: Database, credentials: Sequence[Credential]) -> None:
    """Store accounts, replacing the secret of those that are there and lifting their revocation."""
    async with database.transaction() as connection:
        await connection.executemany(
            query("credentials", "put"),
            [(c.username, c.kind, c.password_hash, c.salt, c.iterations) for c in credentials],
        )


async def revoke_credentials(database: Database, usernames: Sequence[str]) -> list[str]:
    """Revoke accounts; the names of those that were not valid before."""
    async with database.transaction() as connection:
        rows = await connection.fetch(query("credentials", "revoke"), list(usernames))
    return sorted(set(usernames) - {row["username"] for row in rows})


async def all_credentials(database: Database) -> list[Credential]:
    """Every account by name, the revoked ones too: the broker has to be told of both."""
    async with database.connection() as connection:
        return [Credential(*row) for row in await connection.fetch(query("credentials", "list_all"))]
