"""Nothing that the broker acknowledged is lost, and nothing is stored twice, whatever dies in between."""

import asyncio
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

import asyncpg
import pytest
from backend import (
    IS_FULL,
    PATIENCE_S,
    Backend,
    acknowledged,
    count_stored,
    running_backend,
    stored,
    until,
    wait_until_subscribed,
)
from large_sets import same
from served import Served
from services.timescale import Cluster

from device_sim.transport.acknowledged_log import AcknowledgedLog
from device_sim.transport.load_generator import LoadResult, LoadSettings, run_load
from device_sim.transport.mqtt5_client import BrokerAddress
from device_sim.transport.progress import FleetCounters

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("each_mosquitto")]

KILLS: Final = 5
CUTS: Final = 10
STALLED_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Size:
    recorders: int
    messages: int
    rate: float
    database_away_s: float


SIZE: Final = Size(500, 200_000, 2500, 20.0) if IS_FULL else Size(100, 12_000, 700, 3.0)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens, from which share of the messages on, and how long after the server stands."""

    at: float
    what: str
    hesitation_s: float


def troubles(workers: int, kill: str) -> list[Trouble]:
    """Five deaths, ten cuts on either side of the broker and one absence of the database, at random.

    A broker that restarts as well is for one worker only: mosquitto forgets what several share.
    """
    chance = Random(f"{workers} {kill}")
    whats = [*[kill] * KILLS, *["cut"] * CUTS, "database", *["broker"] * (workers == 1)]
    planned = [Trouble(chance.uniform(0.02, 1.0), what, chance.uniform(0.0, 1.0)) for what in whats]
    return sorted(planned, key=lambda trouble: trouble.at)


class Scene:
    """A load run while the server, its broker connections and its database are disturbed."""

    def __init__(self, backend: Backend, served: Served, cluster: Cluster, workers: int) -> None:
        self.backend = backend
        self.workers = workers
        self.served = served
        self.cluster = cluster
        self.counters = FleetCounters(recorders=SIZE.recorders)
        self.away: list[asyncio.Task[None]] = []

    async def play(self, planned: list[Trouble], ledger: AcknowledgedLog) -> LoadResult:
        settings = LoadSettings(
            SIZE.recorders, SIZE.messages, rate=SIZE.rate, prefix="D", burst=2, secrets=self.backend.secrets
        )
        address = BrokerAddress("127.0.0.1", self.backend.recorders.port)
        playing = asyncio.create_task(self._trouble(planned))
        result = await run_load(settings, address, ack_log=ledger, on_start=self._note)
        await playing
        await asyncio.gather(*self.away)
        return result

    def _note(self, counters: FleetCounters) -> None:
        self.counters = counters

    async def _trouble(self, planned: list[Trouble]) -> None:
        for number, trouble in enumerate(planned):
            await until(partial(self._has_come, trouble.at), 600)
            # Only who hears the broker can be struck; how long already is a matter of chance.
            async with asyncio.timeout(PATIENCE_S):
                await self.backend.server.carries(self.workers)
            await asyncio.sleep(trouble.hesitation_s)
            match trouble.what:
                case "server":
                    await self.served.kill()
                case "worker":
                    await self.served.kill_worker(number)
                case "cut":
                    self.backend.server.cut()
                    self.backend.recorders.cut()
                case "broker":
                    await self.backend.broker.restart()
                case _:
                    self.away.append(asyncio.create_task(self._database_away()))

    async def _has_come(self, share: float) -> bool:
        return self.counters.acknowledged >= share * SIZE.messages

    async def _database_away(self) -> None:
        await asyncio.to_thread(self.cluster.stop)
        await asyncio.sleep(SIZE.database_away_s)
        await asyncio.to_thread(self.cluster.start)


async def wait_until_stored(dsn: str, wanted: int) -> float:
    """Wait until the database has *wanted* readings or hasn't got any more for a minute; the seconds it took."""
    started = moved = time.monotonic()
    best = -1
    while (count := await count_stored(dsn)) < wanted and time.monotonic() - moved < STALLED_S:
        if count > best:
            best, moved = count, time.monotonic()
        await asyncio.sleep(0.25)
    return time.monotonic() - started


async def count_holes(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM seq_gap"))
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("workers", "kill"),
    [(1, "server"), (2, "server"), (2, "worker")],
    ids=["one worker", "two workers", "one of two workers"],
)
async def test_what_was_acknowledged_is_stored_once_although_everything_dies_now_and_then(
    timescale_cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str], workers: int, kill: str
) -> None:
    names = [f"D{number:0{len(str(SIZE.recorders))}d}" for number in range(1, SIZE.recorders + 1)]
    async with (
        running_backend(timescale_cluster.dsn(), names, tmp_path) as backend,
        Served(tmp_path, backend.settings(), workers=workers) as served,
    ):
        await wait_until_subscribed(backend.dsn, workers)
        scene = Scene(backend, served, timescale_cluster, workers)
        with AcknowledgedLog(tmp_path / "ledger") as ledger:
            result = await scene.play(troubles(workers, kill), ledger)
        promised = acknowledged(tmp_path / "ledger")
        drained_s = await wait_until_stored(backend.dsn, len(promised))
        found = await stored(backend.dsn)
        with capsys.disabled():
            sys.stdout.write(
                f"\n{workers} ingest workers: {len(promised)} messages of {SIZE.recorders} recorders acknowledged in "
                f"{result.seconds:.1f} s; {served.kills} x SIGKILL ({kill}), {backend.server.cuts} cuts (tearing "
                f"{backend.server.torn} + {backend.recorders.torn} connections), database away {SIZE.database_away_s:.0f} s, "
                f"broker restarted {int(workers == 1)} x; "
                f"stored {found.total()}, lost {len(promised.items() - found.keys())}, "
                f"duplicates {found.total() - len(found)}; all in {drained_s:.1f} s after the last acknowledgement\n"
            )
        assert SIZE.messages == result.published
        same(promised.items(), found.keys())
        assert len(promised) == found.total()
        assert 0 == await count_holes(backend.dsn)
        assert (KILLS, CUTS) == (served.kills, backend.server.cuts)


async def test_a_server_that_comes_back_with_fewer_workers_takes_in_what_waits_for_the_others(
    database: str, tmp_path: Path
) -> None:
    names = [f"D{number:02d}" for number in range(1, 21)]
    async with running_backend(database, names, tmp_path) as backend:
        async with Served(tmp_path, backend.settings(), workers=3):
            await wait_until_subscribed(backend.dsn, 3)
        settings = LoadSettings(20, 3000, prefix="D", burst=5, secrets=backend.secrets)
        with AcknowledgedLog(tmp_path / "ledger") as ledger:
            await run_load(settings, BrokerAddress("127.0.0.1", backend.recorders.port), ack_log=ledger)
        promised = acknowledged(tmp_path / "ledger")
        async with Served(tmp_path, backend.settings(), workers=1) as served:
            await wait_until_stored(backend.dsn, len(promised))
            await until(partial(_has_workers, backend.dsn, ["acceptance-1"]))
            assert [] == served.complaints()
        same(promised.items(), (await stored(backend.dsn)).keys())


async def _has_workers(dsn: str, names: list[str]) -> bool:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("SELECT worker FROM ingest_worker ORDER BY worker")
    finally:
        await connection.close()
    return names == [row["worker"] for row in rows]
