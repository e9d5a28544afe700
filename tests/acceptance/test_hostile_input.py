"""Hostile messages between good ones, through the running program: all good ones stored, all bad ones kept with a reason."""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from random import Random

import asyncpg
import pytest
from backend import IS_FULL, Name, acknowledged, stored, until, wait_until_subscribed
from hostile_corpus import TWO_MEGABYTES, Hostile, hostile_messages, is_publishable
from large_sets import same
from publisher import Publisher
from served import Served
from services.mosquitto import Mosquitto

from device_sim.transport.acknowledged_log import AcknowledgedLog
from device_sim.transport.load_generator import LoadSettings, run_load
from device_sim.transport.mqtt5_client import BrokerAddress
from telemetry.domain.topics import is_downlink
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.sort import NAMELESS, sort_arrivals

pytestmark = pytest.mark.slow

HOSTILE = 20_000 if IS_FULL else 2_000
GOOD = LoadSettings(50, HOSTILE, rate=2_000 if IS_FULL else 500, prefix="G")
SEED = 20_261_124

RejectionKey = tuple[str, bytes]


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    """One without rules, so that anybody can publish anything, and without other tests' recorders."""
    with Mosquitto() as mosquitto:
        yield mosquitto


@dataclass(slots=True)
class Expected:
    """What should be in the database of the hostile messages."""

    rejections: Counter[RejectionKey] = field(default_factory=Counter)
    names: set[Name] = field(default_factory=set)
    wills: set[tuple[str, str]] = field(default_factory=set)
    replies: set[tuple[str, str]] = field(default_factory=set)

    def add(self, topic: str, payload: bytes) -> None:
        sorted_out = sort_arrivals([Arrival(topic, payload, datetime.now(UTC))])
        self.rejections.update((one.rejection.topic, one.rejection.sha256) for one in sorted_out.rejections)
        self.replies |= {(recorder_id, command_id) for recorder_id, command_id, *_ in sorted_out.replies}
        for (recorder_id, boot), waiting in sorted_out.boots.items():
            for pending in waiting:
                if pending.partial is not None:
                    self.rejections[pending.partial.topic, pending.partial.sha256] += 1
                if pending.seq is None:
                    self.wills.add((recorder_id, boot))
                elif pending.body is not None and not boot.startswith(NAMELESS):
                    self.names.add((recorder_id, boot, pending.seq))


def chosen() -> list[Hostile]:
    """What MQTT lets through of the corpus, with a body of 2 MB in every thousand at least."""
    some = (message for message in hostile_messages(SEED) if is_publishable(message.topic))
    huge = (m for m in hostile_messages(SEED + 1) if is_publishable(m.topic) and len(m.payload) >= TWO_MEGABYTES)
    hostile = [*islice(huge, HOSTILE // 1000), *islice(some, HOSTILE - HOSTILE // 1000)]
    Random(SEED).shuffle(hostile)
    return hostile


def is_heard(topic: str) -> bool:
    """Whether the server subscribes to *topic* and takes it for a recorder's word."""
    return f"{topic}/".startswith("recorder/v1/") and not is_downlink(topic)


async def kept_rejections(dsn: str) -> tuple[dict[RejectionKey, int], set[str], int]:
    """Rejections by topic and SHA-256 with their counts, their codes, and how many have no reason."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("SELECT topic, sha256, code, reason, count FROM rejection")
    finally:
        await connection.close()
    counts = {(row["topic"], row["sha256"]): row["count"] for row in rows}
    return counts, {row["code"] for row in rows}, sum(not row["reason"] for row in rows)


async def pairs(dsn: str, query: str) -> set[tuple[str, str]]:
    connection = await asyncpg.connect(dsn)
    try:
        return {(row[0], row[1]) for row in await connection.fetch(query)}
    finally:
        await connection.close()


async def test_hostile_messages_change_nothing_for_the_good_ones_and_are_all_kept_with_a_reason(
    database: str, broker: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = chosen()
    expected = Expected()
    for message in hostile:
        if is_heard(message.topic):
            expected.add(message.topic, message.payload)
    address = BrokerAddress(broker.host, broker.port)
    environment = {
        "DATABASE__URL": database,
        "BROKER__HOST": broker.host,
        "BROKER__PORT": str(broker.port),
        "BROKER__TLS": "false",
        "INGEST__NAME": "hostile",
        "HTTP__PORT": "0",
    }
    async with Served(tmp_path, environment) as served:
        await wait_until_subscribed(database, 1)
        pid = served.pid
        publisher = Publisher()
        with AcknowledgedLog(tmp_path / "ledger") as ledger:
            good, _ = await asyncio.gather(
                run_load(GOOD, address, ack_log=ledger),
                publisher.publish(address, ((message.topic, message.payload) for message in hostile)),
            )
        promised = acknowledged(tmp_path / "ledger").keys() | expected.names

        async def is_settled() -> bool:
            connection = await asyncpg.connect(database)
            try:
                kept = await connection.fetchval("SELECT coalesce(sum(count), 0) FROM rejection")
            finally:
                await connection.close()
            return bool(kept >= expected.rejections.total() and len(await stored(database)) >= len(promised))

        await until(is_settled)
        rejections, codes, without_reason = await kept_rejections(database)
        # What only a hash names is named by its arrival, too.
        found = Counter({key: count for key, count in (await stored(database)).items() if NAMELESS not in key[0][1]})
        with capsys.disabled():
            sys.stdout.write(
                f"\n{publisher.acknowledged} hostile messages ({sum(len(m.payload) for m in hostile) / 2**20:.0f} MB, "
                f"the longest of {max(len(m.payload) for m in hostile)} bytes) between {good.acknowledged} good ones in "
                f"{good.seconds:.1f} s: {found.total()} readings stored, {sum(rejections.values())} rejections in "
                f"{len(rejections)} rows ({', '.join(sorted(codes))}), {len(expected.replies)} replies\n"
            )
        assert HOSTILE == publisher.acknowledged
        same(promised, {name for name, _ in found})
        assert len(promised) == found.total()
        assert expected.rejections == rejections
        assert 0 == without_reason
        assert {"topic", "kind", "too_large", "not_json", "schema", "partial"} == codes
        assert expected.wills == await pairs(database, "SELECT recorder_id, boot FROM presence WHERE seq IS NULL")
        assert expected.replies == await pairs(database, "SELECT recorder_id, command_id FROM command_reply")
        assert (pid, 1) == (served.pid, served.starts)
        assert [] == served.complaints()
