"""The watchdog tells the engineers what stands still, also when database, senders or the server's own loop do."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
import pytest_asyncio
from pydantic import SecretStr
from structlog.testing import capture_logs

from alerts.evaluation.engine import Evaluator
from alerts.notices.channels.channel import Answer, Channel, Message, Refused, Sent
from alerts.notices.channels.webhook import WebhookSettings
from alerts.notices.sender import Sender
from alerts.notices.settings import NoticeSettings
from telemetry.app import _every
from telemetry.cli.checks import check_edges
from telemetry.domain.clock import wall_now
from telemetry.domain.errors import DatabaseUnavailableError
from telemetry.domain.heartbeats import Heartbeats
from telemetry.health.look import OwnParts, find_faults
from telemetry.health.telling import OVER_S, STOOD_S
from telemetry.settings import BrokerSettings, DatabaseSettings, HttpSettings
from telemetry.settings_tree import Settings
from telemetry.store.pool import Database
from telemetry.watchdog import Watchdog, beat_of_loop, run_apart_from_loop
from telemetry.web.server import serving_http

SETTINGS: Final = NoticeSettings(
    engineers=("console", "hook"),
    channels={"hook": WebhookSettings(kind="webhook", url="https://hook.example/in", secret="s" * 32)},
)
WORKER: Final = (
    "INSERT INTO ingest_worker (worker, updated_at, connected, received, stored, duplicates, rejected, batches,"
    " reconnects, lag_s, memory_mb, fault, held_s, shared)"
    " VALUES ($1, now() - make_interval(secs => $2), true, 0, 0, 0, 0, 0, 0, 0, 0, NULL, 0, $3)"
)
WELL: Final = ("a-1", 0.0, False)
MISSED: Final = ("a-1", 30.0, True)
"""A worker by name, age of its report and whether it shares the load."""
OPEN: Final = "SELECT array_agg(part ORDER BY part) FROM standstill WHERE ends_at IS NULL"
TOLD: Final = "SELECT message->>'text' FROM notice ORDER BY notice_id"


class HandClock:
    """A monotonic clock that a test moves."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Hook:
    """The engineers' channel: what arrived, and what it answers."""

    arrived: list[Message] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    async def send(self, message: Message, to: str) -> Answer:  # noqa: ARG002
        answer = self.answers.pop(0) if self.answers else Sent()
        if isinstance(answer, Sent):
            self.arrived.append(message)
        return answer


@pytest_asyncio.fixture
async def opened(database: str) -> AsyncIterator[Database]:
    opened = await Database.open(database)
    yield opened
    await opened.close()


async def ask(database: Database, sql: str, *values: Any) -> Any:
    async with database.connection() as connection:
        return await connection.fetchval(sql, *values)


async def told(database: Database) -> list[str]:
    async with database.connection() as connection:
        return [row[0] for row in await connection.fetch(TOLD)]


def watchdog(database: Database, hook: Channel, server: str = "a", clock: HandClock | None = None) -> Watchdog:
    own = OwnParts(server, Heartbeats(clock or HandClock()))
    return Watchdog(database, SETTINGS, {"hook": hook}, own)


async def look_until_told(dog: Watchdog, start_s: float = 0.0) -> float:
    """Look as often as a fault must have stood; when the last look was."""
    await dog.look(start_s)
    await dog.look(start_s + STOOD_S)
    return start_s + STOOD_S


async def test_a_part_that_stands_still_is_told_once_by_the_queue_and_told_when_it_works_again(
    opened: Database,
) -> None:
    await ask(opened, WORKER, *WELL)
    clock, hook = HandClock(), Hook()
    dog = watchdog(opened, hook, clock=clock)
    dog.own.heartbeats.works("plan", 60.0)
    dog.own.heartbeats.works("server", 600.0)
    await look_until_told(dog)
    assert [] == await told(opened)
    clock.now_s = 70.0
    at_s = await look_until_told(dog, 30.0)
    await dog.look(at_s + 10)
    (console, queued) = await told(opened)
    assert console == queued
    assert "通知生成（a）：停止工作（no sign of work for 70 s）" in queued
    assert [] == hook.arrived
    clock.now_s = 71.0
    dog.own.heartbeats.works("plan", 60.0)
    await ask(opened, "UPDATE fault_told SET seen_at = now() - make_interval(secs => $1)", OVER_S + 1)
    await dog.look(at_s + 20 + OVER_S)
    assert "通知生成（a）：停止工作，已恢复" in (await told(opened))[-1]
    assert 0 == await ask(opened, "SELECT count(*) FROM fault_told")


async def test_while_senders_hang_the_engineers_are_told_by_their_channel_itself(opened: Database) -> None:
    await ask(opened, WORKER, *WELL)
    await ask(
        opened,
        "INSERT INTO notice (person, urgent, created_at, message, routes, state, next_at)"
        " VALUES ('P1', false, now(), '{}', '[]', 'queued', now() - INTERVAL '65 s')",
    )
    hook = Hook(answers=[Refused("busy", "later")])
    dog = watchdog(opened, hook)
    at_s = await look_until_told(dog)
    assert [] == hook.arrived
    await dog.look(at_s + 10)
    await dog.look(at_s + 20)
    (message,) = hook.arrived
    assert "通知发送：通知积压" in message.text
    assert message.is_urgent
    assert "65 s" not in message.public_text
    assert [("post:engineers", "sent")] == [
        tuple(row) for row in await rows(opened, "SELECT person, state FROM notice WHERE person <> 'P1'")
    ]


async def rows(database: Database, sql: str) -> list[Any]:
    async with database.connection() as connection:
        return await connection.fetch(sql)


async def test_without_the_database_each_fault_is_told_once_by_the_channel_itself() -> None:
    database = await Database.open("postgresql://nobody@127.0.0.1:1/nothing")
    hook = Hook()
    dog = watchdog(database, hook)
    at_s = await look_until_told(dog)
    await dog.look(at_s + 10)
    (message,) = hook.arrived
    assert "数据库：无法连接" in message.text
    await database.close()


async def test_of_two_servers_one_tells(opened: Database) -> None:
    hook = Hook()
    first, second = watchdog(opened, hook, "a"), watchdog(opened, hook, "b")
    for at_s in (0.0, STOOD_S):
        await first.look(at_s)
        await second.look(at_s)
    assert 2 == len(await told(opened)), "the console's and the queued one, of one server"


async def test_another_server_s_part_is_seen_to_stand_still(opened: Database) -> None:
    await ask(opened, WORKER, *WELL)
    dog = watchdog(opened, Hook(), "b")
    dog.own.heartbeats.works("send", 60.0)
    await dog.look(0.0)
    assert [] == [fault.place for fault in await find_faults(opened) if not fault.is_warning]
    await ask(opened, "UPDATE part_beat SET written_at = now() - INTERVAL '75 s'")
    (fault,) = [fault for fault in await find_faults(opened, OwnParts("a")) if not fault.is_warning]
    assert ("send.b", "part_silent") == (fault.place, fault.code)
    assert 74 < (fault.silent_s or 0) < 90


@pytest.mark.parametrize(
    ("silent", "other", "expected"),
    [
        (("a-1", 30.0, False), None, ["ingest/a-1"]),
        (("a-1", 5.0, False), None, None),
        (("a-1", 30.0, False), ("b-1", 0.0, False), None),
        (("a-1", 30.0, True), ("b-1", 0.0, True), ["ingest/a-1"]),
        (("a-1", 8 * 86_400.0, True), ("b-1", 0.0, True), None),
    ],
    ids=["alone", "a pause", "another takes everything in", "its share is missed", "gone for good"],
)
async def test_the_silence_of_a_worker_that_is_missed_is_a_standstill(
    opened: Database, silent: tuple[Any, ...], other: tuple[Any, ...] | None, expected: list[str] | None
) -> None:
    for worker in filter(None, (silent, other)):
        await ask(opened, WORKER, *worker)
    dog = watchdog(opened, Hook())
    await dog.look(0.0)
    await dog.look(10.0)
    assert expected == await ask(opened, OPEN)
    if expected is not None:
        assert 30 == await ask(opened, "SELECT round(extract(epoch FROM now() - starts_at))::int FROM standstill")
        assert 1 == await ask(opened, "SELECT count(*) FROM standstill")


async def test_the_standstill_of_a_worker_that_is_gone_for_good_ends(opened: Database) -> None:
    await ask(opened, WORKER, *MISSED)
    dog = watchdog(opened, Hook())
    await dog.look(0.0)
    assert ["ingest/a-1"] == await ask(opened, OPEN)
    await ask(opened, "UPDATE ingest_worker SET updated_at = now() - INTERVAL '8 days'")
    await dog.look(10.0)
    assert await ask(opened, OPEN) is None


async def test_the_watchdog_goes_on_while_the_server_s_loop_hangs_and_ends_with_it() -> None:
    looked = threading.Event()
    ended: list[datetime] = []

    async def work() -> None:
        try:
            await asyncio.sleep(0)
            looked.set()
            await asyncio.Event().wait()
        finally:
            ended.append(datetime.now(UTC))

    running = asyncio.create_task(run_apart_from_loop(work))
    await asyncio.sleep(0)
    # The loop hangs here until the thread has worked.
    assert looked.wait(30)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()
    assert 1 == len(ended)


async def test_a_fault_of_the_watchdog_reaches_who_runs_it() -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        await run_apart_from_loop(work)


async def test_the_loop_shows_that_it_turns() -> None:
    beats = Heartbeats(HandClock())
    running = asyncio.create_task(beat_of_loop(beats))
    await asyncio.sleep(0)
    assert ["server"] == [beat.part for beat in beats.beats()]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_metrics_and_healthz_tell_of_faults_without_the_database() -> None:
    clock = HandClock()
    beats = Heartbeats(clock)
    beats.works("send", 60.0)
    clock.now_s = 70.0
    database = await Database.open("postgresql://nobody@127.0.0.1:1/nothing")
    async with (
        serving_http(HttpSettings(port=0), database, own=OwnParts("a", beats)) as (host, port),
        aiohttp.ClientSession(f"http://{host}:{port}") as client,
    ):
        async with client.get("/healthz") as answer:
            assert 503 == answer.status
            faults = json.loads(await answer.text())["faults"]
        assert {"database": "out of reach", "send.a": "no sign of work for 70 s"} == faults
        async with client.get("/metrics") as answer:
            text = await answer.text()
        assert 'recorder_fleet_fault{code="part_silent",grade="fault",place="send.a"} 1.0' in text
        assert 'recorder_fleet_fault{code="database",grade="fault",place="database"} 1.0' in text
        assert 'recorder_fleet_part_silent_s{part="send"} 70.0' in text
    await database.close()


async def test_rules_and_senders_that_fail_each_time_show_no_sign_of_work() -> None:
    database = await Database.open("postgresql://nobody@127.0.0.1:1/nothing")
    worked: list[str] = []
    evaluator = Evaluator(database, name="a", works=lambda: worked.append("evaluate"))
    sender = Sender(database, {}, NoticeSettings(), wall_now, "a", works=lambda: worked.append("send"))
    with capture_logs() as said:
        running = [asyncio.create_task(evaluator.run()), asyncio.create_task(sender.run(asyncio.Event(), idle_s=0.01))]
        async with asyncio.timeout(60):
            while not {"evaluation_waits", "notices wait for the database"} <= {each["event"] for each in said}:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    assert [] == worked
    await database.close()


async def test_rules_and_senders_that_work_show_it(opened: Database) -> None:
    evaluated, sent = asyncio.Event(), asyncio.Event()
    evaluator = Evaluator(opened, name="a", works=evaluated.set)
    sender = Sender(opened, {}, NoticeSettings(), wall_now, "a", works=sent.set)
    running = [asyncio.create_task(evaluator.run()), asyncio.create_task(sender.run(asyncio.Event(), idle_s=0.01))]
    async with asyncio.timeout(60):
        await evaluated.wait()
        await sent.wait()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def test_a_job_that_fails_or_hangs_is_a_fault_until_it_works() -> None:
    clock = HandClock()
    beats = Heartbeats(clock)
    began, failed, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> int:
        began.set()
        await failed.wait()
        if not go_on.is_set():
            raise DatabaseUnavailableError("no rights")
        return 0

    running = asyncio.create_task(_every(beats, 0.01, "roll_up", work))
    await began.wait()
    clock.now_s = 100.0
    assert [("roll_up", True, None)] == [(each.part, each.due_in_s < 0, each.fault) for each in beats.beats()]
    failed.set()
    async with asyncio.timeout(60):
        while beats.beats()[0].fault is None:  # noqa: ASYNC110 - an attribute, which wakes nobody
            await asyncio.sleep(0.01)
        assert "no rights" == beats.beats()[0].fault
        go_on.set()
        while beats.beats()[0].fault is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_database_that_hangs_is_out_of_reach_within_seconds() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    database = await Database.open(f"postgresql://nobody@{host}:{port}/nothing")
    (fault,) = await find_faults(database)
    assert ("database", "no answer within 5 s") == (fault.code, fault.text)
    server.close()
    await database.close()


async def test_check_tells_of_another_server_s_part_and_of_the_database_s_disk(database: str, tmp_path: Path) -> None:
    opened = await Database.open(database)
    await ask(
        opened,
        "INSERT INTO part_beat (server, part, written_at, silent_s, due_in_s)"
        " VALUES ('b', 'send', now(), 90, -30), ('b', 'plan', now(), 1, 59)",
    )
    seen = DatabaseSettings(url=SecretStr(database), disk=tmp_path)
    settings = Settings(database=seen, broker=BrokerSettings(port=1, tls=False))
    edges = {edge.name: edge for edge in await check_edges(settings)}
    assert "no sign of work for 90 s" == edges["send.b"].fault
    assert "parts" not in edges
    assert edges["disk"].warning is None
    assert " MB free" in edges["disk"].detail + (edges["disk"].fault or "")
    await ask(opened, "DELETE FROM part_beat")
    hidden = settings.model_copy(update={"database": DatabaseSettings(url=SecretStr(database), disk=Path("/no/such"))})
    edges = {edge.name: edge for edge in await check_edges(hidden)}
    assert "every part of every server works" == edges["parts"].detail
    assert "can't be seen from here" in (edges["disk"].warning or "")
    await opened.close()
