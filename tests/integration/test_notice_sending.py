"""Notices on a database, from the queue on: sent once over channels of every mood, or visibly dead."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from notice_bureau import Bureau, bureau
from pydantic import SecretStr
from standins import http_channels as standin
from standins.incident_scene import OFFICER, finding
from standins.mail_server import MailServer, serving_mail

from alerts.notices.channels.opening import open_channels
from alerts.notices.channels.registry import ChannelSettings
from alerts.notices.channels.smtp import SmtpSettings
from alerts.notices.channels.wecom_app import WecomAppSettings
from alerts.notices.sender import Sender
from telemetry.store import notice_queue as queue
from telemetry.store import notices as store
from telemetry.store.desk import NoticeSearch, notice_page


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
                async with self.bureau.database.connection() as connection:
                    due_at = await queue.next_due(connection)
                self.bureau.now = max(self.bureau.now + timedelta(seconds=5), due_at or self.bureau.now)

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
        assert all("可能已经送达" in row["reason"] for row in states)


async def test_a_channel_that_recovers_is_used_again(plain_database: str) -> None:
    async with post(plain_database) as p:
        p.app.moods.extend(["http_500", "reset_after"])
        await p.queue(4)
        await p.drain(p.sender)
        assert {"sent"} == {row["state"] for row in await p.bureau.fetch("SELECT state FROM notice")}
        assert max(p.said().values()) == 1


@pytest.mark.parametrize("mood", ["busy", "limit"])
async def test_load_kills_no_notice_that_has_no_other_channel(plain_database: str, mood: str) -> None:
    async with post(plain_database) as p:
        p.mail.mood = "final"
        p.app.moods.extend([mood] * 12)
        await p.queue(2)
        await p.drain(p.sender)
        assert {("sent", "app")} == {
            (row["state"], row["sent_by"]) for row in await p.bureau.fetch("SELECT state, sent_by FROM notice")
        }
        [gate] = await p.bureau.fetch("SELECT failures FROM channel_gate WHERE channel = 'app'")
        limited = await p.bureau.fetch("SELECT FROM notice_attempt WHERE state = 'limited'")
    assert (0, 12) == (gate["failures"], len(limited))


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
        assert [] == await p.sender.deliver_due()
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
            [dead] = await notice_page(connection, NoticeSearch(None, "dead"), None, 5)
            tries = [(one["channel"], one["state"], one["code"]) for one in dead["attempts"]]
            assert [("app", "refused", "301002"), ("mail", "refused", "554")] == tries
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
    assert "提交情况说明" in to["zhangsan"]
    assert OFFICER.officer_id == "P0031"
