"""What is shown belongs to what is open: tracks to their card, answers to the incident, filter or day that asked for them."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.async_api import Error, Page, Route, expect
from standins.api_scene import shift
from standins.console_desk import Desk, picture

from alerts.finding import Evidence, Subject
from telemetry.ingest.arrival import Arrival

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
OPENED = Evidence("机壳被打开。")
SAID = Evidence("其间无SIM卡。", ("离线前：电量76%。",), ("电量正常。",), facts={"beats": 28})


def said(recorder_id: str, seq: int, at: datetime, kind: str, **fields: Any) -> Arrival:
    """What a recorder says, arrived a second after it was measured."""
    payload = {"ts": at.isoformat(), "boot": "b1", "seq": seq, **fields}
    return Arrival(f"recorder/v1/{recorder_id}/{kind}", json.dumps(payload).encode(), at + timedelta(seconds=1))


async def walked(desk: Desk, recorder_id: str, north: float, **login: str) -> datetime:
    """A recorder has been at four places in the last nine minutes; when it began."""
    start = datetime.now(UTC) - 9 * MINUTE
    birth = {
        "state": "online",
        "model": "HX",
        "firmware": "1",
        "imei": "861234567890123",
        "session": "s1",
        "uptime_s": 1,
    }
    birth |= login
    places = [
        said(
            recorder_id, n + 1, start + 3 * n * MINUTE, "location", lat=north + n / 100, lon=121.5 + n / 50, fix="gnss"
        )
        for n in range(4)
    ]
    await desk.bureau.hear(said(recorder_id, 0, start - MINUTE, "presence", **birth), *places)
    return start


async def assigned(desk: Desk, name: str, officer_id: str, since: datetime, until: datetime) -> None:
    """R0017 is *officer_id*'s from *since* to *until*."""
    times = {"starts_at": since.isoformat(), "ends_at": until.isoformat()}
    one = {"id": name, "recorder_id": "R0017", "officer_id": officer_id, **times}
    await desk.bureau.put("assignments", one, at=datetime.now(UTC))


async def on_patrol(desk: Desk, *officer_ids: str) -> None:
    now = desk.bureau.now
    await desk.bureau.put("shifts", *(shift(f"S{who}", who, now - HOUR, now + HOUR) for who in officer_ids))


async def track(page: Page) -> None:
    """Ask for the way of the recorder whose card is open."""
    await page.get_by_role("button", name="近12小时轨迹").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("查看理由").fill("核实求助位置")
    await dialog.get_by_role("button", name="查看轨迹").click()
    await expect(page.locator(".card-track")).to_be_visible()


async def expect_no_track(page: Page) -> None:
    await expect(page.locator(".card-track, .track-label")).to_have_count(0)
    assert not await page.evaluate("() => Boolean(window.consoleMap.map.getSource('track'))")


async def on_map(desk: Desk, recorder_id: str) -> Page:
    page = await desk.signed_in("zhihui", f"#/map?select={recorder_id}")
    await page.locator(".map[data-drawn]").wait_for()
    return page


async def test_a_track_says_whose_it_is_and_from_when_to_when_and_is_cut_where_the_recorder_changed_hands(
    desk: Desk,
) -> None:
    start = await walked(desk, "R0017", 31.2)
    await on_patrol(desk, "P0032")
    await assigned(desk, "A1", "P0031", start - HOUR, start + 5 * MINUTE)
    await assigned(desk, "A2", "P0032", start + 5 * MINUTE, start + 5 * HOUR)
    page = await on_map(desk, "R0017")
    await track(page)
    rows = page.locator(".card-track li")
    await expect(rows).to_have_count(2)
    first = (start + 8 * HOUR).strftime("%H:%M")
    await expect(rows.first).to_contain_text("张三")
    await expect(rows.first).to_contain_text(first)
    await expect(rows.last).to_contain_text("李四")
    await expect(page.locator(".track-label")).to_have_count(2)
    await picture(page, "desk-map-track")
    drawn = await page.evaluate(
        "async () => (await window.consoleMap.map.getSource('track').getData()).features.map((f) => [f.properties.colour, "
        "f.geometry.coordinates.length])"
    )
    assert [2, 2] == [length for _, length in drawn]
    assert 2 == len({colour for colour, _ in drawn})


async def test_a_track_of_nobody_certain_names_nobody(desk: Desk) -> None:
    await walked(desk, "R0017", 31.2, officer_id="P0032")
    await on_patrol(desk, "P0032")
    page = await on_map(desk, "R0017")
    await track(page)
    await expect(page.locator(".card-track li")).to_have_count(1)
    await expect(page.locator(".card-track li")).to_contain_text("佩戴人未能确定")


async def test_a_track_goes_with_its_card_and_with_a_filter(desk: Desk) -> None:
    await walked(desk, "R0017", 31.2)
    await walked(desk, "R0051", 31.3)
    await on_patrol(desk, "P0051")
    page = await on_map(desk, "R0017")
    await track(page)
    await page.get_by_label("输入记录仪编号或姓名").fill("赵五")
    await page.keyboard.press("Enter")
    await expect(page.locator(".card")).to_contain_text("R0051")
    await expect_no_track(page)
    await track(page)
    await page.get_by_role("button", name="收起轨迹").click()
    await expect_no_track(page)
    await track(page)
    await page.get_by_label("按单位筛选").select_option("U05")
    await expect_no_track(page)
    await track(page)
    await page.get_by_role("button", name="关闭").click()
    await expect_no_track(page)
    await expect(page.locator(".card")).to_have_count(0)


async def test_a_track_goes_when_its_recorder_is_handed_to_another(desk: Desk) -> None:
    await walked(desk, "R0017", 31.2)
    await on_patrol(desk, "P0032")
    page = await on_map(desk, "R0017")
    await track(page)
    now = datetime.now(UTC)
    await assigned(desk, "A2", "P0032", now, now + 5 * HOUR)
    await expect(page.locator(".card")).to_contain_text("李四", timeout=15_000)
    await expect_no_track(page)
    await expect(page.locator(".toast")).to_contain_text("佩戴人已变更")


@asynccontextmanager
async def held(page: Page, pattern: str, method: str = "GET") -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """The first request that fits is answered late: when what this yields is called."""
    release, done = asyncio.Event(), asyncio.Event()
    seen: list[Route] = []

    async def hold(route: Route) -> None:
        if route.request.method != method or seen:
            await route.continue_()
            return
        seen.append(route)
        answer = await route.fetch()
        await release.wait()
        # The page may have given it up.
        with suppress(Error):
            await route.fulfill(response=answer)
        done.set()

    async def let_go() -> None:
        release.set()
        await done.wait()
        await page.evaluate("() => new Promise((done) => setTimeout(() => requestAnimationFrame(done), 100))")

    await page.route(pattern, hold)
    yield let_go


async def test_an_acknowledgement_that_is_answered_late_does_not_come_up_under_the_next_incident(desk: Desk) -> None:
    first = await desk.incident(evidence=SAID)
    await desk.incident(key="b", rule="tamper", weight="check", cause=None, confidence="probable", evidence=OPENED)
    page = await desk.signed_in("lidui", f"#/incidents/{first}")
    await page.locator(".side-key").wait_for()
    await page.locator(".queue-row", has_text="防拆告警").wait_for()
    head = page.locator(".incident-head h2")
    async with held(page, "**/actions", "POST") as let_go:
        async with page.expect_request("**/actions"):
            await page.keyboard.press("a")
        await page.locator(".queue-row", has_text="防拆告警").click()
        await expect(head).to_contain_text("防拆告警")
        await page.locator(".side-key").wait_for()
        await let_go()
    await expect(page.locator(".queue-row", has_text="SIM卡脱离")).to_contain_text("已签收")
    await expect(head).to_contain_text("防拆告警")
    await page.get_by_role("button", name="备注").click()
    await expect(page.get_by_role("dialog")).not_to_contain_text("SIM")


async def test_a_queue_is_of_the_filter_that_was_chosen_last(desk: Desk) -> None:
    await desk.incident(evidence=SAID)
    await desk.incident(key="b", rule="tamper", weight="check", cause=None, confidence="probable", evidence=SAID)
    page = await desk.signed_in("zhihui", "#/incidents")
    await expect(page.locator(".queue-row")).to_have_count(2)
    async with held(page, "**/incidents?*rule=sim-removed*") as let_go:
        async with page.expect_request("**/incidents?*rule=sim-removed*"):
            await page.get_by_label("规则", exact=True).select_option("sim-removed")
        async with page.expect_response("**/incidents?*rule=tamper*"):
            await page.get_by_label("规则", exact=True).select_option("tamper")
        await expect(page.locator(".queue-row")).to_have_count(1)
        await let_go()
    await expect(page.locator(".queue-row")).to_have_count(1)
    await expect(page.locator(".queue-row")).to_contain_text("防拆告警")


async def test_a_recorders_picture_is_of_the_day_that_was_chosen_last(desk: Desk) -> None:
    page = await desk.signed_in("zhihui", "#/recorders/R0017")
    await page.locator(".timeline").wait_for()
    day = page.get_by_label("日期")
    async with held(page, "**/timeline?*from=2026-01-01*") as let_go:
        async with page.expect_request("**/timeline?*from=2026-01-01*"):
            await day.fill("2026-01-02")
        async with page.expect_response("**/timeline?*from=2026-01-03*"):
            await day.fill("2026-01-04")
        await let_go()
    await expect(page.locator(".timeline")).to_have_attribute("aria-label", "时间线 01/04 00:00–01/05 00:00")


async def test_a_queue_takes_out_what_the_stream_says_is_over_and_takes_in_nothing_that_is(desk: Desk) -> None:
    one = await desk.incident(evidence=SAID)
    other = await desk.incident(key="b", subject=Subject("U05", "R0051", "P0051"), evidence=SAID)
    page = await desk.signed_in("zhihui", "#/incidents")
    await expect(page.locator(".queue-row")).to_have_count(2)
    await desk.becomes(one, "withdrawn")
    await expect(page.locator(".queue-row")).to_have_count(1, timeout=10_000)
    await expect(page.locator(".queue-row")).to_have_attribute("data-id", other)
    await desk.becomes(one, "excused")
    await desk.incident(key="c", rule="tamper", weight="check", cause=None, confidence="probable", evidence=SAID)
    await expect(page.locator(".queue-row", has_text="防拆告警")).to_have_count(1, timeout=10_000)
    await expect(page.locator(".queue-row")).to_have_count(2)
