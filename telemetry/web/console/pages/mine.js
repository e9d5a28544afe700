// 我的记录: an officer's own incidents with the same evidence everybody sees, his side, and who looked at his track.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { get, post } from "../wire/api.js";
import { Incidents } from "../wire/incidents.js";
import { Turn } from "../wire/turn.js";
import { full, span } from "../time.js";
import { account } from "../wire/session.js";
import { badge } from "../parts/badge.js";
import { problemBox } from "../parts/problem.js";
import { say } from "../parts/toast.js";
import { IncidentView } from "./incident.js";

/** @typedef {Schemas["IncidentSummary"]} Summary */

const AGAIN_MS = 60_000;

/**
 * Shows the page; with an id after it, that incident. What changes meanwhile is asked for each minute.
 * @param {Element} root
 * @param {Place} place
 */
export async function show(root, place) {
  const { element, draw, close } = place.parts[0] ? one(place.parts[0]) : all();
  const list = new Incidents({ query: () => ({ mine: "true", limit: 50 }), fits: () => null, draw: () => draw(list.items) });
  fill(root, element);
  await list.load(null, (problem) => fill(element, problemBox(problem, () => location.reload())));
  const timer = setInterval(() => list.load(null, undefined, { isBackground: true }), AGAIN_MS);
  return () => {
    clearInterval(timer);
    list.close();
    close();
  };
}

/** @param {string} id */
function one(id) {
  const element = h("section", { class: "incident-pane" });
  const view = new IncidentView(element, () => {}, "#/mine");
  view.open(id);
  return { element, draw: (/** @type {Summary[]} */ items) => { for (const each of items) view.stale(each); }, close: () => view.close() };
}

function all() {
  const handouts = h("div", {});
  const incidents = h("div", {});
  const views = h("div", {});
  const turn = new Turn();
  turn.show((signal) => get("/me/views", undefined, { signal }), (answer) => fill(views, seen(answer)),
    (problem) => fill(views, problemBox(problem)));
  askHandouts(handouts);
  const element = h("section", { class: "mine" }, h("p", { class: "note" }, t("mine.note", { name: account.name })), handouts,
    h("h2", {}, t("mine.incidents")), incidents, h("h2", {}, t("mine.views")), views);
  return { element, draw: (/** @type {Summary[]} */ items) => fill(incidents, ours(items)), close: () => turn.end() };
}

/**
 * The recorders that were handed to me and that I haven't confirmed: shown only where there are some.
 * @param {Element} box
 */
async function askHandouts(box, send = () => get("/me/handouts")) {
  try {
    const rows = await send();
    fill(box, rows.length > 0 && [h("h2", {}, t("mine.handouts")), h("ul", { class: "mine-list" }, rows.map((each) =>
      h("li", { class: "mine-card" }, h("span", { class: "queue-headline" }, t("mine.toConfirm", {
        unit: each.unit_name ?? each.unit_id, at: full(each.starts_at), id: each.recorder_id })),
      h("button", { class: "button primary", onclick: () => askHandouts(box, async () => {
        const left = await post(`/me/handouts/${encodeURIComponent(each.assignment_id)}/confirm`, {});
        say(t("mine.confirmed", { id: each.recorder_id }));
        return left;
      }) }, t("mine.confirm")))))]);
  } catch (problem) {
    fill(box, problemBox(problem, () => askHandouts(box)));
  }
}

/** @param {Summary[]} items */
function ours(items) {
  if (items.length === 0) return h("p", { class: "empty" }, t("mine.empty"));
  return h("ul", { class: "mine-list" }, items.map((each) => h("li", {},
    h("a", { class: "mine-card", href: `#/mine/${encodeURIComponent(each.incident_id)}` },
      h("span", { class: "queue-top" }, h("strong", {}, each.rule_zh), badge("status", each.status),
        badge("confidence", each.confidence)),
      h("span", { class: "queue-headline" }, each.headline),
      h("span", { class: "queue-under" }, [span(each.starts_at, each.ends_at), each.recorder_id].filter(Boolean).join(" · ")),
      isToAnswer(each) && h("span", { class: "call" }, t("mine.answer"))))));
}

/** @param {Summary} each */
function isToAnswer(each) {
  return ["open", "acknowledged"].includes(each.status) && ["check", "transfer"].includes(each.weight ?? "")
    && each.confidence !== "suspected";
}

/** @param {Schemas["Page_View_"]} answer */
function seen(answer) {
  const views = answer.items;
  if (views.length === 0) return h("p", { class: "empty" }, t("mine.noViews"));
  return h("ul", { class: "history" }, views.map((each) => h("li", {}, h("time", {}, full(each.at)), " ",
    h("strong", {}, each.account_name ?? each.account), " ",
    word("auditAction", each.action), " ", each.target_id, each.why && h("p", { class: "reason" }, each.why))));
}
