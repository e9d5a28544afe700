// The map, a track: where a recorder was, cut by who wore it, each part labelled; it belongs to the card that asked for it.

import { h } from "../dom.js";
import { t } from "../words.js";
import { span } from "../time.js";
import { boundsOf } from "./basemap.js";

const COLOURS = ["#155fa8", "#8a4b00", "#6b2fa0", "#0b6e4f"];
const UNCERTAIN = "#55646f";

/** @typedef {Schemas["Track"]} Track */
/** @typedef {Track["wearers"][number] & { fixes: Track["fixes"], from: string, to: string, colour: string }} Part */

/**
 * Whose way a part is.
 * @param {Part} part
 */
export const wearerOf = (part) => part.officer_name ?? part.officer_id ?? t("map.trackUncertain");

/**
 * The parts of a Track of the API, one per wearer in order of time, those without a fix left out.
 * @param {Track} track
 * @returns {Part[]}
 */
export function partsOf({ wearers, fixes }) {
  const people = [...new Set(wearers.map((each) => each.officer_id).filter(Boolean))];
  return wearers.flatMap((each) => {
    const [from, to] = [Date.parse(each.from), Date.parse(each.to)];
    const own = fixes.filter((fix) => from <= Date.parse(fix.at) && Date.parse(fix.at) < to);
    if (own.length === 0) return [];
    return [{ ...each, fixes: own, from: own[0].at, to: own[own.length - 1].at,
      colour: each.officer_id ? COLOURS[people.indexOf(each.officer_id) % COLOURS.length] : UNCERTAIN }];
  });
}

/**
 * Draws the parts on a map; answers what takes them away again.
 * @param {any} map
 * @param {Part[]} parts
 * @param {Shift} shift
 */
export function drawTrack(map, parts, shift) {
  const lines = parts.map((part) => ({ ...part, coordinates: part.fixes.map((/** @type {Track["fixes"][number]} */ fix) => shift([fix.lon, fix.lat])) }));
  map.addSource("track", { type: "geojson", data: { type: "FeatureCollection", features: lines.map(line) } });
  map.addLayer({ id: "track", type: "line", source: "track", layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": ["get", "colour"], "line-width": 3, "line-opacity": 0.8 } }, "selected");
  const labels = lines.map((part, place) => new maplibregl.Marker({
    ...(place % 2 === 0 ? { anchor: "bottom", offset: [0, -6] } : { anchor: "top", offset: [0, 14] }),
    element: h("div", { class: "track-label" }, `${wearerOf(part)} ${span(part.from, part.to)}`) })
    .setLngLat(part.coordinates[part.coordinates.length - 1]).addTo(map));
  const bounds = boundsOf(lines.flatMap((part) => part.coordinates));
  if (bounds) map.fitBounds(bounds, { padding: beside(map.getContainer()), maxZoom: 15 });
  return () => {
    for (const label of labels) label.remove();
    map.removeLayer("track");
    map.removeSource("track");
  };
}

/**
 * What tools and card leave of the map: on a phone the card lies below, else at the left.
 * @param {HTMLElement} container
 */
function beside({ clientWidth: width, clientHeight: height }) {
  return width > 800 ? { top: 110, right: 100, bottom: 60, left: 360 }
    : { top: 0.25 * height, right: 80, bottom: 0.64 * height, left: 80 };
}

/**
 * A single fix is drawn as a dot: a line from it to itself.
 * @param {{ colour: string, coordinates: Position[] }} part
 */
function line({ colour, coordinates }) {
  return { type: "Feature", properties: { colour }, geometry: { type: "LineString",
    coordinates: coordinates.length > 1 ? coordinates : [coordinates[0], coordinates[0]] } };
}
