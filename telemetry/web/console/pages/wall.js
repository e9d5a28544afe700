// Wall mode: no menus, big figures, the map and what is open; runs for weeks, so nothing here grows.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { get } from "../wire/api.js";
import * as live from "../wire/live.js";
import { clock, day, minute } from "../time.js";
import { chart } from "../map/chart.js";
import { COLOURS } from "../map/points.js";
import { badge } from "../parts/badge.js";
import { strip } from "../parts/strip.js";

const MOST = 14;
const AGAIN_MS = 60_000;

/** Shows the page. */
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
  const queue = new Newest(open);
  await queue.load();
  const unwatch = live.watch({ incidents: (changed) => queue.take(changed) });
  const tick = () => { time.textContent = `${day()} ${clock(new Date())}`; };
  tick();
  const timers = [setInterval(tick, 1000),
    setInterval(() => queue.load(), AGAIN_MS)];
  return () => {
    unwatch();
    figures.close();
    timers.forEach(clearInterval);
    drawing.close();
  };
}

function legend() {
  return h("div", { class: "legend wall-legend" }, Object.keys(COLOURS).map((state) => h("span", {},
    h("i", { class: `dot state-${state}` }), word("state", state))));
}

/** The newest open incidents, never more than fit. */
class Newest {
  constructor(element) {
    this.element = element;
    this.items = [];
  }

  async load() {
    try {
      this.items = (await get("/incidents", { active: "true", limit: MOST })).items;
    } catch {
      return;
    }
    this.#draw();
  }

  take(changed) {
    const ids = new Set(changed.map((each) => each.incident_id));
    const open = changed.filter((each) => ["open", "acknowledged", "statement", "verifying"].includes(each.status));
    this.items = [...open, ...this.items.filter((each) => !ids.has(each.incident_id))]
      .sort((a, b) => b.detected_at.localeCompare(a.detected_at)).slice(0, MOST);
    this.#draw();
  }

  #draw() {
    fill(this.element, this.items.length === 0 && h("li", { class: "empty" }, t("wall.calm")),
      this.items.map((each) => h("li", { class: `weight-edge-${each.weight} rule-${each.rule}` },
        h("p", { class: "queue-top" }, h("time", {}, minute(each.starts_at)), h("strong", {}, each.rule_zh),
          badge("confidence", each.confidence)),
        h("p", {}, each.headline))));
  }
}
