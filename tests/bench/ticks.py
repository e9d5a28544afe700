"""How much a tick of the rules costs while a fleet of some size talks, and how soon an incident is open that can be decided.

A tick each two simulated seconds, as the server runs them, over messages at the contract's cadence; hundreds of links
are lost and come back meanwhile. Nothing else runs between two ticks, so that a tick's time is its own. Then the whole
fleet loses its link for five minutes, and comes back with its backlogs in one second.

    PYTHONPATH=tests python tests/bench/ticks.py [--sizes 500 5000 20000] [--ticks N] [--live-s S] [--out FILE]
"""

import argparse
import asyncio
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.machine import Watch, describe_machine
from bench.run import BUILD, SERVER
from rich.console import Console
from rich.table import Table
from services.databases import cloned_database, migrated_template
from services.timescale import Cluster
from standins.duty_fleet import DutyFleet

from alerts.evaluation.engine import Evaluator, tick
from alerts.facts.elements import FactSet
from alerts.facts.json_file import read_json
from alerts.facts.load import load_facts
from alerts.facts.versions import START_OF_FILE
from alerts.rules.on_duty_snapshot import OnDutySnapshot
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.writer import Writer
from telemetry.store.backtest import analyze, filling
from telemetry.store.pool import Database

BEGINS: Final = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
EVERY: Final = timedelta(seconds=2)
_STEPS_A_MINUTE: Final = 30
_WARM_UP: Final = 10
_LOST, _BACK = 0.005, 0.1
"""Of the recorders whose minute begins: how many lose their link, and how many of those that did come back."""
_PULLS: Final = 20
_BATCH: Final = 4_000
_AFTER_RETURN: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Cost:
    """Ticks at one size of fleet, in milliseconds; `changes` is what a tick took out, `messages_s` what was said."""

    recorders: int
    ticks: int
    messages_s: float
    changes: float
    median_ms: float
    p95_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class Return:
    """A whole fleet that comes back in one second: messages, seconds to store them, and the longest ticks (ms).

    `lost_ms` is the longest tick while the links are down, `back_ms` the longest of those after the return.
    """

    recorders: int
    messages: int
    stored_s: float
    lost_ms: float
    back_ms: float


@dataclass(frozen=True, slots=True)
class Delay:
    """Pulled cards that come back while the fleet talks in real time: seconds from the commit of what decides to `open`."""

    recorders: int
    messages_s: float
    pulls: int
    incidents: int
    median_s: float
    max_s: float


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Measure, show, write; what was written."""
    parser = argparse.ArgumentParser(description="recorder-fleet: what a tick costs")
    parser.add_argument("--sizes", type=int, nargs="+", default=[500, 5000, 20_000], help="recorders on duty")
    parser.add_argument("--ticks", type=int, default=90, help="ticks at each size (90)")
    parser.add_argument(
        "--return-size", type=int, default=5000, help="recorders that come back at once, 0: none (5000)"
    )
    parser.add_argument("--live-s", type=float, default=90.0, help="seconds of the live part, 0: none (90)")
    parser.add_argument("--live-size", type=int, default=5000, help="its recorders (5000)")
    parser.add_argument("--out", type=Path, default=BUILD / "ticks.json", help="where the figures go")
    words = parser.parse_args(arguments)
    console = Console(highlight=False)
    costs: list[Cost] = []
    back: Return | None = None
    delay: Delay | None = None
    with Cluster(SERVER) as cluster, migrated_template(cluster.dsn()) as template, Watch([]) as watch:
        for size in words.sizes:
            with cloned_database(cluster.dsn(), template) as dsn:
                costs.append(asyncio.run(_cost(dsn, size, words.ticks)))
        if words.return_size:
            with cloned_database(cluster.dsn(), template) as dsn:
                back = asyncio.run(_return(dsn, words.return_size))
        if words.live_s:
            with cloned_database(cluster.dsn(), template) as dsn:
                delay = asyncio.run(_delay(dsn, words.live_size, words.live_s))
    report = {
        "ticks": [asdict(cost) for cost in costs],
        "return": None if back is None else asdict(back),
        "delay": None if delay is None else asdict(delay),
        "machine": describe_machine(),
        "busy_cores_but_ours_and_the_database": round(watch.others_cores, 2),
    }
    words.out.parent.mkdir(parents=True, exist_ok=True)
    words.out.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    _show(costs, back, delay, console)
    return report


async def _cost(dsn: str, size: int, ticks: int) -> Cost:
    fleet, snapshot, took_ms, changes, said = DutyFleet(size, BEGINS, activities=True), OnDutySnapshot(), [], 0, 0
    async with filling(dsn) as database:
        await _found(database, fleet)
        writer, talk, now = Writer(database), _talk(fleet, random.Random(1)), BEGINS
        for number in range(ticks + _WARM_UP):
            said += await _write(writer, next(talk))
            if number == _WARM_UP:
                await analyze(database)
            now += EVERY
            began = time.perf_counter()
            result = await tick(database, now, snapshot=snapshot)
            if number >= _WARM_UP:
                took_ms.append((time.perf_counter() - began) * 1000)
                changes += result.changes
    ordered = sorted(took_ms)
    seconds = (ticks + _WARM_UP) * EVERY.total_seconds()
    return Cost(
        size,
        ticks,
        round(said / seconds, 1),
        round(changes / ticks, 1),
        round(median(ordered), 1),
        round(ordered[int(0.95 * len(ordered))], 1),
        round(ordered[-1], 1),
    )


async def _return(dsn: str, size: int) -> Return:
    fleet, snapshot, now = DutyFleet(size, BEGINS, activities=True), OnDutySnapshot(), BEGINS
    async with filling(dsn) as database:
        await _found(database, fleet)
        writer = Writer(database)

        async def ticks(until: datetime) -> float:
            nonlocal now
            longest_s = 0.0
            while now < until:
                now += EVERY
                began = time.perf_counter()
                await tick(database, now, snapshot=snapshot)
                longest_s = max(longest_s, time.perf_counter() - began)
            return longest_s * 1000

        await _write(writer, [a for n in range(size) for a in (fleet.birth(n, now), *fleet.minute(n, now))])
        await analyze(database)
        lost_at, back_at = BEGINS + timedelta(minutes=1), BEGINS + timedelta(minutes=6)
        await ticks(lost_at)
        lost_ms = await ticks(back_at)
        said = [fleet.birth(n, back_at) for n in range(size)]
        said += [a for n in range(size) for a in fleet.backlog(n, lost_at, back_at, back_at, network="none")]
        began = time.perf_counter()
        await _write(writer, said)
        stored_s = time.perf_counter() - began
        back_ms = await ticks(back_at + _AFTER_RETURN)
    return Return(size, len(said), round(stored_s, 1), round(lost_ms, 1), round(back_ms, 1))


def _talk(fleet: DutyFleet, rnd: random.Random) -> Iterator[list[Arrival]]:
    """What is said in each two seconds: a thirtieth of the fleet has its minute, some have lost their link."""
    away: set[int] = set()
    now, number = BEGINS, 0
    yield [fleet.birth(n, now) for n in range(fleet.size)]
    while True:
        said: list[Arrival] = []
        for n in range(number % _STEPS_A_MINUTE, fleet.size, _STEPS_A_MINUTE):
            if n in away and rnd.random() < _BACK:
                away.discard(n)
                said.append(fleet.birth(n, now))
            elif n not in away and rnd.random() < _LOST:
                away.add(n)
            if n not in away:
                said += fleet.minute(n, now)
        yield said
        number += 1
        now += EVERY


async def _delay(dsn: str, size: int, seconds: float) -> Delay:
    """In real time: the evaluator runs as in the server, and recorders come back whose card was out for ten minutes."""
    begins = datetime.now(UTC) - timedelta(minutes=20)
    fleet = DutyFleet(size, begins)
    async with filling(dsn) as database:
        await _found(database, fleet)
        writer = Writer(database)
        pulled = list(range(0, size, max(1, size // _PULLS)))[:_PULLS]
        for n in pulled:
            await _write(writer, [fleet.birth(n, begins)])
            await _write(
                writer, [a for minute in range(8) for a in fleet.minute(n, begins + timedelta(minutes=minute))]
            )
        now = datetime.now(UTC)
        rest = [n for n in range(size) if n not in pulled]
        await _write(writer, [a for n in rest for a in (fleet.birth(n, now), *islice(fleet.minute(n, now), 1))])
        await analyze(database)
        decided_at: dict[str, float] = {}
        seen_at: dict[str, float] = {}
        async with asyncio.TaskGroup() as group:
            running = [
                group.create_task(Evaluator(database, name="bench").run()),
                group.create_task(_look_out(database, seen_at)),
            ]
            said = await _live(writer, fleet, pulled, seconds, decided_at)
            await asyncio.sleep(5 * EVERY.total_seconds())
            for task in running:
                task.cancel()
    delays = [seen_at[name] - at for name, at in decided_at.items() if name in seen_at]
    return Delay(
        size, round(said / seconds, 1), len(decided_at), len(delays), round(median(delays), 2), round(max(delays), 2)
    )


async def _look_out(database: Database, seen_at: dict[str, float]) -> None:
    """Note when each confirmed incident is first to be seen by others."""
    while True:
        async with database.connection() as connection:
            names = await connection.fetch(
                "SELECT recorder_id FROM incident WHERE rule = 'sim-removed' AND confidence = 'confirmed'"
            )
        for row in names:
            seen_at.setdefault(row["recorder_id"], time.perf_counter())
        await asyncio.sleep(0.05)


async def _live(
    writer: Writer, fleet: DutyFleet, pulled: Sequence[int], seconds: float, decided_at: dict[str, float]
) -> int:
    """Say each second what falls due in it; the messages said. *decided_at* gets the commit of each backlog."""
    loop = asyncio.get_running_loop()
    began, said = loop.time(), 0
    left = list(pulled)
    for second in range(int(seconds)):
        now = datetime.now(UTC)
        due = [n for n in range(second % 60, fleet.size, 60) if n not in pulled]
        said += await _write(writer, [a for n in due for a in fleet.minute(n, now - timedelta(seconds=31))])
        if left and second >= 10 and second % max(1, int(seconds - 20) // len(pulled)) == 0:
            n = left.pop()
            lost_at, back = fleet.begins + timedelta(minutes=8), now - timedelta(seconds=2)
            await _write(
                writer, [fleet.birth(n, back), *fleet.backlog(n, lost_at, back, back, network="none", sim="absent")]
            )
            decided_at[f"R{n}"] = time.perf_counter()
        await asyncio.sleep(max(0.0, began + second + 1 - loop.time()))
    return said


async def _found(database: Database, fleet: DutyFleet) -> None:
    facts = read_json(fleet.facts(), "facts")
    assert isinstance(facts, FactSet)
    await load_facts(database, facts, "bench", START_OF_FILE, approve=False)


async def _write(writer: Writer, said: Sequence[Arrival]) -> int:
    for start in range(0, len(said), _BATCH):
        await writer.write(said[start : start + _BATCH])
    return len(said)


def _show(costs: Sequence[Cost], back: Return | None, delay: Delay | None, console: Console) -> None:
    table = Table(title="a tick of the rules, ms")
    for heading in ("recorders on duty", "messages/s", "changes a tick", "median", "p95", "max"):
        table.add_column(heading, justify="right")
    for cost in costs:
        figures = (cost.messages_s, cost.changes, cost.median_ms, cost.p95_ms, cost.max_ms)
        table.add_row(f"{cost.recorders:,}", *(f"{figure:,.1f}" for figure in figures))
    console.print(table)
    if back is not None:
        console.print(
            f"{back.recorders:,} recorders lost for five minutes: longest tick {back.lost_ms:,.0f} ms; back in one second with"
            f" {back.messages:,} messages (stored in {back.stored_s:.1f} s): longest tick {back.back_ms:,.0f} ms"
        )
    if delay is not None:
        console.print(
            f"{delay.incidents} of {delay.pulls} pulled cards of {delay.recorders:,} recorders at {delay.messages_s:,.0f} messages/s, from"
            f" the commit of what decides to the open incident: median {delay.median_s:.1f} s, at most {delay.max_s:.1f} s"
        )


if __name__ == "__main__":
    main()
