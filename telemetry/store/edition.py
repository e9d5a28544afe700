"""Which edition of the database runs: the one place that knows, and what follows from it."""

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
"""Which tagged migrations (`NNNN_name.TAG.sql`) an edition runs beside the untagged: `timescale` has hypertables,
`community` also continuous aggregates, columnstore and policies, `own` does rollups by our own job."""


async def detect_edition(connection: Connection) -> Edition:
    """Ask the server what it can do.

    TimescaleDB tells its licence once its extension is there (`create_timescale`); before, what runs it counts as its
    Apache edition.
    """
    licence = await connection.fetchval("SELECT current_setting('timescaledb.license', true)")
    if licence is None:
        return "apache" if await _can_have_timescale(connection) else "plain"
    return "community" if licence == "timescale" else "apache"


async def create_timescale(connection: Connection) -> None:
    """Create the extension where the server is set up for it."""
    if await _can_have_timescale(connection):
        await connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")


async def _can_have_timescale(connection: Connection) -> bool:
    # What the loader sets shows that it is preloaded; `shared_preload_libraries` itself is a superuser's to read.
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') "
            "AND EXISTS (SELECT FROM pg_settings WHERE name LIKE 'timescaledb.%')"
        )
    )
