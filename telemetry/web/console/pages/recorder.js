// One recorder: what it is, how it is now, and the picture of a day.

import { fill, h } from "../dom.js";
import { choices, t, word } from "../words.js";
import { get } from "../wire/api.js";
import * as live from "../wire/live.js";
import { Turn } from "../wire/turn.js";
import { day, full, gigabytes, span } from "../time.js";
import { battery, signal } from "../map/card.js";
import { hasRole } from "../wire/session.js";
import { badge } from "../parts/badge.js";
import { ask } from "../parts/dialog.js";
import { filter, list, table } from "../parts/list.js";
import { problemBox } from "../parts/problem.js";
import { timeline } from "../parts/timeline.js";
import { keepQuery } from "../address.js";

const DAY_MS = 86_400_000;
/** @type {Role[]} */
const WATCHERS = ["command_centre", "leader", "deputy", "head", "verifier", "supervision", "political", "custodian",
  "engineer"];
/** @type {Record<string, string[]>} */
const READINGS = {
  battery: ["level_pct", "charging", "voltage_mv", "temperature_c", "backlog", "received_at"],
  storage: ["free_mb", "total_mb", "files", "backlog", "received_at"],
  heartbeat: ["network", "rsrp_dbm", "cell", "sim", "iccid", "uptime_s", "backlog", "received_at"],
  recording: ["state", "since", "file_id", "trigger", "backlog", "received_at"],
  presence: ["state", "reason", "model", "firmware", "officer_id", "dropped", "received_at"],
  event: ["type", "detail", "backlog", "received_at"],
};

/** @typedef {Schemas["RecorderCard"]} Card */

/**
 * Shows one recorder.
 * @param {Element} root
 * @param {string} id
 * @param {Place["query"]} query
 */
export async function showRecorder(root, id, query) {
  const kept = { date: day(), ...query };
  const card = await get(`/recorders/${encodeURIComponent(id)}`);
  const known = card.recorder;
  const now = h("div", {});
  const picture = h("div", {});
  const readings = h("div", {});
  const drawNow = () => fill(now, facts({ ...known, ...(live.recorders.get(id) ?? {}) }));
  const turn = new Turn();
  /** @returns {Promise<void>} */
  const load = () => {
    if (hasRole(...WATCHERS)) history(readings, id, kept);
    const from = new Date(`${kept.date}T00:00:00+08:00`);
    const to = new Date(Math.min(from.getTime() + DAY_MS, Math.max(Date.now(), from.getTime() + 3_600_000)));
    fill(picture, h("p", { class: "loading" }, t("app.loading")));
    return turn.show((signal) => get(`/recorders/${encodeURIComponent(id)}/timeline`,
      { from: from.toISOString(), to: to.toISOString() }, { signal }),
    (data) => fill(picture, timeline(data)), (problem) => fill(picture, problemBox(problem, load)));
  };
  fill(root, h("p", {}, h("a", { class: "back", href: "#/recorders" }, t("do.back"))), h("h2", {}, id), now,
    h("div", { class: "bar" }, filter({ name: "date", label: t("recorder.day"), kind: "date" }, kept, load),
      h("span", { class: "gap" }),
      h("a", { class: "button", href: `#/map?select=${encodeURIComponent(id)}` }, t("recorder.onMap")),
      h("a", { class: "button", href: `#/incidents?recorder_id=${encodeURIComponent(id)}` }, t("recorder.incidents"))),
    picture, past(card), readings);
  drawNow();
  await load();
  return live.watch({ recorders: (ids) => ids.includes(id) && drawNow(), reset: drawNow });
}

/**
 * A kind of readings over the chosen day, as the recorder said them, a page at a time. With `why` also what places it.
 * @param {Element} root
 * @param {string} id
 * @param {Place["query"]} kept
 * @param {string} [why]
 */
function history(root, id, kept, why) {
  const kind = kept.kind in READINGS ? kept.kind : "heartbeat";
  const from = new Date(`${kept.date}T00:00:00+08:00`);
  const to = new Date(from.getTime() + DAY_MS);
  const choice = h("select", { id: "history-kind", onchange: () => {
    kept.kind = choice.value;
    keepQuery(kept);
    history(root, id, kept);
  } }, choices("readingKind").map(([value, label]) => h("option", { value }, label)));
  choice.value = kind;
  const listing = h("div", {});
  list(listing, {
    path: `/recorders/${encodeURIComponent(id)}/history`, place: { query: { kind } }, empty: t("recorder.historyEmpty"),
    fixed: { from: from.toISOString(), to: to.toISOString(), limit: 50, why },
    columns: [{ title: t("do.at"), of: (row) => full(row.at) }, ...READINGS[kind].map((name) => ({
      title: word("reading", name), of: (/** @type {Record<string, any>} */ row) => said(kind, name, row[name]) }))],
  });
  const look = () => ask({ title: t("recorder.placesShow"), text: t("recorder.placesText"),
    fields: [{ name: "why", label: t("map.trackWhy"), required: true, most: 500 }],
    send: (given) => history(root, id, kept, given.why) });
  fill(root, h("h3", {}, t("recorder.history")), h("div", { class: "bar" }, h("div", { class: "field" },
    h("label", { for: "history-kind" }, t("recorder.historyKind")), choice),
  (kind === "heartbeat" || kind === "event") && !why
    && h("button", { class: "button", onclick: look }, t("recorder.placesShow"))), listing);
}

/**
 * @param {string} kind
 * @param {string} name
 * @param {any} value
 */
function said(kind, name, value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return word("yesNo", value ? "yes" : "no");
  if (name === "received_at" || name === "since") return full(value);
  if (name === "state") return word(kind === "presence" ? "connection" : "state", value);
  if (name === "type") return word("event", value);
  if (name === "sim" || name === "network") return word(name, value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** @param {Card} card */
function past({ assignments, sim_bindings: bindings, fault_reports: reports }) {
  /**
   * @template Row
   * @param {Row[]} rows
   */
  const recent = (rows) => [...rows].reverse().slice(0, 20);
  return [
    assignments.length > 0 && [h("h3", {}, t("recorder.assignments")), table([
      { title: t("do.officer"), of: (row) => row.officer_name ?? row.officer_id },
      { title: t("recorder.held"), of: (row) => span(row.starts_at, row.ends_at) },
      { title: t("do.reason"), of: (row) => word("assignment", row.reason) },
    ], recent(assignments), "")],
    bindings.length > 0 && [h("h3", {}, t("recorder.bindings")), table([
      { title: "ICCID", of: (row) => row.iccid }, { title: t("do.from"), of: (row) => full(row.valid_from) },
    ], recent(bindings), "")],
    reports.length > 0 && [h("h3", {}, t("recorder.reports")), table([
      { title: t("do.officer"), of: (row) => row.officer_name ?? row.officer_id },
      { title: t("duty.kind"), of: (row) => word("faultKind", row.kind) },
      { title: t("do.at"), of: (row) => full(row.reported_at) },
    ], recent(reports), "")],
  ];
}

/** @param {Card["recorder"]} each */
function facts(each) {
  /**
   * @param {string} label
   * @param {Child} value
   */
  const fact = (label, value) => [h("dt", {}, label), h("dd", {}, value ?? "–")];
  return h("dl", { class: "facts" },
    fact(t("recorders.state"), badge("state", each.state)),
    fact(t("recorders.status"), word("recorderStatus", each.status)),
    fact(t("do.unit"), each.unit_name ?? each.unit_id),
    fact(t("recorders.holder"), each.officer_name ?? each.holder_name),
    fact(t("recorders.model"), [each.model, each.firmware].filter(Boolean).join(" ")),
    fact("IMEI", each.imei),
    fact("ICCID", each.iccid),
    fact(t("card.sim"), word("sim", each.sim) || t("card.unsensed")),
    fact(t("card.battery"), battery(each)),
    fact(t("card.storage"), each.total_mb ? `${gigabytes(each.free_mb)} / ${gigabytes(each.total_mb)}` : "–"),
    fact(t("card.signal"), signal(each)),
    fact(t("recorder.cell"), each.cell),
    fact(t("recorders.last"), full(each.last_at)),
    fact(t("recorder.heartbeat"), each.heartbeat_s && t("time.seconds", { n: each.heartbeat_s })));
}
