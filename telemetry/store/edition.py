"""Detect the database's edition, which decides what migrations run."""

from typing import Final, Literal

from telemetry.store.pool import Connection

Edition = Literal["plain", "apache", "community"]

NAMES: Final[dict[Edition, str]] = {
    "plain": "PostgreSQL",
    "apache": "TimescaleDB, Apache 2 edition",
    "community": "TimescaleDB, Community edition",
}
MIGRATION_TAGS: Final[dict[Edition, frozenset[str]]] = {
    "plain": frozenset({"plain", "own"}),
    "apache": frozenset({"timescale", "apache", "own"}),
    "community": frozenset({"timescale", "community"}),
}
"""The tagged migrations (`NNNN_name.TAG.sql`) that each edition runs besides the untagged ones.

`timescale` has hypertables; `community` adds continuous aggregates, columnstore and policies; `own` computes rollups in
a job of ours.
"""


async def detect_edition(connection: Connection) -> Edition:
    """Return the edition of the server.

    TimescaleDB reports its licence only after its extension exists (`create_timescale`); until then it counts as the
    Apache edition.
    """
    licence = await connection.fetchval("SELECT current_setting('timescaledb.license', true)")
    if licence is None:
        return "apache" if await _can_have_timescale(connection) else "plain"
    return "community" if licence == "timescale" else "apache"


async def create_timescale(connection: Connection) -> None:
    """Create the extension if the server supports it."""
    if await _can_have_timescale(connection):
        await connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")


async def _can_have_timescale(connection: Connection) -> bool:
    # The loader's setting shows that TimescaleDB is preloaded. Only superusers may read `shared_preload_libraries`.
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') "
            "AND EXISTS (SELECT FROM pg_settings WHERE name LIKE 'timescaledb.%')"
        )
    )
