// Wall mode: no menus, big figures, the map and what is open; runs for weeks, so nothing here grows.

import { fill, h } from "../dom.js";
import { t, toneClass, word } from "../words.js";
import { Incidents, isActive } from "../wire/incidents.js";
import { clock, day, minute } from "../time.js";
import { chart } from "../map/chart.js";
import { COLOURS } from "../map/points.js";
import { badge, dot } from "../parts/badge.js";
import { strip } from "../parts/strip.js";

const MOST = 14;
const AGAIN_MS = 60_000;

/**
 * Shows the page.
 * @param {Element} root
 */
export async function show(root) {
  const figures = strip();
  const time = h("time", { class: "wall-clock" });
  const box = h("div", { class: "map" });
  const open = h("ol", { class: "wall-incidents" });
  fill(root, h("header", { class: "wall-head" }, h("h2", {}, t("app.title")), figures.element, time,
    h("div", { class: "wall-buttons" },
      h("button", { class: "button", onclick: () => document.documentElement.requestFullscreen?.() }, t("wall.full")),
      h("a", { class: "button", href: "#/map" }, t("wall.leave")))),
  h("div", { class: "wall-body" }, h("div", { class: "map-frame", role: "region", "aria-label": t("page.map") }, box, legend()),
    h("section", { class: "wall-side" }, h("h3", {}, t("wall.open")), open)));
  const drawing = await chart(box, { isDark: true });
  const queue = new Incidents({ query: () => ({ active: "true", limit: MOST }), fits: isActive, draw: () => newest(open, queue.items) });
  await queue.load();
  const tick = () => { time.textContent = `${day()} ${clock(new Date())}`; };
  tick();
  const timers = [setInterval(tick, 1000),
    setInterval(() => queue.load(), AGAIN_MS)];
  return () => {
    queue.close();
    figures.close();
    for (const timer of timers) clearInterval(timer);
    drawing.close();
  };
}

function legend() {
  return h("div", { class: "legend wall-legend" }, Object.keys(COLOURS).map((state) => h("span", {},
    dot(state), word("state", state))));
}

/**
 * The newest open incidents, never more than fit.
 * @param {Element} element
 * @param {Schemas["IncidentSummary"][]} items
 */
function newest(element, items) {
  const shown = [...items].sort((a, b) => b.detected_at.localeCompare(a.detected_at)).slice(0, MOST);
  fill(element, shown.length === 0 && h("li", { class: "empty" }, t("wall.calm")),
    shown.map((each) => h("li", { class: `weight-edge-${each.weight} rule-${each.rule} ${toneClass("weight", each.weight)}` },
      h("p", { class: "queue-top" }, h("time", {}, minute(each.starts_at)), h("strong", {}, each.rule_zh),
        badge("confidence", each.confidence)),
      h("p", {}, each.headline))));
}
