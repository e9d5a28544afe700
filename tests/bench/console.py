"""How soon the live map is painted and how long it takes to answer, in Chromium with software GL before the real server.

A visit begins with an empty profile and a valid session; the second one has the files in the browser's store. A frame
counts as painted when its last pixel can be read back, which waits for what the graphics process still has to do.

    PYTHONPATH=tests python tests/bench/console.py [--size 5000] [--visits 5] [--out FILE]
"""

import argparse
import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.machine import Watch, describe_machine
from bench.run import BUILD, SERVER
from playwright.async_api import Browser, Page, async_playwright
from rich.console import Console
from rich.table import Table
from services.databases import cloned_database, migrated_template
from services.timescale import Cluster
from standins.api_scene import Api, api
from standins.console_desk import DESK, FLAGS
from standins.console_fleet import on_duty

WANTED_PAINT_MS: Final = 2000
WANTED_FILTER_MS: Final = 400
_TURNS: Final = 6
_WHEN_PAINTED: Final = """
new MutationObserver((_, observer) => {
  const map = document.querySelector(".map[data-drawn]");
  if (!map || window.paintedMs) return;
  observer.disconnect();
  const gl = map.querySelector("canvas").getContext("webgl2");
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  window.paintedMs = performance.now();
}).observe(document, { subtree: true, childList: true, attributeFilter: ["data-drawn"] });
"""
"""Keeps the moment at which the first frame with recorders was there, ms after the address was entered."""
_STEPS: Final = """() => {
  const ended = (part) => Math.max(...performance.getEntriesByType("resource")
    .filter((each) => each.name.includes(part)).map((each) => each.responseEnd));
  return { painted: window.paintedMs, live: ended("/api/v1/live"), library: ended("/vendor/maplibre-gl.js") };
}"""
_FRAME_AFTER: Final = """
  const { map, points } = window.consoleMap;
  const gl = map.getCanvas().getContext("webgl2");
  const painted = (begun) => new Promise((resolve) => map.once("render", () => {
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    resolve(performance.now() - begun);
  }));
"""
_FILTER: Final = f"""() => {{{_FRAME_AFTER}
  const frame = painted(performance.now());
  document.querySelector(".legend [data-state=recording]").click();
  return frame;
}}"""
_FEATURE_STATE: Final = f"""(old) => {{{_FRAME_AFTER}
  const frame = painted(performance.now());
  for (const id of points.drawn.keys()) map.setFeatureState({{ source: "recorders", id }}, {{ old }});
  return frame;
}}"""


@dataclass(frozen=True, slots=True)
class Visit:
    """One opening of the map, ms since the address was entered; `live` is the snapshot's last byte."""

    is_cold: bool
    library_ms: float
    live_ms: float
    painted_ms: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured; one value a turn, in milliseconds, `heap_mb` after a collection."""

    recorders: int
    visits: list[Visit]
    filter_ms: list[float]
    feature_state_ms: list[float]
    heap_mb: float

    def painted_ms(self, *, is_cold: bool) -> float:
        return median(visit.painted_ms for visit in self.visits if visit.is_cold is is_cold)


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Measure, show, write; what was written."""
    parser = argparse.ArgumentParser(description="recorder-fleet: how fast the console's map is")
    parser.add_argument("--size", type=int, default=5000, help="recorders on duty (5000)")
    parser.add_argument("--visits", type=int, default=5, help="openings of the map with an empty profile (5)")
    parser.add_argument("--out", type=Path, default=BUILD / "console.json", help="where the figures go")
    words = parser.parse_args(arguments)
    load_before = [round(load, 2) for load in os.getloadavg()]
    with (
        Cluster(SERVER) as cluster,
        migrated_template(cluster.dsn()) as template,
        cloned_database(cluster.dsn(), template) as dsn,
        Watch([]) as watch,
    ):
        figures = asyncio.run(_measure(dsn, words.size, words.visits))
    report = {
        **asdict(figures),
        "wanted": {"painted_ms": WANTED_PAINT_MS, "filter_ms": WANTED_FILTER_MS},
        "machine": describe_machine(),
        "load_average_before": load_before,
        "busy_cores_but_ours_and_the_database": round(watch.others_cores, 2),
    }
    words.out.parent.mkdir(parents=True, exist_ok=True)
    words.out.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    _show(figures, load_before[0], Console(highlight=False))
    return report


async def _measure(dsn: str, size: int, visits: int) -> Figures:
    chromium = os.environ.get("RECORDER_FLEET_TEST_CHROMIUM", "/usr/bin/chromium")
    async with api(dsn) as bureau, async_playwright() as playwright:
        await on_duty(bureau, size)
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        seen: list[Visit] = []
        for _ in range(visits):
            page = await _visitor(bureau, browser)
            await page.goto(f"{bureau.address.removesuffix('/api/v1')}/#/map")
            seen.append(await _visit(page, is_cold=True))
            await page.reload()
            seen.append(await _visit(page, is_cold=False))
            if len(seen) < 2 * visits:
                await page.context.close()
        await page.wait_for_function("() => window.consoleMap")
        filters = [float(await page.evaluate(_FILTER)) for _ in range(_TURNS)]
        states = [float(await page.evaluate(_FEATURE_STATE, turn % 2 == 0)) for turn in range(_TURNS)]
        heap_mb = await _heap_mb(page)
        await browser.close()
    return Figures(size, seen, [round(ms, 1) for ms in filters], [round(ms, 1) for ms in states], heap_mb)


async def _visitor(bureau: Api, browser: Browser) -> Page:
    """A page of an empty profile in which the command centre is signed in."""
    headers = await bureau.headers("zhihui")
    name, _, value = headers["Cookie"].partition("=")
    context = await browser.new_context(viewport=DESK, locale="zh-CN")  # type: ignore[arg-type]
    await context.add_cookies([{"name": name, "value": value, "url": bureau.address}])
    await context.add_init_script(_WHEN_PAINTED)
    return await context.new_page()


async def _visit(page: Page, *, is_cold: bool) -> Visit:
    await page.wait_for_function("() => window.paintedMs", timeout=60_000)
    steps = await page.evaluate(_STEPS)
    return Visit(is_cold, round(steps["library"]), round(steps["live"]), round(steps["painted"]))


async def _heap_mb(page: Page) -> float:
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("HeapProfiler.collectGarbage")
    usage = await devtools.send("Runtime.getHeapUsage")
    return round(usage["usedSize"] / 1e6, 1)


def _show(figures: Figures, load: float, console: Console) -> None:
    table = Table(title=f"the map of {figures.recorders:,} recorders, software GL, load {load:.1f} before")
    for heading in ("", "median", "least", "most", "wanted"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, is_cold, wanted in (
        ("first paint, empty profile, ms", True, f"< {WANTED_PAINT_MS}"),
        ("first paint, files kept, ms", False, ""),
    ):
        visits = [visit for visit in figures.visits if visit.is_cold is is_cold]
        _row(table, name, [visit.painted_ms for visit in visits], wanted)
        _row(table, "  of it until the snapshot is there", [visit.live_ms for visit in visits], "")
        _row(table, "  of it until the library is there", [visit.library_ms for visit in visits], "")
    _row(table, "a state filter, ms", figures.filter_ms, f"< {WANTED_FILTER_MS}")
    _row(table, "a feature-state of all, ms", figures.feature_state_ms, "")
    _row(table, "script heap, MB", [figures.heap_mb], "")
    console.print(table)


def _row(table: Table, name: str, values: list[float], wanted: str) -> None:
    table.add_row(name, *(f"{figure:,.0f}" for figure in (median(values), min(values), max(values))), wanted)


if __name__ == "__main__":
    main()
