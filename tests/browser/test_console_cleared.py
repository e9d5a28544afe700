"""Once an incident is over for the person, no page says what it was, as if it still were: sure, for a slip, or running."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Page, Route, expect
from standins.console_desk import Desk, picture
from standins.two_units import put_both

from alerts.finding import Evidence

SAID = Evidence("其间无SIM卡。", ("离线前：电量76%。",), ("电量正常。",), facts={"beats": 28})
CLEARED = ("revoked", "dismissed", "withdrawn", "excused")
SAYS = ("数据确证", "可移送", "陈述期")
PAST = "当时："
"""What says so begins with this, and stands in a history or as the text of an old notice."""
COLOURS = ".confidence-confirmed, .weight-transfer, .weight-edge-transfer, .status-upheld, .side-against"
_SAID_NOW = """says => {
  const found = [];
  const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (node.parentElement.closest("option, .was, .reason") || node.textContent.startsWith("当时：")) continue;
    if (says.some((word) => node.textContent.includes(word))) found.push(node.textContent);
  }
  return found;
}"""


async def told(desk: Desk, incident_id: str) -> None:
    """The person has been told of an incident a minute ago: his time to be heard runs."""
    at = datetime.now(UTC) - timedelta(minutes=1)
    text = json.dumps({"title": "【待核实，非认定】", "text": "R0017离线27分钟，数据确证，请在陈述期内说明。"})
    notice_id = await desk.bureau.value(
        "INSERT INTO notice (person, urgent, created_at, message, routes, state, next_at, sent_at, sent_by) "
        "VALUES ('P0031', false, $1, $2::text::jsonb, '[]', 'sent', $1, $1, 'wecom_app') RETURNING notice_id",
        *(at, text),
    )
    await desk.bureau.value(
        "INSERT INTO notice_item (incident_id, person, officer_id, capacity, kind, urgent, weight, created_at, not_before, notice_id) "
        "VALUES ($1, 'P0031', 'P0031', 'subject', 'new', false, 'transfer', $2, $2, $3)",
        *(incident_id, at, notice_id),
    )


async def says_now(page: Page) -> list[str]:
    """What the page still says as if it were so, and what it still paints as an accusation."""
    said = list(await page.evaluate(_SAID_NOW, list(SAYS)))
    painted = await page.locator("main").locator(COLOURS).evaluate_all("(all) => all.map((each) => each.className)")
    return said + list(painted)


async def opened(page: Page, place: str) -> None:
    await page.evaluate("hash => { location.hash = hash; }", f"#/{place}")
    await page.locator(f".page-{place.split('/', maxsplit=1)[0].split('?', maxsplit=1)[0]}").wait_for()
    await page.wait_for_function("() => !document.querySelector('.loading, [aria-busy]')")


async def test_while_it_stands_it_is_said_and_a_time_to_be_heard_runs(desk: Desk) -> None:
    incident_id = await desk.incident(evidence=SAID)
    await told(desk, incident_id)
    page = await desk.signed_in("zhihui", f"#/incidents/{incident_id}")
    await expect(page.locator(".incident")).to_contain_text("陈述截止")
    for word in ("数据确证", "可移送"):
        await expect(page.locator(".incident-head")).to_contain_text(word)
        await expect(page.locator(".queue-row")).to_contain_text(word)


@pytest.mark.parametrize("status", CLEARED)
async def test_once_it_is_cleared_no_page_says_it_any_more(desk: Desk, status: str) -> None:
    incident_id = await desk.incident(evidence=SAID)
    await told(desk, incident_id)
    await desk.becomes(incident_id, status)
    places = {
        "zhihui": ("incidents", f"incidents/{incident_id}", "incidents?active=", "map?select=R0017", "wall", "notices"),
        "zhangsan": ("mine", f"mine/{incident_id}"),
    }
    still = []
    for who, pages in places.items():
        page = await desk.signed_in(who, "#/rules")
        for place in pages:
            await opened(page, place)
            still += [(who, place, each) for each in await says_now(page)]
            if place.endswith(incident_id):
                await picture(page, f"desk-cleared-{status}-{who}")
                await expect(page.locator(".was")).to_have_text(f"{PAST}数据确证 · 可移送")
            if place == "notices":
                await picture(page, f"desk-cleared-{status}-notices")
                await expect(page.locator("tbody tr")).to_contain_text(PAST)
                await expect(page.locator("tbody tr")).to_contain_text("不再成立")
        await page.context.close()
    assert [] == still


@pytest.mark.parametrize("status", CLEARED)
async def test_whoever_has_it_open_stops_being_told_so_by_itself(desk: Desk, status: str) -> None:
    incident_id = await desk.incident(evidence=SAID)
    page = await desk.signed_in("zhihui", f"#/incidents/{incident_id}")
    await expect(page.locator(".incident-head")).to_contain_text("数据确证")
    await desk.becomes(incident_id, status)
    await expect(page.locator(".was")).to_be_visible(timeout=10_000)
    assert [] == await says_now(page)


async def test_what_changed_before_the_stream_began_is_not_missed(desk: Desk) -> None:
    incident_id = await desk.incident(evidence=SAID)
    early, page = [await desk.signed_in("zhihui", f"#/incidents/{incident_id}") for _ in range(2)]
    may_begin = asyncio.Event()

    async def late(route: Route) -> None:
        await may_begin.wait()
        await route.continue_()

    await page.route("**/live", late)
    await page.reload()
    for each in (early, page):
        await expect(each.locator(".incident-head")).to_contain_text("数据确证")
    await desk.becomes(incident_id, "withdrawn")
    await expect(early.locator(".was")).to_be_visible(timeout=10_000)
    may_begin.set()
    await expect(page.locator(".was")).to_be_visible(timeout=10_000)
    assert [] == await says_now(page)


async def test_what_is_cleared_is_not_found_among_the_confirmed(desk: Desk) -> None:
    incident_id = await desk.incident(evidence=SAID)
    found = await desk.bureau.get("zhihui", "/incidents", confidence="confirmed", weight="transfer")
    assert [incident_id] == [each["incident_id"] for each in found["items"]]
    await desk.becomes(incident_id, "withdrawn")
    for asked in ({"confidence": "confirmed"}, {"weight": "transfer"}):
        assert [] == (await desk.bureau.get("zhihui", "/incidents", **asked))["items"]
    found = await desk.bureau.get("zhihui", "/incidents", status="withdrawn")
    claim = {"confidence": "confirmed", "weight": "transfer"}
    assert [(None, None, claim)] == [(each["confidence"], each["weight"], each["was"]) for each in found["items"]]


async def test_a_void_slip_says_so_and_is_painted_as_nothing_else(desk: Desk) -> None:
    await put_both(desk.bureau)
    void = "INSERT INTO slip_step (slip_id, version, at, account, step, opinion) VALUES ('A2-own', 9, now(), 'x', 'void', 'x')"
    await desk.bureau.value(void)
    page = await desk.signed_in("ducha", "#/slips/A2-own")
    await expect(page.locator(".slip h2")).to_contain_text("作废")
    await expect(page.get_by_role("heading", name="当时认定内容（已作废）")).to_be_visible()
    await expect(page.locator(".slip h2 .badge")).to_have_class("badge")
    await picture(page, "desk-slip-void")
    await opened(page, "slips")
    await expect(page.locator("tbody tr", has_text="作废").locator(".badge")).to_have_class("badge")
