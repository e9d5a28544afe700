"""One subscriber of the benchmark as a process: the product, a bare pipeline, or one that only acknowledges.

    python tests/bench/subscriber.py MODE --port P --group G --expect N [--dsn DSN] [--latency]

It says `ready` once it is subscribed, stops after N messages, and prints one JSON object about itself. Its session
and its share of the subscription end with it: one left behind would be sent messages that nobody takes.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import uvloop
from bench.parent_death import end_with_parent

from telemetry.domain import messages as m
from telemetry.domain.decode import decode
from telemetry.domain.readings import Reading
from telemetry.domain.topics import uplink_filter
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.garbage_collection import tune_collector
from telemetry.ingest.session import Mqtt5Session, SessionSettings
from telemetry.ingest.sort import Sorted
from telemetry.ingest.worker import Progress, Session, Worker, WorkerSettings
from telemetry.ingest.writer import Writer
from telemetry.logs import configure_logs
from telemetry.settings import LogSettings
from telemetry.store.pool import Database
from telemetry.store.queries import query

BARE_TABLE = """
CREATE TABLE bare_reading (
    recorder_id text NOT NULL, ts timestamptz NOT NULL, received_at timestamptz NOT NULL, boot text NOT NULL,
    seq bigint NOT NULL, kind text NOT NULL, a double precision, b double precision, c double precision,
    d double precision, e text, f text, g text, h text, i boolean, j bigint
);
SELECT create_hypertable('bare_reading', by_range('ts', INTERVAL '1 day'), create_default_indexes => false);
CREATE UNIQUE INDEX ON bare_reading (recorder_id, ts, seq);
CREATE TEMPORARY TABLE stage (LIKE bare_reading) ON COMMIT DELETE ROWS;
"""
"""As of stack-notes: sixteen columns in a hypertable, and the unique index that makes its inserts idempotent."""
BARE_COLUMNS = (
    *("recorder_id", "ts", "received_at", "boot", "seq", "kind"),
    *("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"),
)
CUT = WorkerSettings()
WARM_UP_S = 2.0
"""Delays count from then on: before, every boot is new, and the first chunks are made."""


@dataclass(slots=True)
class Seen:
    """What the subscriber measured; CPU counts from `ready` on."""

    messages: int = 0
    last_at: float = 0.0
    cpu_from_s: float = 0.0
    cpu_s: float = 0.0
    batches: int = 0
    counts_from: float = 0.0
    delays_ms: list[float] = field(default_factory=list)

    def ready(self) -> None:
        self.cpu_from_s = time.process_time()
        sys.stdout.write("ready\n")
        sys.stdout.flush()

    def note(self, count: int) -> None:
        self.messages += count
        self.batches += 1
        self.last_at = time.time()
        self.cpu_s = time.process_time() - self.cpu_from_s

    def report(self) -> dict[str, float]:
        delays = sorted(self.delays_ms) or [0.0]
        return {
            "messages": self.messages,
            "last_at": self.last_at,
            "cpu_s": self.cpu_s,
            "batch": self.messages / max(self.batches, 1),
            "p50_ms": delays[int(0.50 * (len(delays) - 1))],
            "p99_ms": delays[int(0.99 * (len(delays) - 1))],
            "most_ms": delays[-1],
            "peak_rss_mb": peak_rss_mb(),
        }


def peak_rss_mb() -> float:
    """The most that this process held; getrusage(2) would begin with what its parent held when it forked."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


async def run_product(session: SessionSettings, dsn: str, expect: int, seen: Seen, *, latency: bool) -> None:
    """The product's own worker, which tells of each batch once it is committed."""
    database = await Database.open(dsn, prepare=query("intake", "make_stages"))
    done = asyncio.Event()

    def on_stored(batch: Sorted) -> None:
        seen.note(batch.messages)
        if latency:
            now = time.time()
            seen.counts_from = seen.counts_from or now + WARM_UP_S
            sent = (pending.ts.timestamp() for waiting in batch.boots.values() for pending in waiting)
            seen.delays_ms += [(now - moment) * 1000 for moment in sent if moment > seen.counts_from]
        if seen.messages >= expect:
            done.set()

    async def open_session() -> Session:
        opened = await Mqtt5Session.open(session)
        seen.ready()
        return opened

    worker = Worker(open_session, Writer(database), CUT, Progress(on_stored=on_stored))
    running = asyncio.create_task(worker.run())
    await done.wait()
    # The acknowledgement follows the commit at once.
    while worker.progress.outcome.stored < expect:  # noqa: ASYNC110 - no event tells of it, and it is a turn of the loop
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await database.close()


async def run_bare(session: SessionSettings, dsn: str, expect: int, seen: Seen) -> None:
    """Codec, validation, staged COPY into one table without a thought, acknowledge."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(BARE_TABLE)

    async def store(arrivals: list[Arrival]) -> None:
        rows = []
        for arrival in arrivals:
            decoded = decode(arrival.topic, arrival.payload)
            assert isinstance(decoded, Reading), decoded
            rows.append(bare_row(decoded, arrival))
        async with connection.transaction():
            await connection.copy_records_to_table("stage", records=rows, columns=BARE_COLUMNS)
            await connection.execute("INSERT INTO bare_reading SELECT * FROM stage ON CONFLICT DO NOTHING")

    await run_loop(session, expect, seen, store)
    await connection.close()


async def run_ack_only(session: SessionSettings, expect: int, seen: Seen) -> None:
    """The floor: the same codec, and nothing but acknowledgements."""

    async def store(_arrivals: list[Arrival]) -> None:
        pass

    await run_loop(session, expect, seen, store)


async def run_loop(
    session: SessionSettings, expect: int, seen: Seen, store: Callable[[list[Arrival]], Awaitable[None]]
) -> None:
    """Take, store, acknowledge, in batches cut as the product cuts them."""
    opened = await Mqtt5Session.open(session)
    seen.ready()
    while seen.messages < expect:
        if opened.waiting < CUT.batch_least:
            await asyncio.sleep(CUT.linger_s)
        arrivals = await opened.take(CUT.batch_limit, 1.0)
        if arrivals:
            await store(arrivals)
            opened.acknowledge(arrivals)
            seen.note(len(arrivals))
    await opened.close()


def bare_row(reading: Reading, arrival: Arrival) -> tuple[object, ...]:
    """The columns of `bare_reading`, whatever the kind."""
    body = reading.body
    assert not isinstance(body, m.PresenceWill)
    head = (reading.recorder_id, body.ts, arrival.received_at, body.boot, body.seq, reading.kind)
    match body:
        case m.Heartbeat():
            words = (body.network, body.cell, body.sim, body.iccid)
            return (*head, body.uptime_s, body.rsrp_dbm, None, None, *words, None, None)
        case m.Battery():
            numbers = (body.level_pct, body.voltage_mv, body.temperature_c)
            return (*head, *numbers, None, None, None, None, None, body.charging, None)
        case m.Location():
            return (*head, body.lat, body.lon, body.speed_mps, body.heading_deg, body.fix, None, None, None, None, None)
        case m.Storage():
            return (*head, body.total_mb, body.free_mb, None, None, None, None, None, None, None, body.files)
        case m.Recording():
            return (*head, None, None, None, None, body.state, body.file_id, body.trigger, None, None, None)
        case _:
            return (*head, *(None,) * 10)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["product", "bare", "ack"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--group", required=True)
    parser.add_argument("--expect", type=int, required=True)
    parser.add_argument("--dsn", default="")
    parser.add_argument("--latency", action="store_true")
    words = parser.parse_args()
    end_with_parent()
    configure_logs(LogSettings(level="warning"))
    tune_collector()
    session = SessionSettings(
        "127.0.0.1", words.port, f"bench-{words.group}", uplink_filter(words.group), session_expiry_s=0
    )
    seen = Seen()
    match words.mode:
        case "product":
            await run_product(session, words.dsn, words.expect, seen, latency=words.latency)
        case "bare":
            await run_bare(session, words.dsn, words.expect, seen)
        case _:
            await run_ack_only(session, words.expect, seen)
    sys.stdout.write(json.dumps(seen.report()) + "\n")


if __name__ == "__main__":
    uvloop.run(main())
