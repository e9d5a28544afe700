"""Store of Grafana's database role and of the units' areas on its map."""

import base64
import hashlib
import hmac
import secrets
from typing import Any, Final

import msgspec

from telemetry.domain.errors import InputError
from telemetry.store.pool import Database
from telemetry.store.queries import query

_ROOM: Final = "boards"
_ITERATIONS: Final = 4096
"""PostgreSQL's default (scram_iterations)."""


async def grant_boards(database: Database, role: str, password: str) -> bool:
    """Create *role*, a login that reads only the views of schema `board`; return whether it is new.

    For an existing role it sets the password. Raises InputError if the role has further rights. Needs CREATEROLE or a
    superuser.
    """
    async with database.transaction() as connection:
        rights = await connection.fetchrow(query(_ROOM, "role_rights"), role)
        if rights is not None and rights["is_more"]:
            raise InputError(f"the role {role} may do more than read boards: choose another name with --role")
        verifier = scram_verifier(password, secrets.token_bytes(16))
        for (statement,) in await connection.fetch(query(_ROOM, "grants"), role, verifier, rights is None):
            await connection.execute(statement)
    return rights is None


def scram_verifier(password: str, salt: bytes) -> str:
    """Return PostgreSQL's SCRAM verifier of a password (RFC 5803).

    It is computed here so that the password appears in no statement log. *password* is printable ASCII, which SASLprep
    doesn't change.
    """
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    stored = hashlib.sha256(_keyed(salted, b"Client Key")).digest()
    server = _keyed(salted, b"Server Key")
    return f"SCRAM-SHA-256${_ITERATIONS}:{_text(salt)}${_text(stored)}:{_text(server)}"


def _keyed(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


async def unit_areas(database: Database) -> dict[str, Any]:
    """Return the areas of all units that have one, as a GeoJSON FeatureCollection (WGS-84)."""
    async with database.connection() as connection:
        rows = await connection.fetch(query(_ROOM, "areas"))
    features = [
        {
            "type": "Feature",
            "id": row["unit_id"],
            "properties": {"unit_id": row["unit_id"], "unit_name": row["name"]},
            "geometry": msgspec.json.decode(row["area"]),
        }
        for row in rows
    ]
    return {"type": "FeatureCollection", "features": features}
