"""How fast a back-test goes, from the command's start to its incidents file: a fleet's whole day on a throw-away database.

The trace and the facts are the simulator's. Beside it, on one core and just before: reading and decoding the same lines
and nothing else, since how fast this machine is changes from one minute to the next.

    PYTHONPATH=tests python tests/bench/backtest.py [--recorders N] [--scenario NAME] [--seed N] [--out FILE]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bench.machine import Watch, describe_machine
from bench.run import BUILD
from rich.console import Console

from alerts.backtest.batches import read_batches
from device_sim.scenario import load
from device_sim.scenario_run import ScenarioFiles, write_scenario

YARDSTICK: Final = 200_000
"""Messages that are only read and decoded."""


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Measure, show, write; what was written."""
    parser = argparse.ArgumentParser(description="recorder-fleet: how fast a back-test goes")
    parser.add_argument("--recorders", type=int, default=1000)
    parser.add_argument("--scenario", default="a-bit-of-everything")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=BUILD / "backtest.json", help="where the figures go")
    words = parser.parse_args(arguments)
    console = Console(highlight=False)
    scenario = load(words.scenario).model_copy(update={"recorders": words.recorders, "seed": words.seed, "days": 1})
    until = datetime.fromtimestamp(scenario.from_ms / 1000, UTC) + timedelta(days=1, hours=2)
    with tempfile.TemporaryDirectory() as folder:
        with console.status(f"{words.recorders} recorders live a day ..."):
            written = write_scenario(scenario, Path(folder))
        with console.status("Back-test ..."):
            decoded_s = _decode_rate(written.trace, until)
            with Watch([]) as watch:
                seconds, incidents = _run(written, until, Path(folder) / "incidents.json")
    report = {
        "recorders": words.recorders,
        "messages": written.messages,
        "seconds": round(seconds, 1),
        "messages_s": round(written.messages / seconds),
        "read_and_decoded_s": round(decoded_s),
        "ratio": round(written.messages / seconds / decoded_s, 2),
        "incidents": incidents,
        "machine": describe_machine(),
        "busy_cores_but_ours": round(watch.others_cores, 2),
    }
    words.out.parent.mkdir(parents=True, exist_ok=True)
    words.out.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    console.print(
        f"{written.messages} messages of {words.recorders} recorders in {seconds:.1f} s: {report['messages_s']} a second,"
        f" {report['ratio']} of reading and decoding alone on one core; {incidents} incidents"
    )
    return report


def _decode_rate(trace: Path, until: datetime) -> float:
    began, messages = time.perf_counter(), 0
    for batch in read_batches(trace, until):
        messages += len(batch.arrivals)
        if messages >= YARDSTICK:
            break
    return messages / (time.perf_counter() - began)


def _run(written: ScenarioFiles, until: datetime, out: Path) -> tuple[float, int]:
    began = time.perf_counter()
    subprocess.run(
        [
            *(sys.executable, "-m", "telemetry.cli", "backtest", "--until", until.isoformat(), "--out", str(out)),
            *("--facts", str(written.facts), "--trace", str(written.trace)),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - began, len(json.loads(out.read_text("utf-8")))


if __name__ == "__main__":
    main()
