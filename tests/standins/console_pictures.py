"""Test helper: screenshots of the console for docs/console; always checked, saved only on request."""

import os
from pathlib import Path
from typing import Final

from playwright.async_api import Page

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "console"
WRITES: Final = os.environ.get("RECORDER_FLEET_SCREENSHOTS") == "write"
MOST_KB: Final = 300
_CUT: Final = """() => {
  const seen = (element) => element.getClientRects().length > 0;
  const tight = [...document.querySelectorAll("button, .badge, h1, h2, .strip *, .figure")].filter(seen)
    .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0
      && getComputedStyle(element).overflowX !== "visible");
  return { over: document.documentElement.scrollWidth - window.innerWidth, cut: tight.map((each) => each.textContent) };
}"""


async def settled(page: Page) -> None:
    """Wait until the page has loaded everything, including the map's frame and the fonts."""
    await page.wait_for_function("() => !document.querySelector('.loading, [aria-busy]')")
    if await page.locator(".map").count():
        await page.locator(".map[data-drawn]").wait_for()
    await page.evaluate("() => document.fonts.ready.then(() => new Promise(requestAnimationFrame))")


async def show(page: Page, name: str) -> None:
    """Take a screenshot, and check that nothing is cut off or wider than the screen."""
    await settled(page)
    found = await page.evaluate(_CUT)
    assert 0 >= found["over"], f"{name} is {found['over']} px too wide"
    assert [] == found["cut"], f"{name}: cut off"
    picture = await page.screenshot()
    if WRITES:
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{name}.png").write_bytes(picture)
        assert MOST_KB > len(picture) / 1024, f"{name} has {len(picture) // 1024} KB"
