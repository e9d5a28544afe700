// The map, made: MapLibre fetched with the first page that draws one, a map without internet, units below and recorders above.

import { h } from "../dom.js";
import { t } from "../words.js";
import { get } from "../wire/api.js";
import * as live from "../wire/live.js";
import { areasOf, ground, nameUnits, shiftOf } from "./basemap.js";
import { Points } from "./points.js";

const PUDONG = [121.6, 31.2];
const BIG_PIXELS = 3_000_000;
const library = loadLibrary();

/**
 * A map in `container`. Waits until it is drawn.
 * @param {HTMLElement} container
 * @param {{ isDark?: boolean }} [look]
 */
export async function chart(container, { isDark = false } = {}) {
  const [settings, units] = await Promise.all([get("/console"), get("/units"), library, live.start()]);
  const shift = shiftOf(settings);
  const areas = areasOf(units, shift);
  const points = new Points(live.recorders, shift, isDark);
  const bounds = areas.bounds ?? points.bounds();
  const under = ground(settings, areas, isDark);
  // Everything is in the style that the map is made with: a frame of software GL is dear, and an empty one is for nobody.
  const map = new maplibregl.Map({
    container, style: { version: 8, sources: { ...under.sources, ...points.sources },
      layers: [...under.layers, ...points.layers] },
    ...(bounds ? { bounds, fitBoundsOptions: { padding: { top: isDark ? 24 : 66, bottom: 30, left: 24, right: 24 }, maxZoom: 13 } }
      : { center: PUDONG, zoom: 10 }), minZoom: 6, maxZoom: 18, validateStyle: false,
    attributionControl: false, fadeDuration: 0, renderWorldCopies: false, dragRotate: false, pitchWithRotate: false,
    touchPitch: false, pixelRatio: screen.width * screen.height > BIG_PIXELS ? 1 : undefined,
    locale: { "NavigationControl.ZoomIn": t("map.zoomIn"), "NavigationControl.ZoomOut": t("map.zoomOut"), "Map.Title": t("page.map") },
  });
  await new Promise((resolve) => { map.once("style.load", resolve); });
  points.enter(map);
  if (settings.tile_attribution) container.append(h("p", { class: "attribution" }, settings.tile_attribution));
  const drawn = () => {
    if (!map.isSourceLoaded("recorders")) return;
    map.off("render", drawn);
    container.dataset.drawn = "true";
    nameUnits(map, areas);
  };
  map.on("render", drawn);
  const unwatch = live.watch({ recorders: (ids) => points.change(ids), reset: () => points.reset() });
  const close = () => {
    unwatch();
    points.close();
    map.remove();
  };
  return { map, points, units, settings, shift, close };
}

function loadLibrary() {
  const loading = new Promise((resolve, reject) => {
    // The worker starts while the recorders are still on their way.
    const loaded = () => resolve(maplibregl.prewarm());
    document.head.append(h("script", { src: "/vendor/maplibre-gl.js", onload: loaded, onerror: reject }));
  });
  // Whoever draws the first map hears of a failure; until then it is nobody's.
  loading.catch(() => {});
  return loading;
}
