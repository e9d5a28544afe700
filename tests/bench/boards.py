"""How long every query of every board takes, as Grafana's own login, on a fleet of some size: TimescaleDB, Apache 2 edition.

A raw day of the kinds that boards read as such, a month of rollups, a month of duties and incidents (standins.boards_fleet).
Each query for the range that its board opens with, for two days (the most that is read by hour) and for 30 days, all
units chosen. CPU is the backend's own, without parallel workers: what a query takes where nobody else wants the machine.

    PYTHONPATH=tests python tests/bench/boards.py [--recorders N] [--days N] [--raw-hours N] [--rounds N] [--out FILE]
"""

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final

import asyncpg
from bench.machine import Watch, describe_machine
from bench.run import BUILD, SERVER
from rich.console import Console
from rich.table import Table
from services.databases import cloned_database, migrated_template
from services.timescale import Cluster
from standins.board_queries import BOARDS, PanelQuery, panel_queries
from standins.boards_fleet import fill, top_up
from standins.grafana_macros import View, expand

from telemetry.store.boards import grant_boards
from telemetry.store.pool import Connection, Database

ROLE: Final = "recorder_fleet_board"
_RANGES: Final = {"now-1h": timedelta(hours=1), "now-24h": timedelta(days=1), "now-30d": timedelta(days=30)}
_ALWAYS: Final = {timedelta(days=2), timedelta(days=30)}


@dataclass(frozen=True, slots=True)
class Timing:
    """One query over one range: milliseconds from sending it to having all rows, and of the backend's CPU."""

    query: str
    range_h: float
    rows: int
    median_ms: float
    least_ms: float
    most_ms: float
    cpu_ms: float


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Measure, show, write; what was written."""
    parser = argparse.ArgumentParser(description="recorder-fleet: what the boards' queries cost")
    parser.add_argument("--recorders", type=int, default=5000)
    parser.add_argument("--days", type=int, default=30, help="of rollups, duties and incidents (30)")
    parser.add_argument("--raw-hours", type=int, default=24, help="of readings (24)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each query runs after a first time (5)")
    parser.add_argument("--out", type=Path, default=BUILD / "boards.json", help="where the figures go")
    words = parser.parse_args(arguments)
    with (
        Cluster(SERVER) as cluster,
        migrated_template(cluster.dsn()) as template,
        cloned_database(cluster.dsn(), template) as dsn,
        Watch([]) as watch,
    ):
        sizes = asyncio.run(_fill(dsn, words.recorders, words.days, words.raw_hours))
        timings = asyncio.run(_measure(dsn, words.recorders, words.rounds))
    report = {
        "recorders": words.recorders,
        "days": words.days,
        "raw_hours": words.raw_hours,
        "rows": sizes,
        "queries": [asdict(timing) for timing in timings],
        "machine": describe_machine(),
        "busy_cores_but_ours_and_the_database": round(watch.others_cores, 2),
    }
    words.out.parent.mkdir(parents=True, exist_ok=True)
    words.out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")
    _show(timings, Console(highlight=False))
    return report


async def _fill(dsn: str, recorders: int, days: int, raw_hours: int) -> dict[str, int]:
    connection = await asyncpg.connect(dsn)
    try:
        for _, statements in fill(recorders, days, raw_hours):
            await connection.execute(statements)
        await connection.execute("VACUUM ANALYZE")
        tables = ("heartbeat", "event", "heartbeat_hourly", "heartbeat_daily", "shift_fact", "incident", "notice")
        return {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in tables}
    finally:
        await connection.close()


async def _measure(dsn: str, recorders: int, rounds: int) -> list[Timing]:
    database = await Database.open(dsn)
    await grant_boards(database, ROLE, "only-for-this-benchmark")
    await database.close()
    owner = await asyncpg.connect(dsn)
    connection = await asyncpg.connect(dsn, user=ROLE, statement_cache_size=0)
    try:
        await connection.execute("SET max_parallel_workers_per_gather = 0")
        units = [row[0] for row in await connection.fetch("SELECT unit_id FROM board.unit")]
        timings = []
        for query in panel_queries():
            if "board.arrival" in query.sql:
                await owner.execute(top_up(recorders))
            spans = sorted({_RANGES[BOARDS[query.board]["time"]["from"]], *_ALWAYS})
            timings += [await _time(connection, query, span, units, rounds) for span in spans]
    finally:
        await connection.close()
        await owner.close()
    return timings


async def _time(
    connection: Connection, query: PanelQuery, span: timedelta, units: Sequence[str], rounds: int
) -> Timing:
    took_ms, cpu_ms, rows = [], [], []
    for _ in range(rounds + 1):
        now = datetime.now(UTC)
        sql = expand(query.sql, View(now - span, now, {"unit": units}))
        began, cpu_before = time.perf_counter(), _cpu_ms(connection)
        rows = await connection.fetch(sql)
        took_ms.append((time.perf_counter() - began) * 1000)
        cpu_ms.append(_cpu_ms(connection) - cpu_before)
    warm = took_ms[1:]
    return Timing(
        query.name,
        span.total_seconds() / 3600,
        len(rows),
        round(median(warm), 1),
        round(min(warm), 1),
        round(max(took_ms), 1),
        round(median(cpu_ms[1:]), 1),
    )


def _cpu_ms(connection: Connection) -> float:
    """How long the connection's backend has been on a CPU."""
    return int(Path(f"/proc/{connection.get_server_pid()}/schedstat").read_text().split()[0]) / 1e6


def _show(timings: Sequence[Timing], console: Console) -> None:
    table = Table(title="the boards' queries, ms")
    for heading in ("query", "range, h", "rows", "median", "least", "most", "CPU"):
        table.add_column(heading, justify="left" if heading == "query" else "right")
    for one in timings:
        figures = (one.median_ms, one.least_ms, one.most_ms, one.cpu_ms)
        table.add_row(one.query, f"{one.range_h:g}", str(one.rows), *(f"{figure:,.1f}" for figure in figures))
    console.print(table)


if __name__ == "__main__":
    main()
