"""Notices on a database, until they are queued: planned from incidents, bundled, held, recalled, withdrawn, told on."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

from notice_bureau import bureau
from standins.incident_scene import LEADER, MONDAY, VERIFIER, finding
from standins.notice_scene import channels, settings

from alerts.finding import Evidence, Subject
from alerts.incidents.revise import incident_id
from alerts.notices.planner import PlanResult
from telemetry.store import notices as store
from telemetry.store.desk import NoticeSearch, notice_page


async def test_one_act_that_breaks_two_clauses_travels_in_one_notice_a_person(plain_database: str) -> None:
    async with bureau(plain_database) as b:
        await b.tick(finding(), finding(rule="recording-incomplete", key="A1", cause=None))
        assert (await b.plan()).items == 6
        assert await b.notices() == []
        assert (await b.plan(seconds=20)).notices == 3
        assert [("P0001", "queued"), ("P0002", "queued"), ("P0031", "queued")] == await b.notices()
        [row] = await b.fetch("SELECT message->>'text' AS text FROM notice WHERE person = 'P0001'")
    assert row["text"].startswith("执法记录仪通知，共2项：")


async def test_nothing_is_planned_twice(plain_database: str) -> None:
    async with bureau(plain_database) as b:
        await b.tick(finding())
        await b.plan()
        for _ in range(3):
            assert PlanResult() == await b.plan()
        await b.plan(seconds=20)
        assert PlanResult() == await b.plan(seconds=20)


async def test_at_most_one_notice_in_five_minutes(plain_database: str) -> None:
    async with bureau(plain_database) as b:
        sent_at: dict[str, list[datetime]] = {}
        for minute in range(30):
            await b.tick(finding(key=f"k{minute}", evidence=Evidence(f"第{minute}项")))
            await b.plan(seconds=60)
            for row in await b.fetch("SELECT person FROM notice WHERE state = 'queued'"):
                sent_at.setdefault(row["person"], []).append(b.now)
            await b.send_all()
        rows = await b.fetch(
            "SELECT count(*) AS items FROM notice_item WHERE notice_id IS NOT NULL AND person = 'P0001'"
        )
    assert all(
        later - earlier >= timedelta(minutes=5) for times in sent_at.values() for earlier, later in pairwise(times)
    )
    assert rows[0]["items"] >= 25


async def test_quiet_hours_hold_it_till_seven_but_not_an_sos(plain_database: str) -> None:
    async with bureau(plain_database) as b:
        b.now = MONDAY + timedelta(hours=13)
        await b.tick(finding())
        await b.plan(minutes=5)
        assert await b.notices() == []
        await b.tick(finding(rule="sos", key="s", weight="operational", cause=None, ends_at=None))
        await b.plan()
        assert [
            ("P0001", "queued"),
            ("P0003", "queued"),
            ("post:command_centre", "sent"),
            ("post:command_centre", "queued"),
        ] == await b.notices()
        await b.do("acknowledge", LEADER, name=incident_id("sos", "s"))
        await b.send_all()
        await b.plan(hours=7, minutes=54)
        assert len(await b.notices()) == 4
        await b.plan(minutes=1)
        assert {"P0001", "P0002", "P0031"} <= {person for person, state in await b.notices() if state == "queued"}


async def test_what_evidence_takes_back_before_it_left_is_never_sent(plain_database: str) -> None:
    async with bureau(plain_database) as b:
        await b.tick(finding())
        await b.plan()
        await b.tick(finding(standing="withdrawn"))
        await b.plan(minutes=10)
        assert await b.notices() == []


async def test_a_queued_notice_is_recalled_and_what_else_it_carried_goes_later(plain_database: str) -> None:
    async with bureau(plain_database) as b:
        gap = Evidence("R0017缺录5分钟。")
        await b.tick(finding(), finding(rule="recording-incomplete", key="A1", cause=None, evidence=gap))
        await b.plan()
        await b.plan(seconds=20)
        await b.tick(finding(standing="withdrawn"))
        await b.plan()
        assert {"cancelled", "queued"} == {state for _, state in await b.notices()}
        queued = await b.fetch(
            "SELECT message->>'text' AS text FROM notice WHERE state = 'queued' AND person = 'P0001'"
        )
    assert ["R0017缺录5分钟" in row["text"] and "共2项" not in row["text"] for row in queued] == [True]


async def test_a_notice_that_went_out_is_followed_by_a_withdrawal(plain_database: str) -> None:
    async with bureau(plain_database) as b:
        await b.tick(finding())
        await b.plan()
        await b.plan(seconds=20)
        await b.send_all()
        await b.tick(finding(standing="excused", excuse="已报备"))
        await b.plan(minutes=10)
        await b.plan(seconds=20)
        rows = await b.fetch("SELECT person, message->>'text' AS text FROM notice WHERE state = 'queued' ORDER BY 1")
    assert ["P0001", "P0002", "P0031"] == [row["person"] for row in rows]
    assert all(row["text"].startswith("【撤回】") for row in rows)
    assert "不计入您的记录" in rows[2]["text"]


async def test_a_notice_on_its_way_is_not_recalled_but_withdrawn(plain_database: str) -> None:
    async with bureau(plain_database) as b:
        await b.tick(finding())
        await b.plan()
        await b.plan(seconds=20)
        await b.fetch("UPDATE notice SET claimed_by = 's', claimed_until = $1", b.now + timedelta(minutes=1))
        await b.tick(finding(standing="withdrawn"))
        await b.plan()
        assert Counter(kind for _, kind in await b.kinds()) == {"new": 3, "withdrawal": 3}


async def test_the_unit_that_does_not_acknowledge_is_told_on(plain_database: str) -> None:
    async with bureau(plain_database) as b:
        await b.tick(finding())
        await b.plan()
        await b.plan(seconds=20)
        await b.send_all()
        assert (await b.plan(hours=1, minutes=59)).escalated == 0
        assert (await b.plan(minutes=2)).escalated == 1
        assert (await b.plan(minutes=1)).escalated == 0
        await b.send_all()
        assert (await b.plan(hours=2)).escalated == 1
        await b.plan(minutes=1)
        await b.send_all()
        assert [("P0004", "escalation"), ("P0003", "escalation")] == (await b.kinds())[3:]
        assert (await b.plan(days=3)).escalated == 0


async def test_nobody_is_told_on_once_it_is_acknowledged(plain_database: str) -> None:
    async with bureau(plain_database) as b:
        await b.tick(finding())
        await b.plan()
        await b.plan(seconds=20)
        await b.send_all()
        await b.plan(hours=2, minutes=1)
        await b.do("acknowledge", LEADER)
        await b.plan(minutes=10)
        assert ["P0001", "P0002", "P0031"] == [person for person, _ in await b.notices()]
        assert (await b.plan(days=3)).escalated == 0


async def test_the_hearing_runs_from_the_delivery_of_the_notice(plain_database: str) -> None:
    async with bureau(plain_database) as b:
        await b.tick(finding())
        await b.plan()
        await b.plan(seconds=20)
        await b.send_all()
        b.now += timedelta(days=4)
        assert (await b.do("verify", VERIFIER)).status == "verifying"


async def test_maintenance_holds_what_began_in_it_and_tells_what_still_holds_after(plain_database: str) -> None:
    async with bureau(plain_database) as b:
        async with b.database.connection() as connection:
            maintenance_id = await store.add_maintenance(
                connection,
                unit_id="U01",
                recorder_id=None,
                rules=[],
                starts_at=MONDAY,
                ends_at=MONDAY + timedelta(hours=3),
                reason="换基站",
                account="admin",
                now=MONDAY,
            )
        await b.tick(finding())
        await b.plan(minutes=10)
        assert await b.notices() == []
        async with b.database.transaction() as connection:
            assert await store.cancel_maintenance(connection, maintenance_id, "admin", b.now)
        await b.plan(minutes=1)
        assert len(await b.notices()) == 3


async def test_who_has_no_channel_is_a_dead_notice_that_is_seen_and_told_on(plain_database: str) -> None:
    async with bureau(plain_database, order=("siren",), channels=channels()) as b:
        await b.fetch("UPDATE officer_fact SET contact = NULL")
        b.settings = settings(order=("app",))
        await b.tick(finding())
        await b.plan()
        await b.plan(seconds=20)
        assert {"dead"} == {state for _, state in await b.notices()}
        async with b.database.connection() as connection:
            dead = await notice_page(connection, NoticeSearch(None, "dead"), None, 10)
        assert [("无可用渠道", [])] * 3 == [(row["reason"], row["attempts"]) for row in dead]
        assert (await b.plan(seconds=10)).escalated == 1


async def test_a_suspicion_goes_to_nobody_and_2000_of_an_outage_are_one_notice(plain_database: str) -> None:
    async with bureau(plain_database) as b:
        members = [
            finding(
                rule="recorder-offline",
                key=f"R{n}|t",
                subject=Subject("U04", f"R{n:04}", f"P{n}"),
                weight="operational",
                confidence="confirmed",
                evidence=Evidence("", facts={"swallowed_by": "fleet|t"}),
            )
            for n in range(2000)
        ]
        suspected = [finding(key=f"S{n}", confidence="suspected", weight="check") for n in range(100)]
        outage = finding(
            rule="outage", key="fleet|t", subject=Subject("U01"), weight="operational", cause="platform_outage"
        )
        await b.tick(outage, *members, *suspected)
        await b.plan()
        await b.plan(minutes=30)
    async with bureau(plain_database) as b:
        assert [("post:command_centre", "sent"), ("post:command_centre", "queued")] == await b.notices()
