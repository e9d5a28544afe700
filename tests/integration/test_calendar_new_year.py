"""The turn of a year whose holiday decree nobody has imported: deadlines go on, nobody is harmed, the table wins."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from notice_bureau import bureau
from standins.api_scene import Api, api
from standins.decree_table import DECREE_2027, table_of
from standins.incident_scene import finding

from alerts.evaluation.engine import tick
from alerts.incidents.reconcile import reconcile
from alerts.incidents.revise import incident_id
from telemetry.ingest.arrival import Arrival
from telemetry.store.calendar import put_calendar_days

SHANGHAI = ZoneInfo("Asia/Shanghai")
ID = incident_id("sim-removed", finding().key)
NEW_YEARS = ["2027-01-05T10:00", "2028-01-04T10:00"]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def told_at(dsn: str, text: str) -> AsyncIterator[tuple[Api, Clock]]:
    """A bureau in which P0031 was told of an incident at that moment, by his leader, who acknowledged it."""
    clock = Clock(moment(text))
    async with api(dsn, clock) as scene:
        async with scene.database.transaction() as connection:
            await reconcile(
                connection, [finding(starts_at=clock.now - timedelta(hours=1), ends_at=clock.now)], clock.now
            )
        assert 200 == (await decided(scene, "lidui", "acknowledge"))[0]
        yield scene, clock


async def decided(scene: Api, who: str, action: str) -> tuple[int, Any]:
    version = await scene.value("SELECT version FROM incident WHERE incident_id = $1", ID)
    body = {"action": action, "reason": "理由", "version": version}
    return await scene.call(who, "POST", f"/incidents/{ID}/actions", body)


async def imported(scene: Api, text: str) -> tuple[int, Any]:
    """Look at the table's changes, then apply them."""
    status, preview = await scene.call("guanli", "POST", "/calendar/preview", {"text": text})
    assert 200 == status, preview
    return await scene.call("guanli", "POST", "/calendar", {"text": text, "seen": preview["seen"]})


@pytest.mark.parametrize(
    ("told", "still_heard", "until"),
    [
        ("2026-12-28T10:00", None, "2027-01-01T00:00"),
        ("2026-12-29T10:00", "2027-01-05T10:00", "2027-01-08T00:00"),
        ("2027-12-28T10:00", "2028-01-04T10:00", "2028-01-12T00:00"),
        ("2028-01-04T10:00", "2028-01-11T23:59", "2028-01-12T00:00"),
    ],
)
async def test_verifying_begins_and_upholds_after_the_days_to_be_heard(
    database: str, told: str, still_heard: str | None, until: str
) -> None:
    async with told_at(database, told) as (scene, clock):
        if still_heard is not None:
            clock.now = moment(still_heard)
            status, refused = await decided(scene, "ducha", "verify")
            assert (422, "being_heard", True) == (status, refused["code"], "暂定工作日历" in refused["title"])
        clock.now = max(moment(until), moment("2027-01-05T10:00"))
        hearing = (await scene.get("ducha", f"/incidents/{ID}"))["hearing"]
        assert (moment(until), still_heard is not None) == (
            datetime.fromisoformat(hearing["until"]),
            hearing["is_provisional"],
        )
        assert 200 == (await decided(scene, "ducha", "verify"))[0]
        assert 200 == (await decided(scene, "ducha", "uphold"))[0]


async def test_an_imported_decree_shortens_a_hearing_at_once(database: str) -> None:
    async with told_at(database, "2026-12-29T10:00") as (scene, clock):
        clock.now = moment("2027-01-05T10:00")
        assert 422 == (await decided(scene, "ducha", "verify"))[0]
        assert 200 == (await imported(scene, table_of(DECREE_2027)))[0]
        hearing = (await scene.get("ducha", f"/incidents/{ID}"))["hearing"]
        assert (moment("2027-01-05T00:00"), False) == (
            datetime.fromisoformat(hearing["until"]),
            hearing["is_provisional"],
        )
        assert 200 == (await decided(scene, "ducha", "verify"))[0]


@pytest.mark.parametrize("now", NEW_YEARS)
async def test_what_nobody_acknowledges_is_escalated(plain_database: str, now: str) -> None:
    async with bureau(plain_database) as b:
        b.now = moment(now)
        await b.tick(finding(starts_at=b.now - timedelta(hours=1), ends_at=b.now))
        await b.plan()
        await b.plan(seconds=20)
        await b.send_all()
        assert 0 == (await b.plan(minutes=100)).escalated
        assert 1 == (await b.plan(minutes=21)).escalated
        await b.plan(seconds=20)
        [row] = await b.fetch("SELECT message->>'text' AS text FROM notice WHERE person = 'P0004'")
    assert "逾时未签收（按暂定工作日历）" in row["text"]


@pytest.mark.parametrize(("has_table", "escalated"), [(False, 0), (True, 1)])
async def test_a_make_up_sunday_counts_for_escalation_once_the_decree_is_imported(
    plain_database: str, *, has_table: bool, escalated: int
) -> None:
    async with bureau(plain_database) as b:
        b.now = moment("2027-02-14T10:00")
        if has_table:
            async with b.database.transaction() as connection:
                await put_calendar_days(connection, DECREE_2027)
        await b.tick(finding(starts_at=b.now - timedelta(hours=1), ends_at=b.now))
        await b.plan()
        await b.plan(seconds=20)
        await b.send_all()
        assert escalated == (await b.plan(hours=3)).escalated


async def test_phone_footage_that_a_decree_gives_more_time_is_withdrawn(database: str) -> None:
    recorded = moment("2027-03-01T10:00")
    clock = Clock(recorded)
    async with api(database, clock) as scene:
        beat = {"uptime_s": 60, "network": "4g", "rsrp_dbm": -84, "cell": "460-00-1-2", "sim": "ready"}
        payload = json.dumps({"ts": "2027-03-01T01:00:00Z", "boot": "b1", "seq": 1, **beat}).encode()
        await scene.hear(Arrival("recorder/v1/R0017/heartbeat", payload, recorded - timedelta(hours=1)))
        footage = {"id": "F1", "officer_id": "P0031", "recorded_at": recorded.isoformat()}
        await scene.put("phone_footage", footage | {"uploaded_at": recorded.isoformat()}, at=recorded)

        async def status_at(text: str) -> tuple[str, str] | None:
            await tick(scene.database, moment(text))
            sql = "SELECT status || '|' || evidence::text FROM incident WHERE rule = 'phone-footage-overdue'"
            found = await scene.value(sql)
            return None if found is None else tuple(found.split("|", 1))

        assert None is await status_at("2027-03-04T23:59")
        opened = await status_at("2027-03-05T00:01")
        assert opened is not None
        assert ("open", True) == (opened[0], "暂定工作日历" in opened[1])
        assert 200 == (await imported(scene, "日期,上班,名称\n2027-03-03,否,临时放假\n"))[0]
        withdrawn = await status_at("2027-03-05T00:02")
        assert withdrawn is not None
        assert "withdrawn" == withdrawn[0]


async def test_administrators_are_told_from_november_on_until_the_decree_is_there(plain_database: str) -> None:
    async with bureau(plain_database) as b:
        await b.fetch(
            "INSERT INTO account (username, name, roles, officer_id, created_at, created_by)"
            " VALUES ('guanli', '管理员', '{administrator}', 'P0004', now(), 'test')"
        )
        b.now = moment("2026-10-31T12:00")
        counts = []
        for _ in range(31):
            await b.plan()
            counts.append(len(await b.notices()))
            b.now += timedelta(days=1)
        assert [0, 1, 1, 2, 2, 3] == [counts[n] for n in (0, 1, 14, 15, 28, 29)]
        [row, *_] = await b.fetch("SELECT person, message->>'text' AS text FROM notice")
        assert ("P0004", True) == (row["person"], "2027年放假调休安排尚未导入" in row["text"])
        async with b.database.transaction() as connection:
            await put_calendar_days(connection, DECREE_2027)
        await b.plan(days=20)
        assert 3 == len(await b.notices())


async def test_where_no_administrator_can_be_reached_the_command_centre_is_told(plain_database: str) -> None:
    async with bureau(plain_database) as b:
        b.now = moment("2026-11-02T09:00")
        await b.plan()
        assert [("post:command_centre", "sent"), ("post:command_centre", "queued")] == await b.notices()
