// Parts, the timeline's lanes: what a Timeline of the API is drawn as, row by row. Pure: names, spans, points, words.

import { t, toneClass, word } from "../words.js";
import { clock, span } from "../time.js";

/** @typedef {Schemas["Timeline"]} Timeline */
/** @typedef {{ id: string, name: string, isKept?: boolean }} Lane */
/** @typedef {{ from: number, to: number, code: string, text: string, tone: string, title: string }} Bar */
/** @typedef {{ at: number, value: number | null, more: string }} Point */
/** @typedef {{ at: number, code?: string, text: string, title: string }} Tick */
/** @typedef {Lane & { kind: "bars", items: Bar[] }} Bars */
/** @typedef {Lane & { kind: "curve", items: Point[], range: [low: number, high: number], unit: string }} Curve */
/** @typedef {Lane & { kind: "ticks", items: Tick[] }} Ticks */

/**
 * The lanes of a timeline, empty ones left out except those that everybody looks for.
 * @param {Timeline} timeline
 * @returns {(Bars | Curve | Ticks)[]}
 */
export function lanesOf(timeline) {
  return [
    bars("shifts", timeline, (each) => `${word("shift", each.kind)} ${each.officer_name ?? ""}`),
    bars("activities", timeline, (each) => `${word("activity", each.kind)} ${each.officer_name ?? ""}`),
    bars("exemptions", timeline, (each) => word("exemption", each.reason)),
    bars("wearers", timeline, (each) => each.officer_name ?? each.officer_id ?? t("map.trackUncertain")),
    { ...bars("recording", timeline, () => word("state", "recording")), isKept: true },
    { ...bars("connection", timeline, (each) => word("connection", each.state), (each) => each.state), isKept: true },
    { ...bars("sim", timeline, (each) => [word("sim", each.state), each.iccid].filter(Boolean).join(" "),
      (each) => each.state), isKept: true },
    curve("battery", timeline.battery, [0, 100], "%", (row) => (row[2] ? `，${t("card.charging")}` : "")),
    curve("signal", timeline.signal, [-130, -60], " dBm", () => ""),
    bars("backlog", timeline, () => t("lane.backlogText")),
    ticks("boots", timeline.boots.map((each) => ({ at: each.from, text: t("lane.boot", { boot: each.boot }) }))),
    bars("docked", timeline, () => word("state", "docked")),
    imports(timeline),
    ticks("events", timeline.events.map((each) => ({ at: each.at, code: each.type,
      text: word("event", each.type) }))),
  ].filter((lane) => lane.isKept || lane.items.length > 0);
}

/**
 * What all lanes say at a moment (ms), as sentences; lanes that say nothing then are left out.
 * @param {ReturnType<typeof lanesOf>} lanes
 * @param {number} at
 */
export function saysAt(lanes, at) {
  return lanes.flatMap((lane) => {
    if (lane.kind === "curve") {
      const before = lane.items.filter((point) => point.at <= at).at(-1);
      return before && before.value !== null ? [`${lane.name} ${before.value}${lane.unit}${before.more}`] : [];
    }
    if (lane.kind !== "bars") return [];
    return lane.items.filter((bar) => bar.from <= at && at <= bar.to).map((bar) => `${lane.name} ${bar.text}`);
  });
}

/** @typedef {"shifts" | "activities" | "exemptions" | "wearers" | "recording" | "connection" | "sim" | "backlog" | "docked"} Spans */

/**
 * @template {Spans} Id
 * @param {Id} id
 * @param {Timeline} timeline
 * @param {(each: Timeline[Id][number]) => string} text
 * @param {(each: Timeline[Id][number]) => string | null} [code]
 * @returns {Bars}
 */
function bars(id, timeline, text, code = () => id) {
  const items = timeline[id].map((each) => {
    const said = text(each).trim();
    const to = each.to ?? timeline.to;
    return { from: ms(each.from), to: ms(to), code: code(each) ?? "", text: said,
      tone: toneOf(id, code(each)), title: `${said} ${span(each.from, to)}` };
  });
  return { id, kind: "bars", name: t(`lane.${id}`), items };
}

/**
 * @param {Spans} id
 * @param {string | null} code
 */
function toneOf(id, code) {
  if (id === "recording") return toneClass("state", id);
  return id === "connection" || id === "sim" ? toneClass(id, code) : "";
}

/**
 * @param {Timeline} timeline
 * @returns {Bars}
 */
function imports(timeline) {
  const items = timeline.imports.map((each) => {
    const text = t("lane.import", { at: clock(each.imported_at) });
    return { from: ms(each.from), to: ms(each.to), code: "imports", text, tone: "",
      title: `${text} ${span(each.from, each.to)}` };
  });
  return { id: "imports", kind: "bars", name: t("lane.imports"), items };
}

/**
 * @template {[string, number | null] | [string, number, boolean]} Row
 * @param {string} id
 * @param {Row[]} rows
 * @param {[number, number]} range
 * @param {string} unit
 * @param {(row: Row) => string} more
 * @returns {Curve}
 */
function curve(id, rows, range, unit, more) {
  const items = rows.map((row) => ({ at: ms(row[0]), value: row[1], more: more(row) }));
  return { id, kind: "curve", name: t(`lane.${id}`), items, range, unit };
}

/**
 * @param {string} id
 * @param {{ at: string, code?: string, text: string }[]} found
 * @returns {Ticks}
 */
function ticks(id, found) {
  return { id, kind: "ticks", name: t(`lane.${id}`), items: found.map((each) => ({ ...each, at: ms(each.at),
    title: `${clock(each.at)} ${each.text}` })) };
}

/** @param {string} time */
function ms(time) {
  return new Date(time).getTime();
}
