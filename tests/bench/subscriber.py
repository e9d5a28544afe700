"""One subscriber of the benchmark as a process: the product, a bare pipeline, or one that only acknowledges.

    python tests/bench/subscriber.py MODE --port P [--dsn DSN] --expect N

It says `ready` once it is subscribed, stops after N messages, and prints one JSON object about itself.
"""

import argparse
import asyncio
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import asyncpg
import uvloop

from telemetry.app import tune_collector
from telemetry.domain.decode import decode
from telemetry.domain.readings import Reading
from telemetry.domain.topics import uplink_filter
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.session import Mqtt5Session, SessionSettings
from telemetry.ingest.sort import Sorted
from telemetry.ingest.worker import Progress, Session, Worker, WorkerSettings
from telemetry.ingest.writer import Writer
from telemetry.store.pool import Database
from telemetry.store.queries import query

BARE_TABLE = """
CREATE TABLE IF NOT EXISTS bare_reading (
    recorder_id text NOT NULL, ts timestamptz NOT NULL, received_at timestamptz NOT NULL, boot text NOT NULL,
    seq bigint NOT NULL, kind text NOT NULL, a double precision, b double precision, c double precision,
    d double precision, e text, f text, g text, h text, i boolean, j bigint
)
"""
BARE_COLUMNS = (
    *("recorder_id", "ts", "received_at", "boot", "seq", "kind"),
    *("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"),
)


@dataclass(slots=True)
class Seen:
    """What the subscriber measured."""

    messages: int = 0
    first_at: float = 0.0
    last_at: float = 0.0
    cpu_first_s: float = 0.0
    cpu_last_s: float = 0.0
    delays_ms: list[float] = field(default_factory=list)

    def note(self, count: int) -> None:
        now = time.time()
        if not self.first_at:
            self.first_at, self.cpu_first_s = now, time.process_time()
        self.messages += count
        self.last_at, self.cpu_last_s = now, time.process_time()

    def report(self) -> dict[str, float]:
        delays = sorted(self.delays_ms)
        quantile = (lambda share: delays[int(share * (len(delays) - 1))]) if delays else (lambda _: 0.0)
        return {
            "messages": self.messages,
            "first_at": self.first_at,
            "last_at": self.last_at,
            "cpu_us_per_msg": (self.cpu_last_s - self.cpu_first_s) / max(self.messages, 1) * 1e6,
            "p50_ms": quantile(0.50),
            "p99_ms": quantile(0.99),
            "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def ready() -> None:
    print("ready", flush=True)


async def run_product(session: SessionSettings, dsn: str, expect: int, seen: Seen) -> None:
    """The product's own worker, told on by nothing but its hook."""
    database = await Database.open(dsn, prepare=query("intake", "make_stages"))
    done = asyncio.Event()

    def on_stored(batch: Sorted) -> None:
        seen.note(batch.messages)
        now = time.time()
        seen.delays_ms += [
            (now - waiting.ts.timestamp()) * 1000 for boot in batch.boots.values() for waiting in boot[:1] if waiting.body
        ]
        if seen.messages >= expect:
            done.set()

    async def open_session() -> Session:
        opened = await Mqtt5Session.open(session)
        ready()
        return opened

    worker = Worker(open_session, Writer(database), WorkerSettings(), Progress(on_stored=on_stored))
    running = asyncio.create_task(worker.run())
    await done.wait()
    # The acknowledgement follows the commit at once.
    while worker.progress.outcome.stored < expect:
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await database.close()


async def run_loop(session: SessionSettings, expect: int, seen: Seen, store: Callable[[list[Arrival]], Awaitable[None]]) -> None:
    """Take, store, acknowledge; the next batch waits meanwhile, as in the product."""
    opened = await Mqtt5Session.open(session)
    ready()
    while seen.messages < expect:
        if opened.waiting < 512:
            await asyncio.sleep(0.02)
        arrivals = await opened.take(4096, 1.0)
        if not arrivals:
            continue
        await store(arrivals)
        opened.acknowledge(arrivals)
        seen.note(len(arrivals))
    await opened.close()


async def run_bare(session: SessionSettings, dsn: str, expect: int, seen: Seen) -> None:
    """Codec, validation, staged COPY into one table without a thought, acknowledge."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(BARE_TABLE)
    await connection.execute("CREATE UNIQUE INDEX IF NOT EXISTS bare_name ON bare_reading (recorder_id, boot, seq)")
    await connection.execute("CREATE TEMP TABLE stage (LIKE bare_reading) ON COMMIT DELETE ROWS")

    async def store(arrivals: list[Arrival]) -> None:
        rows = []
        for arrival in arrivals:
            decoded = decode(arrival.topic, arrival.payload)
            if isinstance(decoded, Reading):
                rows.append(bare_row(decoded, arrival))
        async with connection.transaction():
            await connection.copy_records_to_table("stage", records=rows, columns=BARE_COLUMNS)
            await connection.execute("INSERT INTO bare_reading SELECT * FROM stage ON CONFLICT DO NOTHING")

    await run_loop(session, expect, seen, store)
    await connection.close()


def bare_row(reading: Reading, arrival: Arrival) -> tuple[object, ...]:
    body = reading.body
    head = (reading.recorder_id, body.ts, arrival.received_at, body.boot, body.seq, reading.kind)
    match reading.kind:
        case "heartbeat":
            return (*head, body.uptime_s, body.rsrp_dbm, None, None, body.network, body.cell, body.sim, body.iccid, None, None)
        case "battery":
            return (*head, body.level_pct, body.voltage_mv, body.temperature_c, None, None, None, None, None, body.charging, None)
        case "location":
            return (*head, body.lat, body.lon, body.speed_mps, body.heading_deg, body.fix, None, None, None, None, None)
        case "storage":
            return (*head, body.total_mb, body.free_mb, None, None, None, None, None, None, None, body.files)
        case _:
            return (*head, None, None, None, None, getattr(body, "state", None), None, None, None, None, None)


async def run_ack_only(session: SessionSettings, expect: int, seen: Seen) -> None:
    """The floor: the same codec, and nothing but acknowledgements."""

    async def store(arrivals: list[Arrival]) -> None:
        pass

    await run_loop(session, expect, seen, store)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["product", "bare", "ack"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dsn", default="")
    parser.add_argument("--expect", type=int, required=True)
    words = parser.parse_args()
    tune_collector()
    session = SessionSettings("127.0.0.1", words.port, f"bench-{words.mode}", uplink_filter(f"bench-{words.mode}"), session_expiry_s=0)
    seen = Seen()
    match words.mode:
        case "product":
            await run_product(session, words.dsn, words.expect, seen)
        case "bare":
            await run_bare(session, words.dsn, words.expect, seen)
        case _:
            await run_ack_only(session, words.expect, seen)
    json.dump(seen.report(), sys.stdout)
    print(flush=True)


if __name__ == "__main__":
    uvloop.run(main())
