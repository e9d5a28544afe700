"""Benchmark: one measurement is a fresh broker, a fresh database, one subscriber and one publisher as processes."""

import asyncio
import json
import os
import secrets
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import asyncpg
from bench.machine import Watch
from services.databases import cloned_database
from services.mosquitto import Mosquitto

Mode = Literal["product", "bare", "ack"]
_HERE: Final = Path(__file__).parent
_ROOT: Final = _HERE.parents[1]
_READY_S: Final = 20.0
_GIVE_UP_S: Final = 120.0


class BenchError(RuntimeError):
    """The measurement didn't come about, or what was stored isn't what was published."""


@dataclass(frozen=True, slots=True)
class Load:
    """What the publishers do: *rate* in messages/s, None for as fast as they are acknowledged.

    *burst* messages of one recorder leave together.
    """

    recorders: int
    messages: int
    rate: float | None = None
    burst: int = 1

    def words(self) -> list[str]:
        """As load.py takes it."""
        rate = [] if self.rate is None else [f"--rate={self.rate}"]
        return [f"--recorders={self.recorders}", f"--messages={self.messages}", f"--burst={self.burst}", *rate]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run; CPU in µs per message, of the subscriber, the broker, the database and the publishers."""

    messages: int
    msg_s: float
    cpu_us: float
    broker_cpu_us: float
    database_cpu_us: float
    publisher_cpu_us: float
    others_cores: float
    p50_ms: float
    p99_ms: float
    most_ms: float
    batch: float
    peak_rss_mb: float


@dataclass(frozen=True, slots=True)
class Stage:
    """A database server with a migrated template in it."""

    server_dsn: str
    template: str

    @contextmanager
    def database(self) -> Iterator[str]:
        """A fresh, migrated database."""
        with cloned_database(self.server_dsn, self.template) as dsn:
            yield dsn


def measure(stage: Stage, mode: Mode, load: Load, dsn: str) -> Measurement:
    """Publish *load* to a subscriber of *mode* that writes to *dsn*. Raises BenchError."""
    expect = load.messages + load.recorders
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto())
        watch = Watch([_pid_of(broker), asyncio.run(_postmaster_pid(stage.server_dsn))])
        group = f"{mode}-{secrets.token_hex(4)}"
        wanted = ["subscriber.py", mode, f"--port={broker.port}", f"--group={group}", f"--expect={expect}"]
        subscriber = stack.enter_context(_process(*wanted, f"--dsn={dsn}", *(["--latency"] if load.rate else [])))
        _await_ready(subscriber)
        with watch:
            publisher = stack.enter_context(_process("load.py", f"--port={broker.port}", *load.words()))
            sent = _result(publisher)
            seen = _result(subscriber)
    if seen["messages"] != expect or sent["acknowledged"] != expect:
        raise BenchError(f"{mode}: {expect} to publish, {sent['acknowledged']} acknowledged, {seen['messages']} seen")
    if mode == "product":
        asyncio.run(check_stored(dsn, expect, load.recorders))
    broker_s, database_s = watch.server_cpu_s
    return Measurement(
        messages=expect,
        msg_s=load.messages / (seen["last_at"] - sent["started_at"]),
        cpu_us=seen["cpu_s"] / expect * 1e6,
        broker_cpu_us=broker_s / expect * 1e6,
        database_cpu_us=database_s / expect * 1e6,
        publisher_cpu_us=sent["cpu_s"] / expect * 1e6,
        others_cores=watch.others_cores,
        p50_ms=seen["p50_ms"],
        p99_ms=seen["p99_ms"],
        most_ms=seen["most_ms"],
        batch=seen["batch"],
        peak_rss_mb=seen["peak_rss_mb"],
    )


@contextmanager
def _process(script: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the benchmark, ended with the block at the latest."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(_ROOT), str(_ROOT / "tests")])}
    with subprocess.Popen(
        [sys.executable, _HERE / script, *arguments],
        stdout=subprocess.PIPE,
        env=environment,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _await_ready(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], _READY_S)
    if not readable or process.stdout.readline() != b"ready\n":
        raise BenchError("the subscriber doesn't start; its words are above")


def _result(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The JSON object that ends what a process says."""
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], _GIVE_UP_S)
    line = process.stdout.readline() if readable else b""
    if not line.startswith(b"{"):
        raise BenchError(f"a process of the benchmark ends without a result: {process.args!r}")
    process.wait()
    result: dict[str, Any] = json.loads(line)
    return result


def _pid_of(broker: Mosquitto) -> int:
    assert broker._process is not None
    return broker._process.pid


async def _postmaster_pid(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"))
    finally:
        await connection.close()


async def check_stored(dsn: str, messages: int, recorders: int) -> None:
    """Raise BenchError unless every message is stored once, and state and spans were kept up with it."""
    connection = await asyncpg.connect(dsn)
    try:
        found = await connection.fetchrow(_KEPT_UP)
    finally:
        await connection.close()
    assert found is not None
    wanted = {
        "stored": messages,
        "seen": messages,
        "boots": recorders,
        "states": recorders,
        "spans": recorders,
        "latest": 0,
        "missing": 0,
    }
    differing = [f"{name} {found[name]} instead of {value}" for name, value in wanted.items() if found[name] != value]
    if differing:
        raise BenchError(f"not kept up: {', '.join(differing)}")


_KEPT_UP: Final = """
SELECT
    (SELECT count(*) FROM presence) + (SELECT count(*) FROM heartbeat) + (SELECT count(*) FROM battery)
        + (SELECT count(*) FROM storage) + (SELECT count(*) FROM recording) + (SELECT count(*) FROM location) AS stored,
    (SELECT sum(seen[2] - seen[1] + 1) FROM recorder_boot) AS seen,
    (SELECT count(*) FROM recorder_boot) AS boots,
    (SELECT count(*) FROM recorder_state WHERE connected) AS states,
    (SELECT count(*) FROM presence_span) AS spans,
    (SELECT count(*) FROM recorder_state JOIN (SELECT recorder_id, max(at) AS at FROM location GROUP BY 1) l USING (recorder_id)
     WHERE location_at <> l.at) AS latest,
    (SELECT count(*) FROM seq_gap) AS missing
"""
