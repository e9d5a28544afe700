"""Every page of the console as somebody who may see it: it opens, says what to do where it is empty, and axe finds no serious fault."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page
from standins.api_scene import HOUR
from standins.console_desk import DESK, PHONE, Desk, picture

from alerts.finding import Evidence
from telemetry.ingest.arrival import Arrival

SAID = Evidence(
    "R0017于3月2日10:02至10:29检测不到SIM卡（连续27分钟，28条报告）。",
    ("同小区另有11台始终在线。", "离线前：电量76%，信号−84 dBm。"),
    ("断线前电量76%、信号良好。",),
    ("是否人为、是否故意，系统不能判断。",),
    {"beats": 28},
)
AREA = {
    "type": "Polygon",
    "coordinates": [[[121.5, 31.2], [121.6, 31.2], [121.6, 31.28], [121.5, 31.28], [121.5, 31.2]]],
}
PAGES = {
    "zhihui": [
        *("map", "incidents", "wall", "handover", "duty", "recorders", "recorders/R0017", "imports", "units"),
        *("slips", "circulars", "circulars/scores", "repairs", "requests", "notices", "maintenance", "rules", "system"),
    ],
    "ducha": ["approvals"],
    "guanli": ["calendar", "accounts", "grants", "tokens", "password", "lost"],
    "shenji": ["audit"],
}
PHONE_PAGES = {"zhangsan": ["mine", "incidents/ID"], "wangguan": ["custody", "incidents/ID", "map"]}
SIZES = {"desk": DESK, "phone": PHONE}


def said(kind: str, seq: int, at: datetime, **fields: Any) -> Arrival:
    """What R0017 says at *at*, arrived a second later."""
    payload = {"ts": at.isoformat(), "boot": "b1", "seq": seq, **fields}
    return Arrival(f"recorder/v1/R0017/{kind}", json.dumps(payload).encode(), at + timedelta(seconds=1))


async def furnish(desk: Desk) -> str:
    """A day with something of everything; the id of its incident."""
    now = desk.bureau.now
    birth = {"state": "online", "model": "HX-4G", "firmware": "1", "imei": "861234567890123", "session": "s1"}
    beat = {"network": "4g", "rsrp_dbm": -84, "cell": "460-00-1-2", "sim": "ready"}
    arrivals = [said("presence", 0, now - HOUR, **birth, uptime_s=10)]
    for n in range(1, 60):
        at = now - HOUR + timedelta(minutes=n)
        arrivals += [
            said("heartbeat", n * 3, at, uptime_s=n * 60, **beat),
            said("battery", n * 3 + 1, at, level_pct=90 - n / 2, charging=False),
            said("location", n * 3 + 2, at, lat=31.2 + n / 1000, lon=121.55, fix="gnss"),
        ]
    await desk.bureau.hear(*arrivals)
    await desk.bureau.put(
        "units",
        {"id": "U04", "name": "第3中队", "kind": "squad", "parent_id": "U01", "area": AREA},
        {"id": "U05", "name": "第5中队", "kind": "squad", "parent_id": "U01"},
    )
    times = {
        "starts_at": (now - 40 * timedelta(minutes=1)).isoformat(),
        "ends_at": (now - timedelta(minutes=9)).isoformat(),
    }
    await desk.bureau.put("activities", {"id": "C1", "officer_id": "P0031", "kind": "inspection", **times})
    await desk.incident(rule="tamper", weight="check", key="t", cause=None, confidence="probable", evidence=SAID)
    return await desk.incident(evidence=SAID)


async def opened(page: Page, place: str) -> None:
    """Go to a page and wait until it is all there."""
    await page.evaluate("hash => { location.hash = hash; }", f"#/{place}")
    await page.locator(f".page-{place.split('/', maxsplit=1)[0]}").wait_for()
    await page.wait_for_function("() => !document.querySelector('.loading, [aria-busy]')")


async def serious(page: Page, place: str) -> list[str]:
    found = await Axe().run(page)
    return [
        f"{place}: {fault['id']} {fault['nodes'][0]['html'][:160]}"
        for fault in found.response["violations"]
        if fault["impact"] in {"serious", "critical"}
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("size", "pages"), [("desk", PAGES), ("phone", PHONE_PAGES)])
async def test_every_page_opens_and_is_accessible(desk: Desk, size: str, pages: dict[str, list[str]]) -> None:
    incident_id = await furnish(desk)
    faults: list[str] = []
    for who, places in pages.items():
        page = await desk.signed_in(who, "#/rules", SIZES[size])
        for named in places:
            place = named.replace("ID", incident_id)
            await opened(page, place)
            await page.wait_for_timeout(300)
            await picture(page, f"{size}-{named.replace('/', '-')}")
            problem = page.locator(".page .problem")
            if await problem.count():
                faults.append(f"{place}: {await problem.first.inner_text()}")
            width = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            if width > 0:
                faults.append(f"{place}: {width} px wider than the screen")
            faults += await serious(page, place)
        await page.context.close()
    assert [] == faults


async def test_the_login_page_is_accessible(desk: Desk) -> None:
    page = await desk.page(PHONE)
    await page.goto(f"{desk.base}/login")
    await page.get_by_label("账号").wait_for()
    await picture(page, "phone-login")
    assert [] == await serious(page, "login")
