"""Store of MQTT accounts. It holds hashes only; a secret is shown once, when it is issued."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from telemetry.store.pool import Database
from telemetry.store.queries import query

Kind = Literal["recorder", "server"]


@dataclass(frozen=True, slots=True)
class Credential:
    """A stored account: the PBKDF2-SHA512 hash of its secret."""

    username: str
    kind: Kind
    password_hash: bytes
    salt: bytes
    iterations: int
    revoked: bool = False


async def put_credentials(database: Database, credentials: Sequence[Credential]) -> None:
    """Store accounts; for existing ones, replace the secret and lift the revocation."""
    async with database.transaction() as connection:
        await connection.executemany(
            query("credentials", "put"),
            [(c.username, c.kind, c.password_hash, c.salt, c.iterations) for c in credentials],
        )


async def revoke_credentials(database: Database, usernames: Sequence[str]) -> list[str]:
    """Revoke accounts; return the names that were not valid before."""
    async with database.transaction() as connection:
        rows = await connection.fetch(query("credentials", "revoke"), list(usernames))
    return sorted(set(usernames) - {row["username"] for row in rows})


async def all_credentials(database: Database) -> list[Credential]:
    """Return every account by name, including revoked ones, which the broker has to learn of too."""
    async with database.connection() as connection:
        return [Credential(*row) for row in await connection.fetch(query("credentials", "list_all"))]
