// The map, recorders: one source that is set once; later looks by feature-state, moves in batches, filters without a re-set.

import { h } from "../dom.js";
import { choices, colourOf, toneClass, word } from "../words.js";
import { now as serverNow } from "../wire/live.js";
import { boundsOf } from "./basemap.js";

/** The states' colours, in the order in which the legend shows them. */
export const COLOURS = Object.fromEntries(choices("state").map(([state]) => [state, colourOf("state", state)]));
const BATCH_MS = 1000;
const STALE_FIX_MS = 10 * 60_000;
/** A tile of this zoom rounds positions to 4 m, as good as a fix; each finer one is more tiles to make and to change. */
const MOST_CUT = 10;
const LOUD = ["sos", "silent", "outage"];
const HIDDEN = "hidden";
const OLD = "-old";

/** @typedef {Schemas["Live"]} Live */
/** @typedef {{ add: object[], update: object[], remove: number[] }} Difference */

/** The recorders of a MapLibre map. */
export class Points {
  /** @type {any} */
  map = null;
  /** @type {Map<string, Position>} */
  drawn = new Map();
  /** @type {Map<string, string>} */
  looks = new Map();
  /** @type {Map<string, number>} */
  numbers = new Map();
  /** @type {Set<string>} */
  waiting = new Set();
  /** @type {number | undefined} */
  timer;
  /** @type {number | undefined} */
  aging;
  /** @type {string | null} */
  selected = null;
  /** @type {(live: Live) => boolean} */
  passes = () => true;
  /** @type {Map<string, any>} */
  sos = new Map();

  /**
   * @param {Map<string, Live>} recorders
   * @param {Shift} shift
   * @param {boolean} [isDark]
   */
  constructor(recorders, shift, isDark = false) {
    this.recorders = recorders;
    this.shift = shift;
    /** For the style that the map is made with. */
    this.sources = {
      recorders: { type: "geojson", data: this.#all(), maxzoom: MOST_CUT, tolerance: 0 },
      selected: { type: "geojson", data: nothing() },
    };
    this.layers = [
      { id: "selected", type: "circle", source: "selected", paint: {
        "circle-radius": 13, "circle-color": "rgba(0,0,0,0)", "circle-stroke-width": 3,
        "circle-stroke-color": isDark ? "#ffffff" : "#111827" } },
      { id: "recorders", type: "circle", source: "recorders", paint: paint(isDark) },
    ];
  }

  /**
   * Once the map has its style: from now on changes are drawn.
   * @param {any} map
   */
  enter(map) {
    this.map = map;
    this.#show([...this.recorders.keys()]);
    this.aging = setInterval(() => this.#show([...this.drawn.keys()]), 60_000);
  }

  /**
   * Takes changed recorders; moves are drawn once a second, together.
   * @param {Iterable<string>} ids
   */
  change(ids) {
    for (const id of ids) this.waiting.add(id);
    this.timer ??= setTimeout(() => this.flush(), BATCH_MS / 2);
  }

  /** After a new snapshot: everything may have changed. */
  reset() {
    this.change([...new Set([...this.drawn.keys(), ...this.recorders.keys()])]);
  }

  /**
   * Shows those that pass; answers how many.
   * @param {(live: Live) => boolean} passes
   */
  filter(passes) {
    this.passes = passes;
    this.#show([...this.drawn.keys()]);
    return [...this.drawn.keys()].filter((id) => this.#isShown(id)).length;
  }

  /**
   * Rings one recorder, or none.
   * @param {string | null} id
   */
  select(id) {
    this.selected = id;
    const at = id === null ? undefined : this.drawn.get(id);
    this.map.getSource("selected").setData(at ? point(at) : nothing());
  }

  /**
   * Where a recorder is drawn; undefined where it has no position that may be shown.
   * @param {string} id
   */
  at(id) {
    return this.drawn.get(id);
  }

  /**
   * The visible recorder at a pixel, the nearest of those within a finger's width.
   * @param {{ x: number, y: number }} pixel
   */
  pick({ x, y }) {
    const box = [[x - 8, y - 8], [x + 8, y + 8]];
    /** @type {string[]} */
    const found = this.map.queryRenderedFeatures(box, { layers: ["recorders"] })
      .map((/** @type {any} */ feature) => feature.properties.id);
    /** @param {string} id */
    const distance = (id) => {
      const drawn = this.map.project(this.drawn.get(id));
      return (drawn.x - x) ** 2 + (drawn.y - y) ** 2;
    };
    return found.filter((id) => this.drawn.has(id) && this.#isShown(id)).sort((a, b) => distance(a) - distance(b))[0] ?? null;
  }

  /** The bounds of all that is drawn. */
  bounds() {
    return boundsOf([...this.drawn.values()]);
  }

  flush() {
    this.timer = undefined;
    const ids = [...this.waiting];
    this.waiting.clear();
    /** @type {Difference} */
    const difference = { add: [], update: [], remove: [] };
    for (const id of ids) this.#place(id, difference);
    const { add, update, remove } = difference;
    if (add.length + update.length + remove.length > 0) this.map.getSource("recorders").updateData(difference);
    this.#show(ids);
    if (this.selected && ids.includes(this.selected)) this.select(this.selected);
  }

  close() {
    clearInterval(this.aging);
    clearTimeout(this.timer);
    for (const marker of this.sos.values()) marker.remove();
  }

  /** @param {string} id */
  #isShown(id) {
    const live = this.recorders.get(id);
    return live !== undefined && this.passes(live);
  }

  /**
   * @param {string} id
   * @param {Difference} difference
   */
  #place(id, difference) {
    const at = this.#positionOf(this.recorders.get(id));
    const before = this.drawn.get(id);
    if (!at) {
      if (!before) return;
      this.drawn.delete(id);
      this.looks.delete(id);
      difference.remove.push(this.#number(id));
    } else if (!before) {
      this.drawn.set(id, at);
      difference.add.push(this.#feature(id, at));
    } else if (at[0] !== before[0] || at[1] !== before[1]) {
      this.drawn.set(id, at);
      difference.update.push({ id: this.#number(id), newGeometry: { type: "Point", coordinates: at } });
    }
  }

  /** @param {string[]} ids */
  #show(ids) {
    const now = serverNow();
    for (const id of ids) {
      const live = this.recorders.get(id);
      this.#ring(id, live);
      if (!live || !this.drawn.has(id)) continue;
      const look = this.#look(live, now);
      if (this.looks.get(id) === look) continue;
      this.looks.set(id, look);
      this.map.setFeatureState({ source: "recorders", id: this.#number(id) }, { look });
    }
  }

  /**
   * hidden, a state, or a state with a fix that is old.
   * @param {Live} live
   * @param {number} now
   */
  #look(live, now) {
    if (!this.passes(live)) return HIDDEN;
    const isOld = live.fix_at !== null && now - Date.parse(live.fix_at) > STALE_FIX_MS;
    return isOld ? `${live.state}${OLD}` : live.state;
  }

  /**
   * A number of its own for each recorder: MapLibre hashes any other id at every look.
   * @param {string} id
   */
  #number(id) {
    const number = this.numbers.get(id) ?? this.numbers.size + 1;
    this.numbers.set(id, number);
    return number;
  }

  /**
   * @param {string} id
   * @param {Live | undefined} live
   */
  #ring(id, live) {
    const at = this.drawn.get(id);
    if (live?.state !== "sos" || !at) {
      this.sos.get(id)?.remove();
      this.sos.delete(id);
      return;
    }
    if (!this.sos.has(id)) {
      const element = h("div", { class: `sos-ring ${toneClass("state", "sos")}`, title: word("state", "sos") });
      this.sos.set(id, new maplibregl.Marker({ element }).setLngLat(at).addTo(this.map));
    }
    this.sos.get(id).setLngLat(at);
  }

  /** @param {Live | undefined} live */
  #positionOf(live) {
    if (!live || live.lat === null || live.lon === null) return null;
    return this.shift([live.lon, live.lat]);
  }

  #all() {
    const now = serverNow();
    for (const [id, live] of this.recorders) {
      const at = this.#positionOf(live);
      if (!at) continue;
      this.drawn.set(id, at);
      this.looks.set(id, this.#look(live, now));
    }
    return { type: "FeatureCollection", features: [...this.drawn].map(([id, at]) => this.#feature(id, at)) };
  }

  /**
   * @param {string} id
   * @param {Position} at
   */
  #feature(id, at) {
    const look = this.looks.get(id) ?? HIDDEN;
    return { type: "Feature", id: this.#number(id), properties: { id, look }, geometry: { type: "Point", coordinates: at } };
  }
}

/** @param {boolean} isDark */
function paint(isDark) {
  // The look that a recorder came with, until it has another one.
  const look = ["string", ["feature-state", "look"], ["get", "look"]];
  const colours = Object.entries(COLOURS).flatMap(([state, colour]) => [state, `${colour}f2`, `${state}${OLD}`, `${colour}73`]);
  // On a 4K wall type is bigger, and so are the recorders.
  const scale = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 14;
  /**
   * @param {number} plain
   * @param {number} loud
   */
  const size = (plain, loud) => ["match", look, HIDDEN, 0, LOUD.flatMap((state) => [state, `${state}${OLD}`]), loud * scale,
    plain * scale];
  return {
    "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, size(2.2, 3.4), 11, size(4, 5.5), 15, size(8, 10)],
    "circle-color": ["match", look, ...colours, "rgba(0,0,0,0)"],
    "circle-stroke-width": 0.8,
    "circle-stroke-color": isDark ? "#0d1520" : "#ffffff",
    "circle-stroke-opacity": ["match", look, HIDDEN, 0, Object.keys(COLOURS), 1, 0.4],
  };
}

/** @param {Position} at */
function point([lon, lat]) {
  return { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [lon, lat] } };
}

function nothing() {
  return { type: "FeatureCollection", features: [] };
}
