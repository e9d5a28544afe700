"""Notices on a database: planned from incidents, held, stored before they are sent, sent once, or visibly dead."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from pydantic import SecretStr
from standins import http_channels as standin
from standins.incident_scene import LEADER, MONDAY, OFFICER, VERIFIER, Weekdays, finding
from standins.mail_server import MailServer, serving_mail
from standins.notice_scene import channels, settings
from standins.squad import squad

from alerts.channels.registry import ChannelSettings, open_channels
from alerts.channels.smtp import SmtpSettings
from alerts.channels.wecom_app import WecomAppSettings
from alerts.findings import Evidence, Finding, Subject
from alerts.incidents.act import act
from alerts.incidents.actions import Action
from alerts.incidents.actors import Actor
from alerts.incidents.reconcile import reconcile
from alerts.incidents.revise import incident_id
from alerts.notices.deliver import Sender
from alerts.notices.planner import PlanResult, plan_notices
from alerts.notices.settings import NoticeSettings
from telemetry.store import notices as store
from telemetry.store.incidents import IncidentRow
from telemetry.store.pool import Database

ID = incident_id("sim-removed", finding().key)


@dataclass
class Bureau:
    """The squad with a clock that the test turns."""

    database: Database
    settings: NoticeSettings
    now: datetime = MONDAY + timedelta(minutes=31)

    async def tick(self, *findings: Finding) -> None:
        async with self.database.transaction() as connection:
            await reconcile(connection, findings, self.now)

    async def plan(self, **later: float) -> PlanResult:
        self.now += timedelta(**later)
        return await plan_notices(self.database, self.settings, Weekdays(), self.now)

    async def do(self, action: Action, who: Actor, *, name: str = ID) -> IncidentRow:
        done = await act(
            self.database, name, action, who, "理由", expected_version=None, now=self.now, calendar=Weekdays()
        )
        assert isinstance(done, IncidentRow), done
        return done

    async def fetch(self, sql: str, *arguments: Any) -> list[dict[str, Any]]:
        async with self.database.connection() as connection:
            return [dict(row) for row in await connection.fetch(sql, *arguments)]

    async def notices(self) -> list[tuple[str, str]]:
        rows = await self.fetch("SELECT person, state FROM notice ORDER BY person, notice_id")
        return [(row["person"], row["state"]) for row in rows]

    async def kinds(self) -> list[tuple[str, str]]:
        rows = await self.fetch("SELECT person, kind FROM notice_item WHERE dropped IS NULL ORDER BY item_id")
        return [(row["person"], row["kind"]) for row in rows]

    async def send_all(self, *, pretend: str = "sent") -> None:
        """All that is queued goes out, as if a channel had taken it."""
        await self.fetch(
            "UPDATE notice SET state = $1, sent_at = CASE WHEN $1 = 'sent' THEN $2::timestamptz END WHERE state = 'queued'",
            pretend,
            self.now,
        )


@asynccontextmanager
async def bureau(dsn: str, **changes: Any) -> AsyncIterator[Bureau]:
    async with squad(dsn) as database:
        yield Bureau(database, settings(**changes))


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
            await b.tick(finding(key=f"k{minute}", evidence=Evidence((f"第{minute}项",))))
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
        await b.tick(finding(), finding(rule="recording-incomplete", key="A1", cause=None))
        await b.plan()
        await b.plan(seconds=20)
        await b.tick(finding(standing="withdrawn"))
        await b.plan()
        assert {"cancelled", "queued"} == {state for _, state in await b.notices()}
        queued = await b.fetch(
            "SELECT message->>'text' AS text FROM notice WHERE state = 'queued' AND person = 'P0001'"
        )
    assert ["执法活动，录制不完整" in row["text"] and "共2项" not in row["text"] for row in queued] == [True]


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
            dead = await store.list_dead(connection, 10)
        assert [("无可用渠道", None)] * 3 == [(row["reason"], row["attempts"]) for row in dead]
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
                evidence=Evidence((), {"swallowed_by": "fleet|t"}),
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


# Sending.


@dataclass
class Post:
    """A sender over two stand-ins: WeCom, then mail."""

    bureau: Bureau
    app: standin.WecomApp
    mail: MailServer
    sender: Sender
    another: Sender

    async def queue(self, count: int) -> None:
        """Notices to the leader, queued."""
        async with self.bureau.database.transaction() as connection:
            for n in range(count):
                message: dict[str, str | None] = {"title": "t", "text": f"第{n}件", "public_text": "p", "link": None}
                routes = [("app", "lidui"), ("mail", "li@bureau.test")]
                notice = store.NewNotice("P0001", urgent=False, message=message, routes=routes)
                await store.add_notices(connection, [(notice, [])], self.bureau.now)

    async def drain(self, sender: Sender, most_s: float = 60) -> None:
        """Send until nothing is queued; time passes as fast as it can."""
        async with asyncio.timeout(most_s):
            while await self.bureau.fetch("SELECT FROM notice WHERE state = 'queued'"):
                await sender.deliver_due()
                self.bureau.now += timedelta(seconds=5)

    def said(self) -> Counter[str]:
        """What arrived, by channel and text."""
        wecom = Counter(f"app {message['text']['content']}" for message in self.app.arrived)
        mails = Counter(f"mail {_body(mail)}" for mail in self.mail.arrived)
        return wecom + mails


def _body(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content()).strip()


@asynccontextmanager
async def post(dsn: str, *, app_s: float = 5, mail_s: float = 5) -> AsyncIterator[Post]:
    """The post office; *app_s* and *mail_s* are the channels' time-outs: short only where one is to hang."""
    app, mail = standin.WecomApp(), MailServer()
    async with standin.serving(app), serving_mail(mail):
        tables: dict[str, ChannelSettings] = {
            "app": WecomAppSettings(
                base_url=app.url, corpid="ww1", secret=SecretStr("s3cret"), agentid=1000002, timeout_s=app_s
            ),
            "mail": SmtpSettings(
                host="127.0.0.1", port=mail.port, security="none", sender="f@b.test", timeout_s=mail_s
            ),
        }
        values: Mapping[str, Any] = {"channels": tables, "order": ("app", "mail"), "command_centre": ("console",)}
        async with (
            bureau(dsn, **{"tries": 2, "back_off_s": 1, **values}) as b,
            open_channels(tables) as ways,
        ):
            senders = [Sender(b.database, ways, b.settings, lambda: b.now, name) for name in ("one", "two")]
            yield Post(b, app, mail, *senders)


@pytest.mark.parametrize(
    "app_mood", ["ok", "http_500", "busy", "final", "limit", "hang", "hang_after", "reset", "reset_after", "page"]
)
@pytest.mark.parametrize("mail_mood", ["ok", "hang_after"])
async def test_every_notice_is_sent_or_visibly_dead_and_none_twice(
    plain_database: str, app_mood: str, mail_mood: str
) -> None:
    times = {"app_s": 0.4 if "hang" in app_mood else 5, "mail_s": 0.4 if "hang" in mail_mood else 5}
    async with post(plain_database, **times) as p:
        p.app.mood, p.mail.mood = app_mood, mail_mood
        await p.queue(3)
        await p.drain(p.sender)
        states = await p.bureau.fetch("SELECT state, sent_by, reason FROM notice")
        said = p.said()
    assert max(said.values(), default=1) == 1
    if app_mood == "ok":
        assert {("sent", "app")} == {(row["state"], row["sent_by"]) for row in states}
    elif mail_mood == "ok":
        assert {("sent", "mail")} == {(row["state"], row["sent_by"]) for row in states}
        assert {f"mail 第{n}件" for n in range(3)} <= said.keys()
    else:
        assert {"dead"} == {row["state"] for row in states}
        assert all("可能已达" in row["reason"] for row in states)


async def test_a_channel_that_recovers_is_used_again(plain_database: str) -> None:
    async with post(plain_database) as p:
        p.app.moods.extend(["http_500", "reset_after"])
        await p.queue(4)
        await p.drain(p.sender)
        assert {"sent"} == {row["state"] for row in await p.bureau.fetch("SELECT state FROM notice")}
        assert max(p.said().values()) == 1


async def test_the_breaker_spares_a_dead_channel_and_finds_it_alive(plain_database: str) -> None:
    async with post(plain_database) as p:
        p.app.mood = "http_500"
        await p.queue(40)
        await p.drain(p.sender)
        assert p.app.requests < 40
        [gate] = await p.bureau.fetch("SELECT failures, shut_until FROM channel_gate WHERE channel = 'app'")
        assert gate["failures"] >= 5
        p.app.mood = "ok"
        p.bureau.now += timedelta(minutes=30)
        await p.queue(3)
        await p.drain(p.sender)
        assert 3 == len(p.app.arrived)


async def test_two_senders_share_the_work_and_send_nothing_twice(plain_database: str) -> None:
    async with post(plain_database) as p:
        await p.queue(60)
        async with asyncio.timeout(20):
            while await p.bureau.fetch("SELECT FROM notice WHERE state = 'queued'"):
                await asyncio.gather(p.sender.deliver_due(), p.another.deliver_due())
                p.bureau.now += timedelta(seconds=1)
        assert {"sent"} == {row["state"] for row in await p.bureau.fetch("SELECT state FROM notice")}
        assert (60, 1) == (len(p.said()), max(p.said().values()))


async def test_what_a_dead_sender_left_behind_is_unknown_and_taken_over_after_its_lease(plain_database: str) -> None:
    async with post(plain_database) as p:
        await p.queue(1)
        hung = asyncio.create_task(p.another.deliver_due())
        p.app.mood = "hang_after"
        await p.app.requested.wait()
        hung.cancel()
        await asyncio.gather(hung, return_exceptions=True)
        assert not (await p.sender.deliver_due()).outcomes
        p.app.mood = "ok"
        p.bureau.now += timedelta(seconds=61)
        await p.drain(p.sender)
        attempts = await p.bureau.fetch("SELECT channel, state, detail FROM notice_attempt ORDER BY n")
        assert 1 == len(p.app.arrived)
    assert [("app", "unknown"), ("app", "sent")] == [(row["channel"], row["state"]) for row in attempts]


async def test_a_fault_in_one_channel_stops_no_other(plain_database: str) -> None:
    class Broken:
        async def send(self, message: object, to: str) -> Any:
            raise RuntimeError(message, to)

    async with post(plain_database) as p:
        async with open_channels({"mail": p.bureau.settings.channels["mail"]}) as ways:
            sender = Sender(
                p.bureau.database, {"app": Broken(), **ways}, p.bureau.settings, lambda: p.bureau.now, "three"
            )
            await p.queue(2)
            await p.drain(sender)
        assert 2 == len(p.mail.arrived)


async def test_a_revived_notice_is_tried_afresh(plain_database: str) -> None:
    async with post(plain_database) as p:
        p.app.mood, p.mail.mood = "final", "final"
        await p.queue(1)
        await p.drain(p.sender)
        p.mail.mood = "ok"
        p.bureau.now += timedelta(hours=1)
        async with p.bureau.database.connection() as connection:
            [dead] = await store.list_dead(connection, 5)
            assert ["app refused 301002", "mail refused 554"] == dead["attempts"]
            assert await store.revive(connection, dead["notice_id"], p.bureau.now)
        await p.drain(p.sender)
        assert 1 == len(p.mail.arrived)


async def test_the_officer_is_told_by_wecom_what_the_rules_found(plain_database: str) -> None:
    async with post(plain_database) as p:
        await p.bureau.tick(finding())
        await p.bureau.plan()
        await p.bureau.plan(seconds=20)
        await p.drain(p.sender)
        to = {message["touser"]: message["text"]["content"] for message in p.app.arrived}
        mails = {mail["To"] for mail in p.mail.arrived}
    assert {"zhangsan", "lidui"} == to.keys()
    assert {"wang@bureau.test"} == mails
    assert "陈述情况" in to["zhangsan"]
    assert OFFICER.officer_id == "P0031"
