"""The live map: states and cards that follow what recorders say, a cut line that is told and mended, thousands at once."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect
from standins.api_scene import OFFICERS, shift
from standins.console_desk import Desk, picture
from standins.console_fleet import on_duty
from standins.flaky_line import flaky_line

from telemetry.ingest.arrival import Arrival

SECOND = timedelta(seconds=1)
MANY = 5000


def said(seq: int, at: datetime, kind: str, **fields: Any) -> Arrival:
    """What R0017 says, arrived a second after it was measured."""
    payload = {"ts": at.isoformat(), "boot": "b1", "seq": seq, **fields}
    return Arrival(f"recorder/v1/R0017/{kind}", json.dumps(payload).encode(), at + SECOND)


async def alive(desk: Desk) -> datetime:
    """R0017 is online, records, and says where it is."""
    at = datetime.now(UTC) - 5 * SECOND
    birth = {"state": "online", "model": "HX", "firmware": "1", "imei": "861234567890123", "session": "s1"}
    beat = {"uptime_s": 60, "network": "4g", "rsrp_dbm": -84, "cell": "460-00-1-2", "sim": "ready"}
    await desk.bureau.hear(
        said(0, at - 60 * SECOND, "presence", uptime_s=1, **birth),
        said(1, at, "heartbeat", **beat),
        said(2, at, "battery", level_pct=76, charging=False),
        said(3, at, "location", lat=31.2, lon=121.5, fix="gnss"),
        said(4, at, "recording", state="recording", since=(at - 30 * SECOND).isoformat()),
    )
    return at


async def drawn(page: Page) -> None:
    await page.locator(".map[data-drawn]").wait_for(timeout=30_000)


async def place_of(page: Page, recorder_id: str) -> list[float]:
    return list(await page.evaluate(f"() => window.consoleMap.points.at({recorder_id!r})"))


async def test_a_recorder_is_shown_with_its_card_and_what_it_says_next_arrives_by_itself(desk: Desk) -> None:
    at = await alive(desk)
    page = await desk.signed_in("zhihui", "#/map?select=R0017")
    await drawn(page)
    card = page.locator(".card")
    await expect(card).to_contain_text("张三")
    await expect(card).to_contain_text("录制中")
    await expect(card).to_contain_text("76%")
    await expect(page.locator(".strip-recording .figure")).to_have_text("1")
    zoom = await page.evaluate("() => window.consoleMap.map.getZoom()")
    now = at + 3 * SECOND
    await desk.bureau.hear(
        said(5, now, "recording", state="standby", since=now.isoformat()),
        said(6, now, "location", lat=31.25, lon=121.55, fix="gnss"),
        said(7, now, "battery", level_pct=75, charging=False),
    )
    await expect(card).to_contain_text("待机", timeout=4000)
    await expect(card).to_contain_text("75%")
    await page.wait_for_function("() => window.consoleMap.points.at('R0017')[1] === 31.25")
    assert [121.55, 31.25] == await place_of(page, "R0017")
    assert zoom == await page.evaluate("() => window.consoleMap.map.getZoom()")


async def test_a_track_is_shown_for_a_reason_only_and_the_look_is_recorded(desk: Desk) -> None:
    await alive(desk)
    page = await desk.signed_in("zhihui", "#/map?select=R0017")
    await page.get_by_role("button", name="近12小时轨迹").click()
    await page.get_by_role("dialog").get_by_label("查看理由").fill("核实求助位置")
    await page.get_by_role("dialog").get_by_role("button", name="查看轨迹").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    why = await desk.bureau.value("SELECT why FROM audit_entry WHERE action = 'view.track'")
    assert "核实求助位置" == why


async def test_a_cut_line_is_told_and_after_it_no_change_is_missing(desk: Desk) -> None:
    at = await alive(desk)
    await desk.person("zhihui")
    async with flaky_line(int(desk.base.rpartition(":")[2])) as line:
        desk.bureau.address = f"http://127.0.0.1:{line.own_port}/api/v1"
        page = await desk.signed_in("zhihui", "#/map?select=R0017")
        await expect(page.locator(".card")).to_contain_text("76%")
        line.cut()
        await expect(page.locator(".banner")).to_contain_text("数据已中断")
        await desk.incident()
        await desk.bureau.hear(said(5, at + SECOND, "battery", level_pct=40, charging=False))
        line.mend()
        await expect(page.locator(".card")).to_contain_text("40%", timeout=15_000)
        await expect(page.locator(".card")).to_contain_text("1 件", timeout=15_000)
        await expect(page.locator(".banner")).to_be_hidden()
        await page.context.close()


async def test_filters_hide_what_does_not_pass(desk: Desk) -> None:
    await desk.bureau.put("shifts", shift("S5", OFFICERS[4]["id"], desk.bureau.now, desk.bureau.now + 60 * 60 * SECOND))
    await alive(desk)
    page = await desk.signed_in("zhihui", "#/map")
    await drawn(page)
    await expect(page.locator(".shown")).to_have_text("显示 1 台")
    await page.locator(".legend [data-state=standby]").click()
    await expect(page.locator(".shown")).to_have_text("显示 0 台")
    await page.locator(".legend [data-state=standby]").click()
    await page.get_by_label("按单位筛选").select_option("U05")
    await expect(page.locator(".shown")).to_have_text("显示 0 台")


@pytest.mark.slow
async def test_five_thousand_recorders_are_drawn_and_a_filter_leaves_the_right_ones(desk: Desk) -> None:
    fleet = await on_duty(desk.bureau, MANY)
    now = datetime.now(UTC)
    await desk.bureau.hear(*(fleet.records(n, now - SECOND) for n in range(0, MANY, 100)))
    page = await desk.signed_in("zhihui", "#/map")
    await drawn(page)
    await expect(page.locator(".shown")).to_have_text(f"显示 {MANY} 台")
    await page.locator(".legend [data-state=recording]").click()
    await expect(page.locator(".shown")).to_have_text(f"显示 {MANY // 100} 台")
    await picture(page, "desk-map-5000")
    assert sorted(f"R{n}" for n in range(0, MANY, 100)) == sorted(await looking(page, "recording"))
    await page.locator(".legend [data-state=recording]").click()
    assert MANY == len(await looking(page, "recording")) + len(await looking(page, "standby"))


async def looking(page: Page, look: str) -> list[str]:
    """The recorders that the map has been told to draw so."""
    return list(
        await page.evaluate(
            """look => {
              const { map, points } = window.consoleMap;
              return map.querySourceFeatures("recorders").map((each) => each.properties.id)
                .filter((id, at, all) => all.indexOf(id) === at && points.looks.get(id) === look);
            }""",
            look,
        )
    )
