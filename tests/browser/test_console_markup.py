"""Whatever stands in a free text, the console shows it as text: every page that shows one, in real Chromium."""

from datetime import timedelta
from typing import Final

from playwright.async_api import Page, expect
from standins.api_scene import shift
from standins.console_desk import Desk
from standins.two_units import HOUR, put_both

from alerts.finding import Evidence

MARKUP: Final = "<img src=x onerror=\"document.title='taken'\">"
SHOWN: Final = {
    "zhihui": ("incidents", "units", "recorders", "duty", "notices", "handover", "repairs", "requests", "slips"),
    "lidui": ("incidents", "duty", "custody"),
    "ducha": ("approvals", "slips"),
    "guanli": ("accounts",),
    "shenji": ("audit",),
    "zhangsan": ("mine",),
}
"""Pages that show at least one free text, by who may open them."""


async def hostile(desk: Desk) -> str:
    """The bureau with markup in every name and free text; the id of an incident with all of it."""
    bureau = desk.bureau
    await put_both(bureau, words=MARKUP)
    unit = {"kind": "squad", "parent_id": "U01", "name": MARKUP}
    await bureau.put("units", {"id": "U04", **unit}, {"id": "U05", **unit}, at=bureau.now)
    officer = {"unit_id": "U04", "role": "officer", "name": MARKUP}
    await bureau.put("officers", {"id": "P0031", **officer}, {"id": "P0032", **officer}, at=bureau.now)
    await bureau.put("shifts", shift("S9", "P0032", bureau.now - HOUR, bureau.now + timedelta(hours=3)))
    for who in SHOWN:
        await desk.person(who)
    await bureau.value("UPDATE account SET name = $1", MARKUP)
    incident_id = await desk.incident(evidence=Evidence(MARKUP, facts={"note": MARKUP}))
    path = f"/incidents/{incident_id}/actions"
    for who, action in (("lidui", "comment"), ("lidui", "acknowledge"), ("zhangsan", "state")):
        version = (await bureau.get(who, f"/incidents/{incident_id}"))["incident"]["version"]
        status, answer = await bureau.call(who, "POST", path, {"action": action, "reason": MARKUP, "version": version})
        assert 200 == status, answer
    body = {"shift": MARKUP[:40], "text": MARKUP, "open_items": [MARKUP]}
    assert 201 == (await bureau.call("zhihui", "POST", "/handovers", body))[0]
    return incident_id


async def seen(page: Page, place: str) -> bool:
    """Open a page of the console; whether markup stands on it as text within ten seconds."""
    await page.evaluate("place => { location.hash = place; }", f"#/{place}")
    try:
        await expect(page.locator("main")).to_contain_text("<img src=x", timeout=10_000)
    except AssertionError:
        return False
    return True


async def test_markup_is_text_on_every_page(desk: Desk) -> None:
    incident_id = await hostile(desk)
    unseen = []
    for who, places in SHOWN.items():
        page = await desk.signed_in(who, "#/rules")
        more = {"zhihui": (f"incidents/{incident_id}",), "ducha": ("slips/A2-own",)}.get(who, ())
        for place in (*places, *more):
            if not await seen(page, place):
                unseen.append((who, place))
            assert "taken" != await page.title(), (who, place)
            assert 0 == await page.locator("main img, main script").count(), (who, place)
        await page.context.close()
    assert [] == unseen
