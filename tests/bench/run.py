"""`make bench`: the product beside its floors, alternating on one machine; a table, and build/bench.json.

PYTHONPATH=tests python tests/bench/run.py [--rounds N] [--messages M] [--quick]
"""

import argparse
import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.copied import copy_rows_s
from bench.machine import describe_machine
from bench.stage import Load, Measurement, Mode, Stage, measure
from rich.console import Console
from rich.table import Table
from services.databases import migrated_template
from services.timescale import Cluster

BUILD: Final = Path(__file__).parents[2] / "build"
RECORDERS: Final = 500
STEADY_RATE: Final = 5000.0
_SERVER: Final = {"max_wal_size": "4GB", "shared_buffers": "512MB"}


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Measure, show, write; what was written."""
    parser = argparse.ArgumentParser(description="recorder-fleet: rates and latencies of ingest")
    parser.add_argument("--rounds", type=int, default=3, help="times that each is run, in turn (3)")
    parser.add_argument("--messages", type=int, default=200_000, help="messages of one run (200,000)")
    parser.add_argument("--quick", action="store_true", help="one round of few messages: shows that it works, no more")
    words = parser.parse_args(arguments)
    rounds, messages = (1, 20_000) if words.quick else (words.rounds, words.messages)
    with Cluster(_SERVER) as cluster, migrated_template(cluster.dsn()) as template:
        report = run(Stage(cluster.dsn(), template), rounds, messages)
    BUILD.mkdir(exist_ok=True)
    (BUILD / "bench.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    show(report)
    return report


def run(stage: Stage, rounds: int, messages: int) -> dict[str, Any]:
    """Product, bare pipeline and acknowledgements alone, in turn; then a steady rate; then COPY alone."""
    load = Load(RECORDERS, messages)
    runs: dict[Mode, list[Measurement]] = {"product": [], "bare": [], "ack": []}
    ratios, copied = [], []
    for _ in range(rounds):
        with stage.database() as product_dsn, stage.database() as bare_dsn, stage.database() as empty_dsn:
            product = measure(stage, "product", load, product_dsn)
            bare = measure(stage, "bare", load, bare_dsn)
            runs["product"].append(product)
            runs["bare"].append(bare)
            runs["ack"].append(measure(stage, "ack", load, ""))
            ratios.append(product.msg_s / bare.msg_s)
            copied.append(asyncio.run(copy_rows_s(product_dsn, empty_dsn)))
    with stage.database() as dsn:
        steady = measure(stage, "product", Load(RECORDERS, min(messages, 100_000), STEADY_RATE), dsn)
    return {
        "end_to_end_msg_s": _median(runs["product"], "msg_s"),
        "bare_pipeline_msg_s": _median(runs["bare"], "msg_s"),
        "ack_only_msg_s": _median(runs["ack"], "msg_s"),
        "copy_rows_s": round(median(copied), 1),
        "end_to_end_over_bare": round(median(ratios), 3),
        "cpu_us_per_msg": _median(runs["product"], "cpu_us"),
        "bare_cpu_us_per_msg": _median(runs["bare"], "cpu_us"),
        "broker_cpu_us_per_msg": _median(runs["product"], "broker_cpu_us"),
        "database_cpu_us_per_msg": _median(runs["product"], "database_cpu_us"),
        "publisher_cpu_us_per_msg": _median(runs["product"], "publisher_cpu_us"),
        "steady_rate_msg_s": STEADY_RATE,
        "p50_ms": round(steady.p50_ms, 1),
        "p99_ms": round(steady.p99_ms, 1),
        "steady_cpu_us_per_msg": round(steady.cpu_us, 1),
        "peak_rss_mb": round(max(run.peak_rss_mb for run in [*runs["product"], steady]), 1),
        "others_cores": round(max(m.others_cores for group in runs.values() for m in [*group, steady]), 2),
        "rounds": rounds,
        "messages": messages,
        "recorders": RECORDERS,
        "machine": describe_machine(),
    }


def _median(measurements: list[Measurement], name: str) -> float:
    return round(median(getattr(measurement, name) for measurement in measurements), 1)


def show(report: dict[str, Any]) -> None:
    """The report as a table, with what else was running."""
    table = Table(title=f"ingest, median of {report['rounds']} × {report['messages']:,} messages")
    table.add_column("what")
    table.add_column("figure", justify="right")
    for text, figure in (
        ("end to end: published, stored, acknowledged", f"{report['end_to_end_msg_s']:,.0f} msg/s"),
        ("bare pipeline: codec, validation, staged COPY, ack", f"{report['bare_pipeline_msg_s']:,.0f} msg/s"),
        ("end to end / bare, pair by pair", f"{report['end_to_end_over_bare']:.2f}"),
        ("only acknowledging", f"{report['ack_only_msg_s']:,.0f} msg/s"),
        ("COPY of the same rows alone", f"{report['copy_rows_s']:,.0f} rows/s"),
        ("CPU of the ingest process", f"{report['cpu_us_per_msg']:.1f} µs/msg"),
        (f"publish to commit at {report['steady_rate_msg_s']:,.0f} msg/s, p50", f"{report['p50_ms']:.0f} ms"),
        (f"publish to commit at {report['steady_rate_msg_s']:,.0f} msg/s, p99", f"{report['p99_ms']:.0f} ms"),
        ("peak memory of the ingest process", f"{report['peak_rss_mb']:.0f} MB"),
        ("busy elsewhere on the machine, at most", f"{report['others_cores']:.2f} cores"),
    ):
        table.add_row(text, figure)
    console = Console()
    console.print(table)
    machine = report["machine"]
    console.print(f"{machine['cores']} cores, {machine['cpu']}, load average {machine['load_average']}")


if __name__ == "__main__":
    main()
