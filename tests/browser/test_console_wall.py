"""Wall mode before 2,000 simulated recorders that speak MQTT: it stands for weeks, so what it keeps must not grow."""

import asyncio
import os
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, CDPSession, Page, expect
from standins.console_actions import ask, sign_in
from standins.wall_system import running_wall

FLEET: Final = 2000
IS_FULL: Final = os.environ.get("RECORDER_FLEET_ACCEPT") == "full"
WATCHED_S: Final = 600 if IS_FULL else 45
SAMPLES: Final = 10
WARM_S: Final = 15
WALL: Final = {"width": 1366, "height": 768}
SHOWN: Final = 14
"""As many incidents as the wall lists."""
HEAP_SLACK: Final = 1.2
NODE_SLACK: Final = 100
PATIENCE_MS: Final = 240_000
MOVED = """async () => {
  const live = await import("/wire/live.js");
  window.moved = { recorders: 0, incidents: 0 };
  live.watch({ recorders: (ids) => { window.moved.recorders += ids.length; },
    incidents: (changed) => { window.moved.incidents += changed.length; } });
}"""


async def kept(devtools: CDPSession) -> tuple[float, int]:
    """Megabytes of script heap after a collection, and nodes of the document."""
    await devtools.send("HeapProfiler.collectGarbage")
    answer = await devtools.send("Performance.getMetrics")
    figures = {each["name"]: each["value"] for each in answer["metrics"]}
    return figures["JSHeapUsedSize"] / 1e6, int(figures["Nodes"])


async def happen(page: Page, first: int, number: int) -> None:
    """Open *number* incidents by hand, each about another officer, as the verifier of *page*."""
    for n in range(first, first + number):
        breach = {
            "rule": "other-breach",
            "officer_id": f"P{n:04d}",
            "recorder_id": f"R{n:04d}",
            "unit_id": "U00",
            "starts_at": "2026-03-02T10:00:00+08:00",
            "reason": "现场督察发现",
        }
        status, opened = await ask(page, "POST", "/incidents", breach)
        assert 200 == status, opened


@pytest.mark.slow
async def test_the_wall_keeps_no_more_at_the_end_than_when_it_was_warm(
    database: str, chromium: Browser, tmp_path: Path
) -> None:
    async with running_wall(database, tmp_path, FLEET) as stage:
        await stage.person("zhihui", "command_centre")
        await stage.person("ducha", "verifier")
        page = await sign_in(chromium, stage.base, "zhihui", "#/wall", WALL)
        verifier = await sign_in(chromium, stage.base, "ducha", "#/rules")
        await page.locator(".map[data-drawn]").wait_for(timeout=PATIENCE_MS)
        await expect(page.locator(".strip-online .figure")).to_have_text(str(FLEET), timeout=PATIENCE_MS)
        await expect(page.locator(".strip-on_duty .figure")).to_have_text(str(FLEET))
        await happen(verifier, 1, SHOWN)
        await expect(page.locator(".wall-incidents li")).to_have_count(SHOWN, timeout=PATIENCE_MS)
        await page.evaluate(MOVED)
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("Performance.enable")
        # Time that passes is what is tried here; there is no event to wait for.
        await asyncio.sleep(WARM_S)
        before_mb, before_nodes = await kept(devtools)
        await happen(verifier, 101, 2 * SHOWN)
        for _ in range(SAMPLES):
            await asyncio.sleep(WATCHED_S / SAMPLES)
            after_mb, after_nodes = await kept(devtools)
            print(f"heap {after_mb:.2f} MB, {after_nodes} nodes")  # noqa: T201
        moved = await page.evaluate("window.moved")
        print(  # noqa: T201
            f"\n{moved} in {WARM_S + WATCHED_S} s; heap {before_mb:.1f} -> {after_mb:.1f} MB,"
            f" nodes {before_nodes} -> {after_nodes}"
        )
        await expect(page.locator(".strip-online .figure")).to_have_text(str(FLEET), timeout=PATIENCE_MS)
        await expect(page.locator(".wall-incidents li")).to_have_count(SHOWN)
        assert FLEET < moved["recorders"]
        assert before_mb * HEAP_SLACK > after_mb, f"{before_mb:.1f} MB, then {after_mb:.1f} MB"
        assert before_nodes + NODE_SLACK > after_nodes, f"{before_nodes} nodes, then {after_nodes}"
        await page.context.close()
        await verifier.context.close()
