// The map, a recorder's card: who wears it, how it is, since when, and where to go from here.

import { h, svg } from "../dom.js";
import { t, word } from "../words.js";
import { now } from "../wire/live.js";
import { ago, gigabytes, minute, short, span } from "../time.js";
import { badge } from "../parts/badge.js";
import { wearerOf } from "./track.js";

/** @import { Part } from "./track.js" */

/**
 * The card of a live recorder. `isFollowed` marks the button; `open` are its open incidents, `track` is what the map
 * draws of its way.
 * @param {Schemas["Live"]} live
 * @param {{ close: () => void, follow: () => void, track: () => void, hide: () => void }} on
 * @param {boolean} isFollowed
 * @param {Schemas["IncidentSummary"][]} [open]
 * @param {{ parts: Part[], is_cut: boolean } | null} [track]
 */
export function card(live, on, isFollowed, open = [], track = null) {
  /**
   * @param {string} label
   * @param {Child} value
   */
  const line = (label, value) => [h("dt", {}, label), h("dd", {}, value)];
  return h("section", { class: "card", "aria-label": t("card.title", { id: live.recorder_id }) },
    h("header", {}, h("strong", {}, live.recorder_id), badge("state", live.state),
      h("button", { class: "close", "aria-label": t("do.close"), onclick: on.close }, "×")),
    h("dl", {},
      line(t("card.officer"), live.officer_name ?? t("card.noOfficer")),
      line(t("card.unit"), live.unit_name),
      line(t("card.since"), live.since ? `${minute(live.since)}（${ago(live.since, now())}）` : "–"),
      line(t("card.last"), live.last_at ? t("card.ago", { much: ago(live.last_at, now()) }) : t("time.never")),
      line(t("card.fix"), live.fix_at ? `${short(live.fix_at)}（${t("card.ago", { much: ago(live.fix_at, now()) })}）` : "–"),
      line(t("card.battery"), battery(live)),
      line(t("card.storage"), live.total_mb ? `${gigabytes(live.free_mb)} / ${gigabytes(live.total_mb)}` : "–"),
      line(t("card.signal"), signal(live)),
      line(t("card.sim"), [word("sim", live.sim) || t("card.unsensed"), live.iccid && h("small", {}, ` ${live.iccid}`)]),
      line(t("card.incidents"), live.incidents
        ? h("a", { href: `#/incidents?recorder_id=${encodeURIComponent(live.recorder_id)}&active=true` },
          t("card.open", { n: live.incidents }))
        : t("card.none"))),
    open.length > 0 && h("ul", { class: "card-incidents" }, open.map((each) => h("li", {},
      h("a", { href: `#/incidents/${encodeURIComponent(each.incident_id)}` }, each.rule_zh), " ",
      badge("confidence", each.confidence), badge("status", each.status)))),
    track && way(track, on.hide),
    h("div", { class: "card-buttons" },
      h("button", { class: "button", "aria-pressed": String(isFollowed), onclick: on.follow }, t("card.follow")),
      h("button", { class: "button", onclick: on.track }, t("card.track")),
      h("a", { class: "button", href: `#/recorders/${encodeURIComponent(live.recorder_id)}` }, t("card.more"))));
}

/**
 * Whose way the map shows, from when to when, in which colour.
 * @param {{ parts: Part[], is_cut: boolean }} track
 * @param {() => void} hide
 */
function way({ parts, is_cut: isCut }, hide) {
  /** @param {Part} part */
  const swatch = (part) => svg("svg", { class: "swatch", viewBox: "0 0 18 4", "aria-hidden": "true" },
    svg("rect", { width: 18, height: 4, fill: part.colour }));
  return h("section", { class: "card-track", "aria-label": t("map.track") },
    h("header", {}, h("strong", {}, t("map.track")), h("button", { class: "button", onclick: hide }, t("map.trackHide"))),
    h("ul", {}, parts.map((part) => h("li", {}, swatch(part), h("strong", {}, wearerOf(part)), " ",
      `${span(part.from, part.to)} `, h("small", {}, t("lane.points", { n: part.fixes.length }))))),
    isCut && h("p", { class: "note" }, t("map.trackCut")));
}

/** @typedef {Pick<Schemas["Live"], "battery_pct" | "charging" | "rsrp_dbm" | "network">} Measured */

/**
 * 76 %, 充电中
 * @param {Measured} live
 */
export function battery(live) {
  if (live.battery_pct === null) return "–";
  return `${live.battery_pct}%${live.charging ? `，${t("card.charging")}` : ""}`;
}

/**
 * −84 dBm, 4G
 * @param {Measured} live
 */
export function signal(live) {
  const rsrp = live.rsrp_dbm === null ? t("card.noSignal") : `${live.rsrp_dbm} dBm`;
  return live.network ? `${rsrp}，${word("network", live.network)}` : rsrp;
}
