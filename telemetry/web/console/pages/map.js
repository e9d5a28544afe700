// The live map: every recorder on duty by its state, the strip of figures, filters, a card and its follow mode.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { get } from "../wire/api.js";
import * as live from "../wire/live.js";
import { Turn } from "../wire/turn.js";
import { card } from "../map/card.js";
import { chart } from "../map/chart.js";
import { COLOURS } from "../map/points.js";
import { dot } from "../parts/badge.js";
import { drawTrack, partsOf } from "../map/track.js";
import { ask } from "../parts/dialog.js";
import { strip } from "../parts/strip.js";
import { say } from "../parts/toast.js";
import { below, unitChoices } from "../parts/units.js";
import { keepQuery } from "../address.js";

const CARD_INCIDENTS = 4;
/** @import { Part } from "../map/track.js" */

// The longest shift: a night patrol's way doesn't end at midnight.
const TRACK_MS = 12 * 3600 * 1000;

/**
 * Shows the page.
 * @param {Element} root
 * @param {Place} place
 */
export async function show(root, place) {
  const figures = strip();
  const container = h("div", { class: "map", role: "region", "aria-label": t("page.map") });
  const side = h("div", { class: "map-side" });
  const tools = h("div", { class: "map-tools" });
  fill(root, figures.element, h("div", { class: "map-frame" }, container, tools, side));
  const drawing = await chart(container);
  const page = new MapPage(drawing, side, place.query);
  fill(tools, page.tools);
  drawing.map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "bottom-right");
  figures.onpick((state) => page.pickState(state));
  // Whoever has gone on meanwhile has another address now.
  if (root.isConnected) {
    page.refilter();
    if (place.query.select) page.select(place.query.select, true);
  }
  const unwatch = live.watch({ recorders: (ids) => page.changed(ids), reset: () => page.renewed(),
    incidents: (changed) => page.happened(changed), gone: () => page.renewed() });
  window.consoleMap = page;
  return () => {
    unwatch();
    figures.close();
    page.leave();
    window.consoleMap = null;
    drawing.close();
  };
}

class MapPage {
  /** @type {string | null} */
  selected = null;
  /** @type {Schemas["IncidentSummary"][]} */
  open = [];
  /** @type {{ parts: Part[], is_cut: boolean, wearer: string | null, hide: () => void } | null} */
  track = null;
  legend = h("div", { class: "legend", role: "group", "aria-label": t("map.state") });
  shownCount = h("span", { class: "shown", role: "status" });

  /**
   * @param {Awaited<ReturnType<typeof chart>>} drawing
   * @param {Element} side
   * @param {Place["query"]} query
   */
  constructor(drawing, side, query) {
    this.map = drawing.map;
    this.points = drawing.points;
    this.units = drawing.units;
    this.shift = drawing.shift;
    this.side = side;
    /** @type {{ unit?: string, state?: string }} */
    this.query = { unit: query.unit, state: query.state };
    this.shown = new Turn();
    this.asked = new Turn();
    this.isFollowing = false;
    this.tools = this.#tools();
    this.map.on("click", (/** @type {any} */ event) => this.select(this.points.pick(event.point)));
    this.map.on("mousemove", (/** @type {any} */ event) => {
      this.map.getCanvas().classList.toggle("is-over", this.points.pick(event.point) !== null);
    });
    this.map.on("dragstart", () => this.#follow(false));
  }

  refilter() {
    const { unit, state } = this.query;
    const units = unit ? below(this.units, unit) : null;
    const shown = this.points.filter((each) => (!units || units.has(each.unit_id)) && (!state || each.state === state));
    this.shownCount.textContent = t("map.shown", { n: shown });
    for (const button of this.legend.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.state === state));
    }
    keepQuery({ ...this.query, select: this.selected ?? undefined });
  }

  /** @param {string} state */
  pickState(state) {
    this.query.state = this.query.state === state ? undefined : state;
    this.#hideTrack();
    this.refilter();
  }

  /**
   * @param {string | null} id
   * @param {boolean} [isCentred]
   */
  select(id, isCentred = false) {
    if (id !== this.selected) {
      this.shown.begin();
      this.open = [];
      this.#hideTrack();
    }
    this.selected = id;
    if (!id) this.#follow(false);
    this.points.select(id);
    this.#draw();
    this.#findOpen();
    keepQuery({ ...this.query, select: id ?? undefined });
    const at = id && this.points.at(id);
    if (at && isCentred) this.map.jumpTo({ center: at, zoom: Math.max(this.map.getZoom(), 14) });
  }

  /**
   * Incidents have changed: those of the chosen recorder stand on its card.
   * @param {Schemas["IncidentSummary"][]} incidents
   */
  happened(incidents) {
    if (incidents.some((each) => each.recorder_id === this.selected)) this.#findOpen();
  }

  /** @param {string[]} ids */
  changed(ids) {
    if (!this.selected || !ids.includes(this.selected)) return;
    if (this.track && (live.recorders.get(this.selected)?.officer_id ?? null) !== this.track.wearer) {
      this.#hideTrack();
      say(t("map.trackHandedOver", { id: this.selected }));
    }
    this.#draw();
    const at = this.isFollowing && this.points.at(this.selected);
    if (at) this.map.easeTo({ center: at, duration: 400 });
  }

  /** Anything may have changed. */
  renewed() {
    if (this.selected) this.changed([this.selected]);
    this.#findOpen();
  }

  /** The page is left: nothing that still comes is shown. */
  leave() {
    this.shown.end();
    this.asked.end();
  }

  #findOpen() {
    const id = this.selected;
    if (!id) {
      this.asked.end();
      return;
    }
    // Where they don't come, the card still says how many there are.
    this.asked.show((signal) => get("/incidents", { recorder_id: id, active: "true", limit: CARD_INCIDENTS }, { signal }),
      ({ items }) => {
        this.open = items;
        this.#draw();
      }, () => {});
  }

  #draw() {
    const recorder = live.recorders.get(this.selected ?? "");
    if (!recorder) {
      fill(this.side, this.selected && h("section", { class: "card" },
        h("p", {}, t("map.unknown", { id: this.selected }))));
      return;
    }
    fill(this.side, card(recorder, {
      close: () => this.select(null),
      follow: () => this.#follow(!this.isFollowing),
      track: () => this.#askTrack(recorder.recorder_id),
      hide: () => this.#hideTrack(),
    }, this.isFollowing, this.open, this.track), this.points.at(recorder.recorder_id) ? null
      : h("p", { class: "note" }, t("map.noPosition")));
  }

  /** @param {boolean} isOn */
  #follow(isOn) {
    if (this.isFollowing === isOn) return;
    this.isFollowing = isOn;
    const at = isOn && this.selected && this.points.at(this.selected);
    if (at) this.map.easeTo({ center: at, zoom: Math.max(this.map.getZoom(), 14), duration: 400 });
    this.#draw();
  }

  /**
   * The way of the recorder whose card is shown; it goes with the card, with a filter, and with its wearer.
   * @param {string} id
   */
  async #askTrack(id) {
    const { signal } = this.shown;
    const wearer = live.recorders.get(id)?.officer_id ?? null;
    const track = await ask({
      title: t("map.trackTitle", { id }), text: t("map.trackText"), submit: t("map.trackShow"),
      fields: [{ name: "why", label: t("map.trackWhy"), required: true, most: 200 }],
      send: ({ why }) => get(`/recorders/${encodeURIComponent(id)}/track`, {
        from: new Date(live.now() - TRACK_MS).toISOString(), to: new Date(live.now()).toISOString(), why }),
    });
    if (!track || signal.aborted) return;
    this.#hideTrack();
    const parts = partsOf(track);
    if (parts.length === 0) say(t("map.trackEmpty"));
    else this.track = { parts, is_cut: track.is_cut, wearer, hide: drawTrack(this.map, parts, this.shift) };
    this.changed([id]);
  }

  #hideTrack() {
    if (!this.track) return;
    this.track.hide();
    this.track = null;
    this.#draw();
  }

  #tools() {
    const select = h("select", { "aria-label": t("map.unit"), onchange: () => {
      this.query.unit = select.value || undefined;
      this.#hideTrack();
      this.refilter();
    } }, h("option", { value: "" }, t("map.allUnits")),
    unitChoices(this.units).map(([value, label]) => h("option", { value }, label)));
    select.value = this.query.unit ?? "";
    const find = h("input", { type: "search", placeholder: t("map.find"), "aria-label": t("map.find"),
      list: "map-found", onchange: () => { this.#find(find.value.trim()); } });
    fill(this.legend, Object.keys(COLOURS).map((state) => h("button", { data: { state }, "aria-pressed": "false",
      onclick: () => this.pickState(state) }, dot(state), word("state", state))));
    return [select, find, this.legend, this.shownCount];
  }

  /** @param {string} text */
  #find(text) {
    if (!text) return;
    const all = [...live.recorders.values()];
    const found = live.recorders.get(text)
      ?? all.find((each) => each.recorder_id.toLowerCase() === text.toLowerCase() || each.officer_name === text)
      ?? all.find((each) => each.recorder_id.toLowerCase().includes(text.toLowerCase()));
    if (found) this.select(found.recorder_id, true);
    else {
      this.select(null);
      fill(this.side, h("p", { class: "note", role: "status" }, t("map.notFound", { text })));
    }
  }
}
