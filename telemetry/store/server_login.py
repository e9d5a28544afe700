"""The server's own login at the database: it reads and writes rows, and owns nothing, so no trigger can be switched off."""

import secrets
from typing import Final
from urllib.parse import unquote, urlsplit

from telemetry.domain.errors import InputError
from telemetry.store.boards import scram_verifier
from telemetry.store.pool import Connection, Database
from telemetry.store.queries import query

_ROOM: Final = "server_login"


async def is_owner(database: Database) -> bool:
    """Return whether the login of *database* owns the audit log, so that it could switch off what guards it."""
    async with database.connection() as connection:
        return bool(await connection.fetchval(query(_ROOM, "is_owner")))


async def grant_server(connection: Connection, url: str, secret: str | None = None) -> str:
    """Create the login that *url* names, with its password, or renew its password and rights; return its name.

    *connection* is the owner's. *secret* takes the place of the password in *url*. Raises InputError if *url* names no login, or one that may do more.
    """
    parts = urlsplit(url)
    role, password = unquote(parts.username or ""), secret or unquote(parts.password or "")
    if not role or not password or not (role + password).isascii():
        raise InputError("database.url: a user and a password, both ASCII, for the server's own login")
    async with connection.transaction():
        rights = await connection.fetchrow(query("boards", "role_rights"), role)
        if rights is not None and rights["is_more"]:
            raise InputError(f"database.url: the role {role} owns tables or may do more than a server needs")
        verifier = scram_verifier(password, secrets.token_bytes(16))
        for (statement,) in await connection.fetch(query(_ROOM, "grants"), role, verifier, rights is None):
            await connection.execute(statement)
    return role
