// Parts, the timeline picture: everything known about a recorder over some hours, as lanes on one shared axis.

import { fill, h, svg } from "../dom.js";
import { t, toneClass } from "../words.js";
import { clock, full, minute, short, span } from "../time.js";
import { lanesOf, saysAt } from "./lanes.js";

const HEIGHTS = { bars: 22, ticks: 22, curve: 44 };
const GAP = 7;
const TOP = 24;
const STEPS_S = [60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800];

/** @import { Bars, Curve, Ticks } from "./lanes.js" */
/** @typedef {{ from: string, to: string | null }} Mark */

/**
 * The picture of a Timeline; `mark` {from, to} is the time in question. Drawn anew when its place changes width; a
 * click or the arrow keys read it off at a moment.
 * @param {Schemas["Timeline"]} data
 * @param {Mark | null} [mark]
 */
export function timeline(data, mark = null) {
  const picture = h("div", { class: "timeline-picture" });
  const reading = h("p", { class: "timeline-reading", role: "status" }, t("lane.how"));
  const lanes = lanesOf(data);
  const state = { at: /** @type {number | null} */ (null) };
  const draw = () => {
    const width = Math.max(320, picture.clientWidth);
    fill(picture, new Drawing(data, lanes, mark, width).element(state.at));
  };
  /** @param {number} at */
  const read = (at) => {
    const [from, to] = [Date.parse(data.from), Date.parse(data.to)];
    state.at = Math.min(to, Math.max(from, at));
    const said = saysAt(lanes, state.at);
    reading.textContent = `${full(state.at)}　${said.length > 0 ? said.join("；") : t("lane.nothing")}`;
    draw();
  };
  picture.addEventListener("pointerdown", (event) => read(atPixel(event, picture, data)));
  const element = h("figure", { class: "timeline", tabindex: "0", "aria-label": t("lane.title", {
    span: span(data.from, data.to) }), onkeydown: (event) => {
    const step = { ArrowLeft: -60_000, ArrowRight: 60_000 }[event.key];
    if (!step) return;
    event.preventDefault();
    read((state.at ?? Date.parse(mark?.from ?? data.from)) + step * (event.shiftKey ? 10 : 1));
  } }, picture, h("figcaption", {}, reading));
  new ResizeObserver(draw).observe(picture);
  return element;
}

/** @param {number} width */
function gutterOf(width) {
  return width < 600 ? 62 : 84;
}

/**
 * @param {PointerEvent} event
 * @param {Element} picture
 * @param {Schemas["Timeline"]} data
 */
function atPixel(event, picture, data) {
  const box = picture.getBoundingClientRect();
  const gutter = gutterOf(box.width);
  const part = (event.clientX - box.left - gutter) / (box.width - gutter);
  const [from, to] = [Date.parse(data.from), Date.parse(data.to)];
  return from + part * (to - from);
}

class Drawing {
  /**
   * @param {Schemas["Timeline"]} data
   * @param {(Bars | Curve | Ticks)[]} lanes
   * @param {Mark | null} mark
   * @param {number} width
   */
  constructor(data, lanes, mark, width) {
    this.lanes = lanes;
    this.mark = mark;
    this.width = width;
    this.from = Date.parse(data.from);
    this.to = Date.parse(data.to);
    this.gutter = gutterOf(width);
    this.height = TOP + lanes.reduce((sum, lane) => sum + HEIGHTS[lane.kind] + GAP, 0);
  }

  /** @param {number | null} at */
  element(at) {
    let y = TOP;
    const rows = this.lanes.map((lane) => {
      const row = this.#row(lane, y);
      y += HEIGHTS[lane.kind] + GAP;
      return row;
    });
    return svg("svg", { viewBox: `0 0 ${this.width} ${this.height}`, width: this.width, height: this.height,
      role: "img", "aria-label": this.#summary() },
    this.#mark(), this.#axis(), rows, at !== null && this.#line(at, "cursor"));
  }

  /** @param {number} time */
  #x(time) {
    const part = (time - this.from) / (this.to - this.from || 1);
    return this.gutter + Math.min(1, Math.max(0, part)) * (this.width - this.gutter);
  }

  #mark() {
    if (!this.mark?.from) return null;
    const x = this.#x(Date.parse(this.mark.from));
    const end = this.#x(this.mark.to ? Date.parse(this.mark.to) : this.to);
    return svg("rect", { class: "mark", x, y: TOP - 6, width: Math.max(2, end - x), height: this.height - TOP + 6 });
  }

  #axis() {
    const wanted = this.width < 600 ? 4 : 9;
    const step = (STEPS_S.find((each) => (this.to - this.from) / 1000 / each <= wanted) ?? 604_800) * 1000;
    const shift = 8 * 3_600_000;
    const marks = [];
    for (let at = Math.ceil((this.from + shift) / step) * step - shift; at <= this.to; at += step) marks.push(at);
    const label = step >= 86_400_000 ? short : minute;
    return marks.map((at) => [this.#line(at, "grid"),
      svg("text", { class: "tick", x: Math.min(this.#x(at), this.width - 22), y: 12, "text-anchor": "middle" }, label(at))]);
  }

  /**
   * @param {number} at
   * @param {string} kind
   */
  #line(at, kind) {
    const x = this.#x(at);
    return svg("line", { class: kind, x1: x, x2: x, y1: TOP - 6, y2: this.height });
  }

  /**
   * @param {Bars | Curve | Ticks} lane
   * @param {number} y
   */
  #row(lane, y) {
    const height = HEIGHTS[lane.kind];
    const name = svg("text", { class: "lane-name", x: 0, y: y + height / 2 + 4 }, lane.name);
    const ground = svg("rect", { class: "ground", x: this.gutter, y, width: this.width - this.gutter, height });
    return svg("g", { class: `lane lane-${lane.id}` }, name, ground, this.#drawn(lane, y, height));
  }

  /**
   * @param {Bars | Curve | Ticks} lane
   * @param {number} y
   * @param {number} height
   */
  #drawn(lane, y, height) {
    if (lane.kind === "bars") return this.#bars(lane, y, height);
    return lane.kind === "curve" ? this.#curve(lane, y, height) : this.#ticks(lane, y, height);
  }

  /**
   * @param {Bars} lane
   * @param {number} y
   * @param {number} height
   */
  #bars(lane, y, height) {
    return lane.items.filter((bar) => bar.to >= this.from && bar.from <= this.to).map((bar) => {
      const x = this.#x(bar.from);
      const width = Math.max(1.5, this.#x(bar.to) - x);
      const fits = width > bar.text.length * 13 + 8;
      return svg("g", {},
        svg("rect", { class: `bar bar-${lane.id} bar-is-${bar.code} ${bar.tone}`, x, y: y + 2, width, height: height - 4, rx: 2 },
          svg("title", {}, bar.title)),
        fits && svg("text", { class: `bar-text bar-text-${lane.id}-${bar.code}`, x: x + 5, y: y + height / 2 + 4 }, bar.text));
    });
  }

  /**
   * @param {Curve} lane
   * @param {number} y
   * @param {number} height
   */
  #curve(lane, y, height) {
    const [low, high] = lane.range;
    /** @param {number} value */
    const place = (value) => y + height - 2 - ((Math.min(high, Math.max(low, value)) - low) / (high - low)) * (height - 4);
    let isDrawing = false;
    let path = "";
    let before = /** @type {number | null} */ (null);
    for (const point of lane.items) {
      const isGap = point.value === null || (before !== null && point.at - before > 15 * 60_000);
      if (isGap) isDrawing = false;
      if (point.value !== null) {
        path += `${isDrawing ? "L" : "M"}${this.#x(point.at).toFixed(1)} ${place(point.value).toFixed(1)}`;
        isDrawing = true;
      }
      before = point.at;
    }
    return [svg("path", { class: `curve curve-${lane.id}`, d: path || "M0 0" }),
      svg("text", { class: "range", x: this.gutter + 3, y: y + 11 }, `${high}${lane.unit}`),
      svg("text", { class: "range", x: this.gutter + 3, y: y + height - 4 }, `${low}${lane.unit}`)];
  }

  /**
   * @param {Ticks} lane
   * @param {number} y
   * @param {number} height
   */
  #ticks(lane, y, height) {
    return lane.items.map((tick) => {
      const x = this.#x(tick.at);
      return svg("path", { class: `event event-${tick.code ?? lane.id} ${toneClass("event", tick.code)}`,
        d: `M${x} ${y + 3}l6 ${height / 2 - 3}l-6 ${height / 2 - 3}l-6 -${height / 2 - 3}z` }, svg("title", {}, tick.title));
    });
  }

  #summary() {
    return this.lanes.map((lane) => `${lane.name}：${lane.kind === "curve"
      ? t("lane.points", { n: lane.items.length })
      : lane.items.slice(0, 12).map((item) => item.title).join("，") || t("lane.none")}`).join("。")
      + `。${clock(this.from)}–${clock(this.to)}`;
  }
}
