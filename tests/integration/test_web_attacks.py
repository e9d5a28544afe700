"""What an outsider and each role tried in vain, once it was mended: one test for each way in."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from standins.api_scene import ACCOUNTS, HOUR, Api, api, shift
from standins.incident_scene import finding
from standins.web_people import House, house
from store_scene import Device

from alerts.incidents.reconcile import save
from alerts.incidents.revise import settle
from telemetry.records.accounts import TokenRow
from telemetry.settings import AccountsSettings
from telemetry.store.accounts import add_token, countersign_token
from telemetry.web.http import rate_limit
from telemetry.web.http.problems import Refused
from telemetry.web.http.secrets_and_passwords import digest, draw

ACCOUNTS_PATH = "/api/v1/accounts"
MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture
async def scene(database: str, monkeypatch: Any) -> AsyncIterator[Api]:
    monkeypatch.setitem(ACCOUNTS, "duizhang5", (["leader"], "U05", None))
    async with api(database) as running:
        yield running


@pytest_asyncio.fixture
async def home(database: str) -> AsyncIterator[House]:
    async with house(database, AccountsSettings(attempts=3)) as running:
        await running.person("guanli", "administrator")
        await running.person("anquan", "security")
        await running.person("shenji", "auditor")
        yield running


async def test_an_administrator_gets_nowhere_with_the_accounts_that_are_held_apart(home: House) -> None:
    guanli, anquan = await home.signed_in("guanli"), await home.signed_in("anquan")
    path = f"{ACCOUNTS_PATH}/shenji"
    for change in ({"oidc_subject": "s-of-the-administrator"}, {"disabled": True}, {"unit_id": None}):
        answer = await guanli.ask("PATCH", path, {"version": 1, "reason": "测试", **change})
        assert (403, "apart") == (answer.status, answer.code)
    assert 200 == (await guanli.ask("PATCH", path, {"version": 1, "reason": "改名", "name": "审计员"})).status
    assert 200 == (await anquan.ask("PATCH", path, {"version": 2, "reason": "离岗", "disabled": True})).status


async def test_a_second_line_of_x_forwarded_for_is_no_way_round_the_lock(database: str) -> None:
    async with house(database, proxies=("127.0.0.1",)) as running:
        body = json.dumps({"username": "nobody", "password": "a wrong password"}).encode()
        # The proxy adds a line of its own below what the client claims.
        claims = b"X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-For: 203.0.113.9\r\n"
        await raw(
            running.address, b"POST /api/v1/session HTTP/1.1", claims + b"Content-Type: application/json\r\n", body
        )
        kept = await running.rows("SELECT key FROM login_throttle WHERE kind = 'address'")
        assert ["203.0.113.9"] == [row["key"] for row in kept]


async def raw(address: str, request: bytes, headers: bytes, body: bytes = b"") -> bytes:
    """The bytes of an answer to the bytes of a request."""
    reader, writer = await asyncio.open_connection(*address.removeprefix("http://").split(":"))
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    writer.write(request + b"\r\nHost: x\r\nConnection: close\r\n" + headers + length + b"\r\n" + body)
    answer = await reader.read()
    writer.close()
    return answer


async def test_a_request_that_two_readers_would_read_differently_is_none(home: House) -> None:
    both = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n"
    smuggled = b"0\r\n\r\nGET /api/v1/live HTTP/1.1\r\nHost: x\r\n\r\n"
    reader, writer = await asyncio.open_connection(*home.address.removeprefix("http://").split(":"))
    writer.write(b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\n" + both + b"\r\n" + smuggled)
    answer = await asyncio.wait_for(reader.read(4096), 10)
    writer.close()
    assert b"400" == answer.split()[1], answer
    folded = await raw(home.address, b"GET /healthz HTTP/1.1", b"X-A: 1\r\n Content-Length: 3\r\n")
    assert b"400" == folded.split()[1], folded


async def test_what_unpacks_to_much_is_refused_and_what_is_no_cookie_is_no_crash(home: House) -> None:
    packed = gzip.compress(b'{"username": "' + b"a" * 60_000_000 + b'", "password": "x"}')
    headers = b"Content-Type: application/json\r\nContent-Encoding: gzip\r\n"
    answer = await raw(home.address, b"POST /api/v1/session HTTP/1.1", headers, packed)
    assert answer.split()[1] in {b"400", b"413"}, answer[:200]
    strange = b"Cookie: recorder-fleet=\xff\xfe; recorder-fleet-oidc=\xff\r\n"
    for path in (b"/api/v1/session", b"/api/v1/session/oidc/return?state=x", b"/api/v1/live"):
        answer = await raw(home.address, b"GET " + path + b" HTTP/1.1", strange)
        assert answer.split()[1] in {b"401", b"404", b"400"}, answer[:200]


async def refusal(scene: Api, who: str, path: str, body: dict[str, Any]) -> tuple[int, str | None]:
    """Status, and the field at fault or the problem's code."""
    status, answer = await scene.call(who, "POST", path, body)
    return status, answer.get("errors", [{"field": answer.get("code")}])[0]["field"]


async def test_ones_own_units_name_in_a_form_opens_no_door_to_anothers(scene: Api) -> None:
    times = {"starts_at": scene.now.isoformat(), "ends_at": (scene.now + HOUR).isoformat()}
    begun = {"starts_at": (scene.now - HOUR).isoformat(), "reason": "测试"}
    accused = {"rule": "other-breach", "unit_id": "U04", **begun}
    assert (422, "officer_id") == await refusal(scene, "lidui", "/incidents", {**accused, "officer_id": "P0051"})
    assert (422, "recorder_id") == await refusal(scene, "lidui", "/incidents", {**accused, "recorder_id": "R0051"})
    quiet = {**times, "reason": "测试", "unit_id": "U05", "recorder_id": "R0017"}
    assert (403, "foreign_unit") == await refusal(scene, "lidui", "/maintenance", quiet)
    repair = {"recorder_id": "R0051", "unit_id": "U04", "fault": "测试"}
    assert (422, "recorder_id") == await refusal(scene, "wangguan", "/repairs", repair)
    assert 0 == await scene.value(
        "SELECT (SELECT count(*) FROM incident) + (SELECT count(*) FROM maintenance) + (SELECT count(*) FROM register_entry)"
    )


async def test_whose_man_wears_anothers_recorder_sees_nothing_from_before(scene: Api) -> None:
    handed = scene.now - 20 * MINUTE
    # R0017 is P0031's of U04 on patrol; then P0051 of U05 takes it over.
    await scene.put("shifts", shift("S5", "P0051", scene.now - 3 * HOUR, scene.now + 6 * HOUR))
    given = {"recorder_id": "R0017", "officer_id": "P0051", "reason": "joint", "starts_at": handed.isoformat()}
    await scene.put("assignments", {"id": "A5", **given})
    device = Device("R0017")
    places = [
        device.send("location", n, scene.now - n * 10 * MINUTE, lat=30 + n / 100, lon=120.15, fix="gnss")
        for n in (6, 5, 1)
    ]
    # Of another unit, he is named by it once he has logged in on it.
    login = device.send("event", 2, handed, type="login", detail={"officer_id": "P0051"})
    await scene.hear(device.birth(0, scene.now - 90 * MINUTE), login, *reversed(places))
    asked = {"from": (scene.now - 2 * HOUR).isoformat(), "to": scene.now.isoformat()}
    for path in ("/recorders/R0017/track", "/recorders/R0017/timeline"):
        more = {"why": "测试"} if path.endswith("track") else {}
        shown = await scene.get("duizhang5", path, **asked, **more)
        assert handed == datetime.fromisoformat(shown["from"])
        assert "P0031" not in str(shown)
        assert scene.now - 2 * HOUR == datetime.fromisoformat((await scene.get("lidui", path, **asked, **more))["from"])
    history = await scene.get("duizhang5", "/recorders/R0017/history", kind="presence", **asked)
    assert [] == history["items"]
    card = await scene.get("duizhang5", "/recorders/R0017")
    assert ["P0051"] == [one["officer_id"] for one in card["assignments"]]
    long_ago = {"from": (scene.now - 3 * HOUR).isoformat(), "to": (scene.now - 2 * HOUR).isoformat()}
    assert 404 == (await scene.call("duizhang5", "GET", "/recorders/R0017/timeline", **long_ago))[0]


async def test_a_leader_says_why_he_looks_and_is_seen_to_have_looked(scene: Api) -> None:
    status, answer = await scene.call("lidui", "GET", "/recorders/R0017/track")
    assert (422, "why") == (status, answer["errors"][0]["field"])
    await scene.get("lidui", "/recorders/R0017/timeline")
    views = await scene.get("zhangsan", "/me/views")
    assert [("lidui", "view.timeline", "R0017")] == [
        (view["account"], view["action"], view["target_id"]) for view in views["items"]
    ]


async def test_a_track_under_an_open_incident_is_shown_beyond_its_time(scene: Api) -> None:
    at = scene.now - HOUR
    device = Device("R0017")
    place = device.send("location", 1, at, lat=30.25, lon=120.15, fix="gnss")
    await scene.hear(device.birth(0, at - MINUTE), place)
    await scene.value("WITH old AS (DELETE FROM location RETURNING *) INSERT INTO location_kept SELECT * FROM old")
    track = await scene.get("lidui", "/recorders/R0017/track", why="核查")
    assert [30.25] == [fix["lat"] for fix in track["fixes"]]
    await scene.value("INSERT INTO location SELECT * FROM location_kept")
    assert 1 == len((await scene.get("lidui", "/recorders/R0017/track", why="核查"))["fixes"])


async def test_not_even_the_id_of_a_suspicion_leaves_the_command_centre(scene: Api) -> None:
    cursor = (await scene.get("ducha", "/live"))["cursor"]
    headers = await scene.headers("ducha")
    async with scene.client.get(f"{scene.address}/stream", params={"cursor": cursor}, headers=headers) as answer:
        async with scene.database.transaction() as connection:
            for key, confidence in (("s", "suspected"), ("c", "confirmed")):
                now = datetime.now(UTC)
                one = finding(key=key, starts_at=now - MINUTE, ends_at=now, confidence=confidence)
                change = settle(None, one, now)
                assert change is not None
                await save(connection, [change])
        hidden = await scene.value("SELECT incident_id FROM incident WHERE confidence = 'suspected'")
        known = await scene.value("SELECT incident_id FROM incident WHERE confidence = 'confirmed'")
        said = ""
        async with asyncio.timeout(30):
            # The counts close a batch.
            while known not in said or not said.rpartition(known)[2].count("event: counts"):
                said += (await answer.content.readany()).decode()
    assert hidden not in said


async def test_a_token_of_one_unit_writes_no_facts_of_all(scene: Api) -> None:
    body = {"name": "排班", "purpose": "写入班次", "scopes": ["facts:write"], "unit_id": "U04"}
    assert (422, "unit_id") == await refusal(scene, "guanli", "/tokens", body)
    token = draw()
    async with scene.database.transaction() as connection:
        row = TokenRow("t1", "old", "old", ["facts:write"], "U04")
        await add_token(connection, row, digest(token), now=scene.now, by="guanli", expires_at=scene.now + HOUR)
        await countersign_token(connection, "t1", scene.now - HOUR, "test")
    headers = {"Authorization": f"Bearer {token}"}
    async with scene.client.post(f"{scene.address}/units", json=[], headers=headers) as answer:
        assert (403, "foreign_unit") == (answer.status, (await answer.json(content_type=None))["code"])


async def test_documents_are_made_for_one_account_only_so_fast(scene: Api, monkeypatch: Any) -> None:
    monkeypatch.setattr(rate_limit, "BUDGET", 2 * rate_limit.DOCUMENT)
    status = [(await scene.call("ducha", "GET", "/circulars/2026-03/figures"))[0] for _ in range(4)]
    assert [200, 200, 429, 429] == status
    async with scene.client.get(
        f"{scene.address}/circulars/2026-03/figures", headers=await scene.headers("ducha")
    ) as answer:
        assert 1 <= int(answer.headers["Retry-After"]) <= 10
    assert 200 == (await scene.call("zhihui", "GET", "/circulars/2026-03/figures"))[0]


def test_a_budget_comes_back_with_time_and_streams_end() -> None:
    now = 0.0
    meter = rate_limit.Meter(lambda: now)
    assert [0, 0, 20] == [meter.spend("a", 40), meter.spend("b", 60), meter.spend("a", 40)]
    now = 20.0
    assert [0, 1] == [meter.spend("a", 40), meter.spend("a", 1)]
    with pytest.raises(Refused):
        stream_within(meter, 100)
    stream_within(meter, 20)


def stream_within(meter: rate_limit.Meter, deeper: int) -> None:
    if deeper:
        with meter.streaming("a"):
            stream_within(meter, deeper - 1)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
async def test_a_moment_at_the_end_of_the_calendar_gets_in_nowhere(scene: Api, moment: str) -> None:
    now = scene.now.isoformat()
    begun = {"rule": "other-breach", "unit_id": "U04", "reason": "测试"}
    footage = {"unit_id": "U04", "applicant": "案件科", "purpose": "办案", "from_at": now}
    for path, body, field in (
        ("/incidents", {**begun, "starts_at": moment}, "starts_at"),
        ("/incidents", {**begun, "starts_at": now, "ends_at": moment}, "ends_at"),
        ("/maintenance", {"starts_at": now, "ends_at": moment, "reason": "测试"}, "ends_at"),
        ("/footage-requests", {**footage, "to_at": moment}, "to_at"),
    ):
        assert (422, field) == await refusal(scene, "zhihui", path, body)
    for path in ("/recorders/R0017/timeline", "/recorders/R0017/track", "/recorders/R0017/history"):
        more = {"kind": "event"} if path.endswith("history") else {}
        assert 422 == (await scene.call("zhihui", "GET", path, to=moment, **more))[0]
    # One that was stored would have kept everybody from the queue.
    assert [] == (await scene.get("zhihui", "/incidents"))["items"]
