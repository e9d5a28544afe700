// The map, recorders: one source that is set once; states by feature-state, moves in batches, filters without a re-set.

import { h } from "../dom.js";
import { word } from "../words.js";
import { now as serverNow } from "../wire/live.js";
import { boundsOf } from "./basemap.js";

/** The states' colours, in the order in which the legend shows them. */
export const COLOURS = {
  sos: "#e0112b", recording: "#12893f", standby: "#1f6fd1", silent: "#e07b00", outage: "#8a3ffc",
  docked: "#5b6b7b", offline: "#8a949e", never: "#b6bec6",
};
const BATCH_MS = 1000;
const STALE_FIX_MS = 10 * 60_000;

/** The recorders of a MapLibre map. `recorders` is the live Map, `shift` the display shift. */
export class Points {
  constructor(map, recorders, shift, isDark = false) {
    this.map = map;
    this.recorders = recorders;
    this.shift = shift;
    this.drawn = new Map();
    this.shown = new Map();
    this.waiting = new Set();
    this.timer = null;
    this.passes = () => true;
    this.sos = new Map();
    map.addSource("recorders", { type: "geojson", promoteId: "id", data: this.#all(), maxzoom: 12, tolerance: 0 });
    map.addSource("selected", { type: "geojson", data: nothing() });
    map.addLayer({ id: "selected", type: "circle", source: "selected", paint: {
      "circle-radius": 13, "circle-color": "rgba(0,0,0,0)", "circle-stroke-width": 3,
      "circle-stroke-color": isDark ? "#ffffff" : "#111827" } });
    map.addLayer({ id: "recorders", type: "circle", source: "recorders", paint: paint(isDark) });
    this.#states([...this.drawn.keys()]);
    this.aging = setInterval(() => this.#states([...this.drawn.keys()]), 60_000);
  }

  /** Takes changed recorders; moves are drawn once a second, together. */
  change(ids) {
    for (const id of ids) this.waiting.add(id);
    this.timer ??= setTimeout(() => this.flush(), BATCH_MS / 2);
  }

  /** After a new snapshot: everything may have changed. */
  reset() {
    this.change([...new Set([...this.drawn.keys(), ...this.recorders.keys()])]);
  }

  /** Shows those that pass; answers how many. */
  filter(passes) {
    this.passes = passes;
    this.#states([...this.drawn.keys()]);
    return [...this.drawn.keys()].filter((id) => passes(this.recorders.get(id))).length;
  }

  /** Rings one recorder, or none. */
  select(id) {
    this.selected = id;
    const at = this.drawn.get(id);
    this.map.getSource("selected").setData(at ? point(id, at) : nothing());
  }

  /** Where a recorder is drawn; undefined where it has no position that may be shown. */
  at(id) {
    return this.drawn.get(id);
  }

  /** The visible recorder at a pixel, the nearest of those within a finger's width. */
  pick({ x, y }) {
    const box = [[x - 8, y - 8], [x + 8, y + 8]];
    const found = this.map.queryRenderedFeatures(box, { layers: ["recorders"] }).map((feature) => feature.properties.id)
      .filter((id) => this.recorders.has(id) && this.passes(this.recorders.get(id)));
    const distance = (id) => {
      const drawn = this.map.project(this.drawn.get(id));
      return (drawn.x - x) ** 2 + (drawn.y - y) ** 2;
    };
    return found.filter((id) => this.drawn.has(id)).sort((a, b) => distance(a) - distance(b))[0] ?? null;
  }

  /** The bounds of all that is drawn. */
  bounds() {
    return boundsOf([...this.drawn.values()]);
  }

  flush() {
    this.timer = null;
    const ids = [...this.waiting];
    this.waiting.clear();
    const difference = { add: [], update: [], remove: [] };
    for (const id of ids) this.#place(id, difference);
    const { add, update, remove } = difference;
    if (add.length + update.length + remove.length > 0) this.map.getSource("recorders").updateData(difference);
    this.#states(ids);
    if (this.selected && ids.includes(this.selected)) this.select(this.selected);
  }

  close() {
    clearInterval(this.aging);
    clearTimeout(this.timer);
    for (const marker of this.sos.values()) marker.remove();
  }

  #place(id, difference) {
    const at = this.#positionOf(this.recorders.get(id));
    const before = this.drawn.get(id);
    if (!at) {
      if (!before) return;
      this.drawn.delete(id);
      this.shown.delete(id);
      difference.remove.push(id);
    } else if (!before) {
      this.drawn.set(id, at);
      difference.add.push(point(id, at));
    } else if (at[0] !== before[0] || at[1] !== before[1]) {
      this.drawn.set(id, at);
      difference.update.push({ id, newGeometry: point(id, at).geometry });
    }
  }

  #states(ids) {
    const now = serverNow();
    for (const id of ids) {
      const live = this.recorders.get(id);
      this.#ring(id, live);
      if (!live || !this.drawn.has(id)) continue;
      const hidden = !this.passes(live);
      const old = live.fix_at !== null && now - Date.parse(live.fix_at) > STALE_FIX_MS;
      const key = `${live.state}${hidden}${old}`;
      if (this.shown.get(id) === key) continue;
      this.shown.set(id, key);
      this.map.setFeatureState({ source: "recorders", id }, { state: live.state, hidden, old });
    }
  }

  #ring(id, live) {
    const at = this.drawn.get(id);
    if (live?.state !== "sos" || !at) {
      this.sos.get(id)?.remove();
      this.sos.delete(id);
      return;
    }
    if (!this.sos.has(id)) {
      const element = h("div", { class: "sos-ring", title: word("state", "sos") });
      this.sos.set(id, new maplibregl.Marker({ element }).setLngLat(at).addTo(this.map));
    }
    this.sos.get(id).setLngLat(at);
  }

  #positionOf(live) {
    if (!live || live.lat === null || live.lon === null || live.lat === undefined) return null;
    return this.shift([live.lon, live.lat]);
  }

  #all() {
    for (const [id, live] of this.recorders) {
      const at = this.#positionOf(live);
      if (at) this.drawn.set(id, at);
    }
    return { type: "FeatureCollection", features: [...this.drawn].map(([id, at]) => point(id, at)) };
  }
}

function paint(isDark) {
  const hidden = ["boolean", ["feature-state", "hidden"], false];
  const old = ["boolean", ["feature-state", "old"], false];
  const state = ["to-string", ["feature-state", "state"]];
  const colour = ["match", state, ...Object.entries(COLOURS).flat(), COLOURS.never];
  // On a 4K wall type is bigger, and so are the recorders.
  const scale = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 14;
  const size = (plain, loud) => ["case", hidden, 0,
    ["match", state, ["sos", "silent", "outage"], loud * scale, plain * scale]];
  return {
    "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, size(2.2, 3.4), 11, size(4, 5.5), 15, size(8, 10)],
    "circle-color": colour,
    "circle-opacity": ["case", hidden, 0, old, 0.45, 0.95],
    "circle-stroke-width": ["case", hidden, 0, 0.8],
    "circle-stroke-color": isDark ? "#0d1520" : "#ffffff",
    "circle-stroke-opacity": ["case", hidden, 0, old, 0.4, 1],
  };
}

function point(id, coordinates) {
  return { type: "Feature", properties: { id }, geometry: { type: "Point", coordinates } };
}

function nothing() {
  return { type: "FeatureCollection", features: [] };
}
