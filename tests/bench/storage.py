"""How many bytes a reading takes after a simulated week: as rows, with its indexes, and in Community's columnstore.

    PYTHONPATH=tests python tests/bench/storage.py [--recorders N] [--days D] [--out FILE]

The week is taken in by the product's own writer on TimescaleDB's Apache edition; the same rows are then compressed by
the Community edition. Prints a table, writes build/storage.json.
"""

import argparse
import json
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import asyncpg
import uvloop
from rich.console import Console
from rich.table import Table
from services.community import Community
from services.databases import empty_database
from services.timescale import Cluster

from device_sim.scenario import load
from device_sim.scenario_run import write_scenario
from telemetry.ingest.trace_arrivals import read_trace
from telemetry.ingest.writer import Writer
from telemetry.store.intake import COLUMNS
from telemetry.store.migrate import migrate
from telemetry.store.pool import Connection, Database
from telemetry.store.queries import query

BUILD: Final = Path(__file__).parents[2] / "build"
KINDS: Final = ("heartbeat", "battery", "storage", "recording", "location", "presence", "event")
KEPT_UP: Final = ("recorder_boot", "recorder_state", "recording_state", "presence_span")
_BATCH: Final = 4096
_ROWS_A_STATEMENT: Final = 2000


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes per reading of one kind: its row, its indexes, and both as the columnstore has them (0: not measured)."""

    readings: int
    row_bytes: float
    index_bytes: float
    compressed_bytes: float = 0.0


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Measure, show, write; what was written."""
    parser = argparse.ArgumentParser(description="recorder-fleet: bytes per reading after a simulated week")
    parser.add_argument("--recorders", type=int, default=12, help="recorders on duty (12)")
    parser.add_argument("--days", type=int, default=7, help="days simulated (7)")
    parser.add_argument("--out", type=Path, default=BUILD / "storage.json", help="where the figures go")
    words = parser.parse_args(arguments)
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="recorder-fleet-") as folder:
        scenario = load("normal-duty-day").model_copy(update={"recorders": words.recorders, "days": words.days})
        trace = write_scenario(scenario, Path(folder)).trace
        with Cluster() as cluster, empty_database(cluster.dsn()) as dsn, Community() as community:
            sizes, kept_up = uvloop.run(measure(trace, dsn, community.dsn))
    report = summarize(sizes, kept_up) | {"recorders": words.recorders, "days": words.days}
    words.out.parent.mkdir(parents=True, exist_ok=True)
    words.out.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    show(report, sizes, console)
    console.print(f"written to {words.out}")
    return report


async def measure(trace: Path, dsn: str, community_dsn: str) -> tuple[dict[str, Size], dict[str, int]]:
    """The size of each kind on both editions, and in bytes that of the tables that ingest keeps up beside them."""
    async with _migrated(dsn) as database:
        await _take_in(database, trace)
        async with database.connection() as connection:
            await connection.execute("VACUUM")
            rows = {kind: await _row_size(connection, kind) for kind in KINDS}
            kept_up = {
                name: await connection.fetchval("SELECT pg_total_relation_size($1::text::regclass)", name)
                for name in KEPT_UP
            }
        compressed = await _compressed_sizes(database, community_dsn)
    sizes = {
        kind: Size(size.readings, size.row_bytes, size.index_bytes, compressed[kind] / size.readings)
        for kind, size in rows.items()
        if size.readings
    }
    return sizes, kept_up


@asynccontextmanager
async def _migrated(dsn: str) -> AsyncIterator[Database]:
    connection = await asyncpg.connect(dsn)
    await migrate(connection)
    await connection.close()
    database = await Database.open(dsn, prepare=query("intake", "make_stages"), timeout_s=120)
    try:
        yield database
    finally:
        await database.close()


async def _take_in(database: Database, trace: Path) -> None:
    writer = Writer(database)
    arrivals = read_trace(trace)
    while batch := list(islice(arrivals, _BATCH)):
        await writer.write(batch)


async def _row_size(connection: Connection, kind: str) -> Size:
    readings = await connection.fetchval(f"SELECT count(*) FROM {kind}")
    size = await connection.fetchrow(
        "SELECT table_bytes + toast_bytes AS rows, index_bytes AS indexes "
        "FROM hypertable_detailed_size($1::text::regclass)",
        kind,
    )
    assert size is not None
    share = max(readings, 1)
    return Size(readings, size["rows"] / share, size["indexes"] / share)


async def _compressed_sizes(source: Database, community_dsn: str) -> dict[str, int]:
    """Bytes of each kind in the columnstore, indexes included."""
    target = await asyncpg.connect(community_dsn, statement_cache_size=0)
    try:
        await target.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
        await migrate(target)
        return {kind: await _compressed_size(source, target, kind) for kind in KINDS}
    finally:
        await target.close()


async def _compressed_size(source: Database, target: Connection, kind: str) -> int:
    columns = ", ".join(f'"{column}"' for column in COLUMNS[kind])
    async with source.connection() as connection:
        rows = await connection.fetch(f"SELECT to_jsonb(r)::text FROM (SELECT {columns} FROM {kind} ORDER BY at) AS r")
    # COPY is what PGlite has not.
    for part in _parts([text for (text,) in rows]):
        await target.execute(
            f"INSERT INTO {kind} ({columns}) SELECT {columns} "
            f"FROM jsonb_populate_recordset(NULL::{kind}, $1::text::jsonb)",
            f"[{','.join(part)}]",
        )
    await target.execute(f"SELECT compress_chunk(c) FROM show_chunks('{kind}') AS c")
    return int(
        await target.fetchval(
            f"SELECT COALESCE(sum(after_compression_total_bytes), 0) FROM chunk_columnstore_stats('{kind}')"
        )
    )


def _parts(texts: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(texts), _ROWS_A_STATEMENT):
        yield texts[start : start + _ROWS_A_STATEMENT]


def summarize(sizes: dict[str, Size], kept_up: dict[str, int]) -> dict[str, Any]:
    """The figures as storage.json has them."""
    readings = sum(size.readings for size in sizes.values())
    row = sum((size.row_bytes + size.index_bytes) * size.readings for size in sizes.values())
    compressed = sum(size.compressed_bytes * size.readings for size in sizes.values())
    return {
        "readings": readings,
        "bytes_per_reading": round(row / readings, 1),
        "compressed_bytes_per_reading": round(compressed / readings, 1),
        "compression": round(row / compressed, 1),
        "kept_up_bytes_per_reading": round(sum(kept_up.values()) / readings, 2),
        "kinds": {kind: asdict(size) for kind, size in sizes.items()},
        "kept_up_bytes": kept_up,
    }


def show(report: dict[str, Any], sizes: dict[str, Size], console: Console) -> None:
    """The figures as a table."""
    days = f"{report['days']} days of {report['recorders']} recorders, {report['readings']:,} readings"
    table = Table(title=f"Bytes per reading after {days}")
    for heading in ("", "readings", "row", "indexes", "together", "columnstore", "smaller by"):
        table.add_column(heading, justify="right" if heading else "left")
    for kind, size in sizes.items():
        together = size.row_bytes + size.index_bytes
        table.add_row(
            *(kind, f"{size.readings:,}", f"{size.row_bytes:.0f}", f"{size.index_bytes:.0f}", f"{together:.0f}"),
            *(f"{size.compressed_bytes:.1f}", f"{together / size.compressed_bytes:.0f} times"),
        )
    together, compressed = report["bytes_per_reading"], report["compressed_bytes_per_reading"]
    table.add_section()
    table.add_row(
        *("all", f"{report['readings']:,}", "", "", f"{together:.0f}", f"{compressed:.1f}"),
        f"{report['compression']:.0f} times",
    )
    console.print(table)
    console.print(f"state, boots, spans beside them: {report['kept_up_bytes_per_reading']:.1f} bytes per reading")


if __name__ == "__main__":
    main()
