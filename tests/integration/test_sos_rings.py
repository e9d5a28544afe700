"""An SOS rings: the calls of a recorder are one alarm until a person answers, and the next call is a new one."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standins.incident_scene import MONDAY, Weekdays, actor, committed
from standins.notice_scene import settings as notice_settings
from standins.squad import LONG_BEFORE, OFFICERS, UNITS
from store_scene import Device

from alerts.evaluation.engine import tick
from alerts.facts.load import Loaded, put_facts
from alerts.incidents.actions import Action
from alerts.incidents.actors import CHANGED
from alerts.incidents.human_actions import act
from alerts.notices.planner import plan_notices
from alerts.rules.sos import RULE
from alerts.workflow import Refusal
from telemetry.ingest.arrival import Arrival
from telemetry.ingest.writer import Writer
from telemetry.records.incidents import IncidentRow
from telemetry.store.backtest import filling
from telemetry.store.evaluation import Questions
from telemetry.store.pool import Database

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
CENTRE = actor("command_centre")
ANSWERS: tuple[Action, ...] = ("acknowledge", "resolve")
MIGRATION = Path(__file__).parents[2] / "sql/migrations/0081_sos_calls.sql"


@dataclass
class Scene:
    """A bureau whose recorders call for help, by a clock that the test sets."""

    database: Database
    now: datetime = MONDAY
    seqs: dict[str, int] = field(default_factory=dict)

    def call(self, recorder_id: str = "R1", at: datetime | None = None) -> Arrival:
        """A call; one made earlier comes in a backlog."""
        seq = self.seqs[recorder_id] = self.seqs.get(recorder_id, 0) + 2
        device = Device(recorder_id)
        if at is None:
            return device.send("event", seq, self.now, self.now, type="sos")
        return device.backlog(seq + 1, self.now - SECOND, device.payload(seq, at, kind="event", type="sos"))

    async def hear(self, *arrivals: Arrival) -> None:
        """Store *arrivals*, then tick and plan."""
        await self.store(*arrivals)
        await self.tick()

    async def store(self, *arrivals: Arrival) -> None:
        await Writer(self.database).write(arrivals)

    async def tick(self) -> None:
        self.now += 2 * SECOND
        await tick(self.database, self.now)
        await plan_notices(self.database, notice_settings(), self.now)
        await self.fetch("UPDATE notice SET state = 'sent', sent_at = $1 WHERE state = 'queued'", self.now)

    async def answer(self, action: Action, recorder_id: str = "R1", seen: int | None = None) -> IncidentRow | Refusal:
        """Answer the recorder's open alarm, by default whichever version was *seen*."""
        [row] = await self.fetch(
            "SELECT incident_id FROM incident WHERE rule = 'sos' AND status = 'open' AND recorder_id = $1", recorder_id
        )
        self.now += SECOND
        return await committed(
            self.database, act, row["incident_id"], action, CENTRE, "已处置", expected_version=seen, now=self.now,
            calendar=Weekdays(),
        )  # fmt: skip

    async def fetch(self, sql: str, *arguments: Any) -> list[dict[str, Any]]:
        async with self.database.connection() as connection:
            return [dict(row) for row in await connection.fetch(sql, *arguments)]

    async def alarms(self, recorder_id: str = "R1") -> list[tuple[str, int]]:
        """Status and number of calls of each alarm, oldest first."""
        rows = await self.fetch(
            "SELECT status, (evidence #>> '{facts,calls}')::integer AS calls FROM incident "
            "WHERE rule = 'sos' AND recorder_id = $1 ORDER BY detected_at",
            recorder_id,
        )
        return [(row["status"], row["calls"]) for row in rows]

    async def headlines(self) -> list[str]:
        return [
            row["key"]
            for row in await self.fetch("SELECT evidence ->> 'key' AS key FROM incident ORDER BY detected_at")
        ]

    async def notices(self, person: str = "P0001") -> list[str]:
        """What a person was told, in order."""
        rows = await self.fetch(
            "SELECT message ->> 'text' AS text FROM notice WHERE person = $1 ORDER BY notice_id", person
        )
        return [row["text"] for row in rows]


@asynccontextmanager
async def scene(dsn: str, recorders: Sequence[str] = ("R1",)) -> AsyncIterator[Scene]:
    async with filling(dsn) as database:
        registered = [{"id": name, "unit_id": "U04", "model": "X"} for name in recorders]
        facts: list[tuple[Any, list[dict[str, Any]]]] = [
            ("units", UNITS),
            ("officers", OFFICERS),
            ("recorders", registered),
        ]
        for collection, elements in facts:
            assert isinstance(await put_facts(database, collection, elements, "test", LONG_BEFORE), Loaded)
        yield Scene(database)


@pytest.mark.parametrize("answer", ANSWERS)
async def test_a_call_after_a_persons_answer_is_a_new_alarm_with_its_own_notices(
    plain_database: str, answer: Action
) -> None:
    async with scene(plain_database) as s:
        await s.hear(s.call())
        await s.answer(answer)
        s.now += MINUTE
        await s.hear(s.call())
        assert [("acknowledged" if answer == "acknowledge" else "resolved", 1), ("open", 1)] == await s.alarms()
        told = [[text[:7] for text in await s.notices(person)] for person in ("P0001", "P0003")]
        assert [["【SOS求助】"] * 2] * 2 == told
        assert 4 == len(await s.notices("post:command_centre")), "console and siren, twice"


async def test_calls_before_an_answer_are_one_alarm_with_their_number_and_last_time(plain_database: str) -> None:
    async with scene(plain_database) as s:
        for _ in range(3):
            s.now += 5 * MINUTE
            await s.hear(s.call())
        assert [("open", 3)] == await s.alarms()
        assert ["R1于3月2日10:05发出SOS求助，共3次，最近一次3月2日10:15。"] == await s.headlines()
        assert ["【SOS求助】"] == [text[:7] for text in await s.notices()]


async def test_a_call_half_a_day_after_the_last_one_is_a_new_alarm(plain_database: str) -> None:
    async with scene(plain_database) as s:
        await s.hear(s.call())
        s.now += timedelta(hours=11)
        await s.hear(s.call())
        s.now += timedelta(hours=13)
        await s.hear(s.call())
        s.now += MINUTE
        await s.hear(s.call())
        assert [("open", 2), ("open", 2)] == await s.alarms()


async def test_calls_of_an_alarm_that_nobody_answers_are_told_again_after_half_an_hour(plain_database: str) -> None:
    async with scene(plain_database) as s:
        await s.hear(s.call())
        for _ in range(13):
            s.now += 5 * MINUTE
            await s.hear(s.call())
        told = await s.notices()
        assert [("open", 14)] == await s.alarms()
        assert 3 == len(told), "at once, after 30 and after 60 minutes"
        assert not [text for text in told if "更新" in text]
        assert "共13次" in told[-1]


async def test_the_same_call_rings_once_whatever_is_delivered_or_judged_again(plain_database: str) -> None:
    async with scene(plain_database) as s:
        call = s.call()
        await s.hear(call)
        await s.answer("resolve")
        s.now += 10 * MINUTE
        await s.hear(call)
        await s.fetch(
            "INSERT INTO reading_change (recorder_id, kind, from_at, to_at) VALUES ('R1', 'event', $1, $2)",
            MONDAY - MINUTE,
            s.now,
        )
        await s.tick()
        await tick(s.database, s.now + SECOND, is_first=True)
        assert [("resolved", 1)] == await s.alarms()
        assert 1 == len(await s.notices())


async def test_a_call_that_a_tick_finds_after_the_answer_rings_though_it_was_made_before(plain_database: str) -> None:
    async with scene(plain_database) as s:
        await s.hear(s.call())
        await s.store(s.call())
        await s.answer("acknowledge")
        await s.hear(s.call(at=s.now - 5 * MINUTE))
        assert [("acknowledged", 1), ("open", 2)] == await s.alarms()
        assert 2 == len(await s.notices())


async def test_ticks_after_each_call_conclude_what_one_tick_does(plain_database: str) -> None:
    async with scene(plain_database, ["R1", "R2"]) as s:
        waiting = []
        for ago in (0, 40, 3, 90):
            s.now += 11 * MINUTE
            made = s.now - ago * MINUTE if ago else None
            waiting.append(s.call("R2", made))
            await s.hear(s.call("R1", made))
            s.now -= 2 * SECOND
        await s.hear(*waiting)
        often, once = await s.fetch(
            "SELECT starts_at, replace(evidence ->> 'key', recorder_id, '') AS said, evidence #- '{facts,called_at}' #- '{key}' "
            "FROM incident ORDER BY recorder_id"
        )
        assert "共4次" in often["said"]
        assert often == once


async def test_an_alarm_can_be_answered_while_its_device_goes_on_calling(plain_database: str) -> None:
    async with scene(plain_database) as s:
        for _ in range(3):
            await s.hear(s.call())
        assert CHANGED == await s.answer("acknowledge", seen=0)
        await s.answer("acknowledge", seen=1)
        assert [("acknowledged", 3)] == await s.alarms()
        await s.hear(s.call())
        await s.hear(s.call(at=MONDAY - timedelta(hours=1)))
        assert CHANGED == await s.answer("acknowledge", seen=1), "another beginning is more than another call"


async def test_nobody_answers_an_alarm_while_a_tick_adds_calls_to_it(plain_database: str) -> None:
    async with scene(plain_database) as s:
        await s.hear(s.call())
        free = "SELECT incident_id FROM incident WHERE rule = 'sos' FOR UPDATE SKIP LOCKED"
        assert 1 == len(await s.fetch(free))
        async with s.database.transaction() as connection:
            await Questions(connection, {"sos": RULE.sql}).ask("sos.unanswered", ["R1"], [s.now])
            assert [] == await s.fetch(free)


async def test_an_sos_from_a_backlog_says_so_and_when_it_was(plain_database: str) -> None:
    async with scene(plain_database) as s:
        await s.hear(s.call(at=MONDAY - timedelta(hours=2)))
        assert ["R1于3月2日08:00发出SOS求助（来自补传，3月2日10:00收到）。"] == await s.headlines()
        assert "来自补传" in (await s.notices())[0]
        s.now += MINUTE
        await s.hear(s.call())
        assert "共2次，最近一次3月2日10:01（其中1次来自补传，3月2日10:00收到）" in (await s.headlines())[0]


async def test_a_recorders_flood_is_one_incident_and_one_short_notice(plain_database: str) -> None:
    """1,300 calls in 13 packets of a backlog, each half an hour from the next."""
    async with scene(plain_database) as s:
        device = Device("R1")
        packets = []
        for packet in range(13):
            calls = [
                device.payload(n, MONDAY - 31 * MINUTE * (1300 - n), kind="event", type="sos")
                for n in range(100 * packet, 100 * packet + 100)
            ]
            packets.append(device.backlog(2000 + packet, MONDAY, *calls))
        await s.hear(*packets)
        assert [("open", 1300)] == await s.alarms()
        [told] = await s.notices()
        assert "共1300次" in told
        assert len(told.encode()) < 1000


async def test_a_flood_over_many_recorders_is_a_bounded_notice_that_counts_the_rest(plain_database: str) -> None:
    names = [f"R{n}" for n in range(300)]
    async with scene(plain_database, names) as s:
        await s.hear(*(s.call(name) for name in names))
        assert (
            300 == (await s.fetch("SELECT count(*) AS n FROM incident WHERE rule = 'sos' AND status = 'open'"))[0]["n"]
        )
        for person in ("P0001", "P0003", "post:command_centre"):
            told = (await s.notices(person))[0]
            assert told.startswith("执法记录仪通知，共300项：\n1. 【SOS求助】R")
            assert told.endswith("项未逐条列出，请在系统中查看。")
            assert len(told.encode()) < 6500


async def test_calls_that_were_told_before_the_upgrade_do_not_ring_again(plain_database: str) -> None:
    async with scene(plain_database) as s:
        await s.hear(s.call())
        told, untold = MONDAY, s.call()
        # As an older version left it: an incident with the times of its calls, and a call that no tick has seen.
        await s.fetch(
            "UPDATE incident SET evidence = jsonb_set(evidence, '{facts,calls}', to_jsonb(ARRAY[$1::text]))",
            told.isoformat(),
        )
        await s.store(untold)
        await s.fetch("DROP TABLE sos_call")
        async with s.database.connection() as connection:
            await connection.execute(MIGRATION.read_text())
        await s.answer("resolve")
        await s.fetch("UPDATE reading_change SET from_at = $1", MONDAY - MINUTE)
        await s.tick()
        rows = await s.fetch("SELECT status, evidence #>> '{facts,calls}' AS calls FROM incident ORDER BY detected_at")
        assert [("resolved", json.dumps([told.isoformat()])), ("open", "1")] == [
            (r["status"], r["calls"]) for r in rows
        ]


STEPS = st.lists(
    st.one_of(
        st.just(("call", 0)),
        # Within half a day: an older one is an alarm of its own.
        st.tuples(st.just("late"), st.integers(1, 600)),
        st.tuples(st.just("again"), st.integers(0, 9)),
        st.just(("tick", 0)),
        st.tuples(st.just("answer"), st.integers(0, 1)),
    ),
    min_size=4,
    max_size=14,
)


@given(steps=STEPS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_alarm_until_a_person_answers_then_a_new_one_in_whatever_order_calls_come(
    plain_database: str, steps: list[tuple[str, int]]
) -> None:
    asyncio.run(_walk(plain_database, steps))


async def _walk(dsn: str, steps: list[tuple[str, int]]) -> None:
    """Walk *steps*, and hold the alarms against a model: the calls counted by each, and whether it is answered."""
    async with filling(dsn) as database:
        [[count]] = [tuple((await Scene(database).fetch("SELECT count(*) FROM recorder"))[0].values())]
    name = f"R{count}"
    async with scene(dsn, [name]) as s:
        s.now += timedelta(days=count)
        expected: list[tuple[str, int]] = []
        sent: list[Arrival] = []
        waiting = 0
        for what, value in steps:
            s.now += MINUTE
            if what in {"call", "late"}:
                sent.append(s.call(name, None if what == "call" else s.now - value * MINUTE))
                await s.store(sent[-1])
                waiting += 1
            elif what == "again" and sent:
                again = sent[value % len(sent)]
                await s.store(Arrival(again.topic, again.payload, s.now))
            elif what == "tick":
                await s.tick()
                if waiting and expected and expected[-1][0] == "open":
                    expected[-1] = ("open", expected[-1][1] + waiting)
                elif waiting:
                    expected.append(("open", waiting))
                waiting = 0
            elif what == "answer" and expected and expected[-1][0] == "open":
                await s.answer(ANSWERS[value], name)
                expected[-1] = (("acknowledged", "resolved")[value], expected[-1][1])
        assert expected == await s.alarms(name)
        rung = await s.fetch(
            "SELECT count(*) AS n FROM notice_item JOIN incident USING (incident_id) "
            "WHERE recorder_id = $1 AND person = 'P0001' AND kind = 'new' AND dropped IS NULL",
            name,
        )
        assert len(expected) == rung[0]["n"], "each rings once within half an hour"
        kinds = await s.fetch("SELECT DISTINCT kind FROM notice_item WHERE kind NOT IN ('new', 'escalation')")
        assert [] == kinds
