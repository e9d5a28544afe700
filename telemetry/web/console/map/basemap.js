// The map, what lies under the recorders: graticule, unit areas and their names, and tiles where the bureau has some.

import { h } from "../dom.js";
import { toGcj02 } from "./gcj02.js";

const LIGHT = { ground: "#eef2f5", line: "#d5dde4", area: "#c8d7e6", edge: "#7d95ad", edgeWidth: 1.2 };
const DARK = { ground: "#0d1520", line: "#1b2938", area: "#17273a", edge: "#3d5f85", edgeWidth: 1.2 };
const STEP_DEGREES = 0.05;

/** @typedef {Schemas["ConsoleSettings"]} Settings */
/** @typedef {ReturnType<typeof areasOf>} Areas */
/** @typedef {Areas["features"][number]} Area */
/** @typedef {[southWest: Position, northEast: Position]} Bounds */

/**
 * What lies under the recorders, complete.
 * @param {Settings} settings
 * @param {Areas} areas
 * @param {boolean} isDark
 */
export function ground(settings, areas, isDark) {
  const colours = isDark ? DARK : LIGHT;
  /** @type {Record<string, object>} */
  const sources = { areas: geojson({ type: "FeatureCollection", features: areas.features }) };
  if (areas.bounds) sources.graticule = geojson(graticule(areas.bounds));
  /** @type {object[]} */
  const layers = [{ id: "ground", type: "background", paint: { "background-color": colours.ground } }];
  if (settings.tile_url) {
    sources.tiles = { type: "raster", tiles: [settings.tile_url], tileSize: 256, maxzoom: 18 };
    layers.push({ id: "tiles", type: "raster", source: "tiles", paint: { "raster-opacity": isDark ? 0.35 : 0.85 } });
  }
  if (areas.bounds) {
    layers.push(
      { id: "graticule", type: "line", source: "graticule", paint: { "line-color": colours.line, "line-width": 1 } });
  }
  layers.push(
    { id: "areas", type: "fill", source: "areas", paint: {
      "fill-antialias": false, "fill-color": colours.area, "fill-opacity": settings.tile_url ? 0.15 : 0.55 } },
    { id: "edges", type: "line", source: "areas", paint: {
      "line-color": colours.edge, "line-width": colours.edgeWidth } });
  return { sources, layers };
}

/**
 * How a stored position is drawn on this map's tiles.
 * @param {Settings} settings
 * @returns {Shift}
 */
export function shiftOf(settings) {
  return settings.tile_url && settings.tile_crs === "gcj02" ? toGcj02 : (position) => position;
}

/**
 * The units' areas as drawn; the bureau's own only where no other has one.
 * @param {Schemas["UnitNode"][]} units
 * @param {Shift} shift
 */
export function areasOf(units, shift) {
  const known = units.flatMap(({ area, ...unit }) => (area ? [{ ...unit, area }] : []));
  const drawn = known.filter((unit) => unit.kind !== "bureau");
  const shown = drawn.length > 0 ? drawn : known;
  const features = shown.map(({ unit_id, area }) => ({
    type: "Feature", properties: { unit_id },
    geometry: { type: area.type, coordinates: shifted(area.coordinates, shift) },
  }));
  const bounds = boundsOf(features.flatMap((feature) => flat(feature.geometry.coordinates)));
  return { features, names: shown.map((unit) => unit.name), bounds };
}

/**
 * Writes the units' names on a map; those that would cover others are left out.
 * @param {any} map
 * @param {Areas} areas
 */
export function nameUnits(map, { features, names }) {
  const labels = features.map((feature, place) => label(map, names[place], feature));
  const declutter = () => thin(map, labels);
  map.on("moveend", declutter);
  declutter();
}

/**
 * [[west, south], [east, north]] of positions, null of none.
 * @param {Position[]} positions
 * @returns {Bounds | null}
 */
export function boundsOf(positions) {
  if (positions.length === 0) return null;
  let [west, south] = positions[0];
  let [east, north] = positions[0];
  for (const [lon, lat] of positions) {
    west = Math.min(west, lon);
    east = Math.max(east, lon);
    south = Math.min(south, lat);
    north = Math.max(north, lat);
  }
  return [[west, south], [east, north]];
}

/** @param {object} data */
function geojson(data) {
  return { type: "geojson", data };
}

/**
 * @param {any} coordinates
 * @param {Shift} shift
 * @returns {any}
 */
function shifted(coordinates, shift) {
  return typeof coordinates[0] === "number" ? shift(coordinates) : coordinates.map((/** @type {any} */ each) => shifted(each, shift));
}

/**
 * @param {any} coordinates
 * @returns {Position[]}
 */
function flat(coordinates) {
  return typeof coordinates[0] === "number" ? [coordinates] : coordinates.flatMap(flat);
}

/** @param {Bounds} bounds */
function graticule([[west, south], [east, north]]) {
  const lines = [];
  /** @param {number} value */
  const from = (value) => Math.floor(value / STEP_DEGREES) * STEP_DEGREES - STEP_DEGREES * 4;
  for (let lon = from(west); lon < east + STEP_DEGREES * 5; lon += STEP_DEGREES) {
    lines.push([[lon, south - 0.3], [lon, north + 0.3]]);
  }
  for (let lat = from(south); lat < north + STEP_DEGREES * 5; lat += STEP_DEGREES) {
    lines.push([[west - 0.3, lat], [east + 0.3, lat]]);
  }
  return { type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: lines } };
}

/**
 * @param {any} map
 * @param {string} name
 * @param {Area} feature
 */
function label(map, name, feature) {
  const [[west, south], [east, north]] = /** @type {Bounds} */ (boundsOf(flat(feature.geometry.coordinates)));
  const element = h("div", { class: "unit-label", "aria-hidden": "true" }, name);
  const middle = [(west + east) / 2, (south + north) / 2];
  new maplibregl.Marker({ element }).setLngLat(middle).addTo(map);
  return { element, middle, width: name.length * 13 };
}

/**
 * @param {any} map
 * @param {ReturnType<typeof label>[]} labels
 */
function thin(map, labels) {
  /** @type {{ x: number, y: number, width: number }[]} */
  const taken = [];
  for (const each of labels) {
    const { x, y } = map.project(each.middle);
    const collides = taken.some((other) => Math.abs(other.x - x) < (other.width + each.width) / 2
      && Math.abs(other.y - y) < 18);
    each.element.classList.toggle("is-thinned", collides);
    if (!collides) taken.push({ x, y, width: each.width });
  }
}
