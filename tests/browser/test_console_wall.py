"""Wall mode: it stands for weeks, so what it keeps must not grow while thousands of recorders move on it."""

import asyncio
import json
import os
import time
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import CDPSession, expect
from standins.console_desk import Desk, picture
from standins.duty_fleet import DutyFleet

FLEET = 2000
MOVED = 200
WALL = {"width": 1920, "height": 1080}
MINUTES = float(os.environ.get("RECORDER_FLEET_WALL_MINUTES", "1"))
"""Ten where there is time."""
HEAP_SLACK = 1.25
NODE_SLACK = 200


async def kept(devtools: CDPSession) -> tuple[float, int]:
    """Megabytes of script heap after a collection, and nodes of the document."""
    await devtools.send("HeapProfiler.collectGarbage")
    used = await devtools.send("Runtime.getHeapUsage")
    counters = await devtools.send("Memory.getDOMCounters")
    return used["usedSize"] / 1e6, counters["nodes"]


async def move(desk: Desk, fleet: DutyFleet, seconds: float) -> None:
    """Let a part of the fleet speak each second."""
    until, first = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        at = datetime.now(UTC) - timedelta(seconds=31)
        spoken = [each for n in range(first, first + MOVED) for each in fleet.minute(n % FLEET, at)]
        await desk.bureau.hear(*spoken)
        first += MOVED
        await asyncio.sleep(1)


@pytest.mark.slow
async def test_the_wall_keeps_no_more_after_minutes_than_after_the_first(desk: Desk) -> None:
    fleet = DutyFleet(FLEET, datetime.now(UTC) - timedelta(minutes=2))
    facts = json.loads(fleet.facts())
    for collection in ("units", "officers", "recorders", "assignments", "shifts"):
        await desk.bureau.put(collection, *facts[collection])
    await desk.bureau.hear(*(fleet.birth(n, datetime.now(UTC) - timedelta(seconds=40)) for n in range(FLEET)))
    await move(desk, fleet, 10)
    page = await desk.signed_in("zhihui", "#/wall", WALL)
    await page.locator(".map[data-drawn]").wait_for(timeout=60_000)
    devtools = await page.context.new_cdp_session(page)
    await move(desk, fleet, 20)
    before_mb, before_nodes = await kept(devtools)
    await move(desk, fleet, MINUTES * 60)
    after_mb, after_nodes = await kept(devtools)
    await picture(page, "wall-2000")
    await expect(page.locator(".strip-on_duty .figure")).to_have_text(str(FLEET))
    assert before_mb * HEAP_SLACK > after_mb, f"{before_mb:.1f} MB, then {after_mb:.1f} MB"
    assert before_nodes + NODE_SLACK > after_nodes, f"{before_nodes} nodes, then {after_nodes}"
