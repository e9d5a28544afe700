"""`make bench`: how fast messages go from publish to commit, beside what a bare pipeline and the broker alone reach.

Product and floors take turns, and medians count, since a shared machine is never the same for long. Prints tables,
writes build/bench.json.

    PYTHONPATH=tests python tests/bench/run.py [--rounds N] [--messages M] [--quick] [--out FILE]
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.copy_floor import copy_rows_s
from bench.machine import describe_machine
from bench.one_measurement import Load, Measurement, Mode, Stage, measure
from rich.console import Console
from rich.table import Table
from services.databases import migrated_template
from services.timescale import Cluster

BUILD: Final = Path(__file__).parents[2] / "build"
RECORDERS: Final = 500
STEADY_RATE: Final = 5000.0
STEADY_BURST: Final = 4
"""At the contract's cadence a recorder's heartbeat, location, battery and storage fall due together."""
# Of a production server's settings those that a benchmark meets: memory for pages, and no checkpoint each few seconds.
SERVER: Final = {"max_wal_size": "4GB", "shared_buffers": "512MB"}
_WARM_UP: Final = 20_000
# A run at full speed is to take about so long, and is to be neither too short to say something nor too long to wait for.
_RUN_S: Final = 8.0
_LEAST, _MOST = 40_000, 300_000
_NAMES: Final[dict[Mode, str]] = {"product": "end to end", "bare": "bare pipeline", "ack": "acknowledge only"}


@dataclass(slots=True)
class Runs:
    """All that was measured: at full speed by mode, the product at a steady rate, and rows/s of COPY alone."""

    load: Load
    by_mode: dict[Mode, list[Measurement]] = field(default_factory=lambda: {"product": [], "bare": [], "ack": []})
    steady: list[Measurement] = field(default_factory=list)
    copied: list[float] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Measure, show, write; what was written."""
    parser = argparse.ArgumentParser(description="recorder-fleet: rates and latencies of ingest")
    parser.add_argument("--rounds", type=int, default=3, help="times that each is run, in turn (3)")
    parser.add_argument("--messages", type=int, help="messages of one run (as many as take some 8 s here)")
    parser.add_argument("--quick", action="store_true", help="one round of few messages: shows that it works, no more")
    parser.add_argument("--out", type=Path, default=BUILD / "bench.json", help="where the figures go")
    words = parser.parse_args(arguments)
    rounds, messages = (1, _WARM_UP) if words.quick else (words.rounds, words.messages)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
    machine, began = describe_machine(), time.monotonic()
    with _running_stage() as stage:
        runs = run(stage, rounds, messages, console)
    report = summarize(runs) | {"machine": machine | {"load_average_after": describe_machine()["load_average"]}}
    report["seconds"] = round(time.monotonic() - began)
    words.out.parent.mkdir(parents=True, exist_ok=True)
    words.out.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    show(report, runs, console)
    console.print(f"{report['seconds']} s; written to {words.out}")
    return report


@contextmanager
def _running_stage() -> Iterator[Stage]:
    if own := os.environ.get("RECORDER_FLEET_TEST_DSN"):
        with migrated_template(own) as template:
            yield Stage(own, template)
        return
    with Cluster(SERVER) as cluster, migrated_template(cluster.dsn()) as template:
        yield Stage(cluster.dsn(), template)


def run(stage: Stage, rounds: int, messages: int | None, console: Console) -> Runs:
    """Product, COPY alone, bare pipeline, acknowledgements alone, product at a steady rate; and again."""
    with stage.database() as dsn:
        warm_up = measure(stage, "bare", Load(RECORDERS, _WARM_UP), dsn)
    runs = Runs(Load(RECORDERS, messages or int(min(max(warm_up.msg_s * _RUN_S, _LEAST), _MOST))))
    for number in range(1, rounds + 1):
        console.print(f"round {number} of {rounds}, {runs.load.messages} messages a run")
        with stage.database() as product_dsn, stage.database() as empty_dsn:
            runs.by_mode["product"].append(measure(stage, "product", runs.load, product_dsn))
            runs.copied.append(asyncio.run(copy_rows_s(product_dsn, empty_dsn)))
        with stage.database() as dsn:
            runs.by_mode["bare"].append(measure(stage, "bare", runs.load, dsn))
        runs.by_mode["ack"].append(measure(stage, "ack", runs.load, ""))
        with stage.database() as dsn:
            steady = Load(RECORDERS, min(runs.load.messages, int(STEADY_RATE * 12)), STEADY_RATE, STEADY_BURST)
            runs.steady.append(measure(stage, "product", steady, dsn))
    return runs


def summarize(runs: Runs) -> dict[str, Any]:
    """The figures as bench.json has them: medians, CPU in µs per message, and every single run."""
    product, bare, ack = (runs.by_mode[mode] for mode in ("product", "bare", "ack"))
    pairs = [mine.msg_s / floor.msg_s for mine, floor in zip(product, bare, strict=True)]
    everything = [*product, *bare, *ack, *runs.steady]
    return {
        "end_to_end_msg_s": _median(product, "msg_s"),
        "bare_pipeline_msg_s": _median(bare, "msg_s"),
        "end_to_end_over_bare": round(median(pairs), 3),
        "ack_only_msg_s": _median(ack, "msg_s"),
        "copy_rows_s": round(median(runs.copied), 1),
        "cpu_us_per_msg": _median(product, "cpu_us"),
        "bare_cpu_us_per_msg": _median(bare, "cpu_us"),
        "steady_rate_msg_s": STEADY_RATE,
        "steady_reached_msg_s": _median(runs.steady, "msg_s"),
        "steady_cpu_us_per_msg": _median(runs.steady, "cpu_us"),
        "p50_ms": _median(runs.steady, "p50_ms"),
        "p99_ms": _median(runs.steady, "p99_ms"),
        "peak_rss_mb": round(max(each.peak_rss_mb for each in [*product, *runs.steady]), 1),
        "others_cores": _median(everything, "others_cores"),
        "rounds": len(product),
        "messages": runs.load.messages,
        "recorders": runs.load.recorders,
        "runs": {mode: [asdict(each) for each in measured] for mode, measured in runs.by_mode.items()},
        "steady_runs": [asdict(each) for each in runs.steady],
    }


def show(report: dict[str, Any], runs: Runs, console: Console) -> None:
    """The figures as tables, and under what circumstances they came about."""
    machine = report["machine"]
    loads = f"load average {machine['load_average'][0]} before, {machine['load_average_after'][0]} after"
    console.print(f"\n{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}; {loads};")
    console.print(f"meanwhile other programs used {report['others_cores']:.2f} cores of them (median)\n")
    table = Table(title=f"QoS 1, {report['recorders']} recorders; medians of {report['rounds']}; CPU in µs a message")
    for heading in ("", "msg/s", "least-most", "batch", "CPU ingest", "broker", "database", "publisher"):
        table.add_column(heading, justify="right" if heading else "left")
    for mode, name in _NAMES.items():
        table.add_row(name, *_columns(runs.by_mode[mode]))
    table.add_row(f"end to end at {STEADY_RATE:,.0f} msg/s", *_columns(runs.steady))
    console.print(table)
    console.print(f"COPY of the same rows alone: {report['copy_rows_s']:,.0f} rows/s")
    console.print(f"publish to commit at {STEADY_RATE:,.0f} msg/s, p50: {report['p50_ms']:.0f} ms\n")
    wanted = Table("", "measured", "wanted", "")
    ratio, p99_ms, rss_mb = report["end_to_end_over_bare"], report["p99_ms"], report["peak_rss_mb"]
    for name, figure, bound, is_met in (
        ("end to end / bare pipeline, pair by pair", f"{ratio:.2f}", ">= 0.6", ratio >= 0.6),
        (f"publish to commit at {STEADY_RATE:,.0f} msg/s, p99", f"{p99_ms:.0f} ms", "< 250 ms", p99_ms < 250),
        ("peak memory of the ingest process", f"{rss_mb:.0f} MB", "< 300 MB", rss_mb < 300),
    ):
        wanted.add_row(name, figure, bound, "yes" if is_met else "no")
    console.print(wanted)


def _columns(measured: list[Measurement]) -> list[str]:
    rates = [each.msg_s for each in measured]
    cpu = [_median(measured, name) for name in ("cpu_us", "broker_cpu_us", "database_cpu_us", "publisher_cpu_us")]
    spread = f"{min(rates):,.0f}-{max(rates):,.0f}"
    return [f"{median(rates):,.0f}", spread, f"{_median(measured, 'batch'):.0f}", *(f"{each:.1f}" for each in cpu)]


def _median(measured: list[Measurement], name: str) -> float:
    return round(float(median(getattr(each, name) for each in measured)), 2)


if __name__ == "__main__":
    main()
