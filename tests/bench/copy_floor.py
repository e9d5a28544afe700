"""Benchmark: the floor of the database alone, COPY of the very rows that the product wrote, and nothing else."""

import time
from typing import Final

import asyncpg

from telemetry.store.intake import COLUMNS

_BATCH: Final = 4096


async def copy_rows_s(source_dsn: str, target_dsn: str) -> float:
    """Rows per second of COPY, in batches and transactions of the product's size, into the product's own tables."""
    source = await asyncpg.connect(source_dsn)
    try:
        rows = {
            kind: [tuple(row) for row in await source.fetch(f"SELECT {_quoted(columns)} FROM {kind}")]
            for kind, columns in COLUMNS.items()
        }
    finally:
        await source.close()
    target = await asyncpg.connect(target_dsn)
    try:
        started = time.perf_counter()
        for kind, records in rows.items():
            for first in range(0, len(records), _BATCH):
                await target.copy_records_to_table(kind, records=records[first : first + _BATCH], columns=COLUMNS[kind])
        return sum(map(len, rows.values())) / (time.perf_counter() - started)
    finally:
        await target.close()


def _quoted(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
