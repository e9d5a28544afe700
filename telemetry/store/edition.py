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
    "apache": frozenset({"timescale", "own"}),
    "community": frozenset({"timescale", "community"}),
}
"""Which tagged migrations (`NNNN_name.TAG.sql`) an edition runs beside the untagged: `timescale` has hypertables,
`community` also continuous aggregates, columnstore and policies, `own` does rollup and retention by our own jobs."""


async def detect_edition(connection: Connection) -> Edition:
    """Ask the server what it can do; TimescaleDB counts when its library is there to be created as an extension."""
    available = await connection.fetchval("SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'")
    if not available:
        return "plain"
    licence = await connection.fetchval("SELECT current_setting('timescaledb.license', true)")
    if licence is None:
        preloaded = await connection.fetchval("SELECT current_setting('shared_preload_libraries', true)")
        if "timescaledb" not in (preloaded or ""):
            return "plain"
    return "community" if licence == "timescale" else "apache"
