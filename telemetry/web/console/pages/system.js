// System health: workers, jobs, ticks, lag, what was rejected, and which channels are tripped.

import { fill, h } from "../dom.js";
import { meaning, t, word } from "../words.js";
import { get } from "../wire/api.js";
import { duration, full } from "../time.js";
import { table } from "../parts/list.js";
import { problemBox } from "../parts/problem.js";

const AGAIN_MS = 15_000;
/**
 * The groups of words that columns have their codes from.
 * @type {Record<string, Group>}
 */
const GROUPS = { job: "job", channel: "channel", code: "rejection" };

/**
 * Shows the page; asked again every quarter of a minute.
 * @param {Element} root
 */
export async function show(root) {
  const body = h("div", { class: "cards" });
  const load = async () => {
    try {
      fill(body, Object.entries(await get("/system")).map(([name, value]) => panel(name, value)));
    } catch (problem) {
      fill(body, problemBox(problem, load));
    }
  };
  await load();
  fill(root, h("p", { class: "note" }, t("system.note")), body);
  const timer = setInterval(load, AGAIN_MS);
  return () => clearInterval(timer);
}

/**
 * @param {string} name
 * @param {any} value
 */
function panel(name, value) {
  if (name === "faults") return faults(value);
  if (name === "calendar") return calendar(value);
  return h("section", { class: `panel ${Array.isArray(value) && value.length > 0 ? "is-wide" : ""}` },
    h("h2", {}, word("health", name)), content(value));
}

/** @param {any[]} found */
function faults(found) {
  return h("section", { class: `panel ${found.length > 0 ? "is-wide" : ""}` }, h("h2", {}, word("health", "faults")),
    table([
      { title: word("healthField", "place"), of: (fault) => placeOf(fault.place) },
      { title: t("system.fault"), of: (fault) => [word("platformFault", fault.code),
        fault.silent_s === null ? "" : `（${duration(fault.silent_s)}）`, "：", meaning("platformFault", fault.code)].join("") },
      { title: t("system.said"), of: (fault) => h("code", {}, fault.text) },
    ], found, t("system.noFaults")));
}

/**
 * Where a fault is: a part of the platform, with the name of its worker or server.
 * @param {string} place
 */
function placeOf(place) {
  const [part, ...name] = place.split(".");
  if (name.length === 0 || place === "rules.aside") return word("platformPart", place);
  return `${word("platformPart", part)} ${name.join(".")}`;
}

/** @param {string[]} told */
function calendar(told) {
  return h("section", { class: `panel ${told.length > 0 ? "is-wide" : ""}` }, h("h2", {}, word("health", "calendar")),
    told.length > 0 ? told.map((line) => h("p", { class: "call" }, line)) : h("p", { class: "empty" }, t("system.decreed")),
    h("p", {}, h("a", { href: "#/calendar" }, t("calendar.open"))));
}

/** @param {any} value */
function content(value) {
  if (Array.isArray(value)) return rows(value);
  if (value !== null && typeof value === "object") {
    return h("dl", { class: "facts" }, Object.entries(value).map(([name, each]) => [
      h("dt", {}, word("healthField", name)), h("dd", {}, shown(each, name))]));
  }
  return h("p", { class: "figure" }, shown(value));
}

/** @param {any[]} found */
function rows(found) {
  if (found.length === 0 || typeof found[0] !== "object") {
    return h("p", { class: "empty" }, found.length > 0 ? found.join("、") : t("system.none"));
  }
  const names = [...new Set(found.flatMap((row) => Object.keys(row)))];
  return table(names.map((name) => ({ title: word("healthField", name), of: (row) => shown(row[name], name) })), found,
    t("system.none"));
}

/**
 * @param {any} value
 * @param {string} [name]
 */
function shown(value, name = "") {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return word("yesNo", value ? "yes" : "no");
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:/.test(value)) return full(value);
  if (typeof value === "number" && !Number.isInteger(value)) return value.toFixed(2);
  if (typeof value === "object") return JSON.stringify(value);
  return name in GROUPS ? word(GROUPS[name], value) : String(value);
}
