// 我的记录: an officer's own incidents with the same evidence everybody sees, his side, and who looked at his track.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { get } from "../wire/api.js";
import { full, span } from "../time.js";
import { account } from "../wire/session.js";
import { badge } from "../parts/badge.js";
import { problemBox } from "../parts/problem.js";
import { IncidentView } from "./incident.js";

/** Shows the page; with an id after it, that incident. */
export async function show(root, place) {
  if (place.parts[0]) {
    const pane = h("section", { class: "incident-pane" });
    fill(root, pane);
    await new IncidentView(pane, () => {}).open(place.parts[0]);
    pane.querySelector(".back")?.setAttribute("href", "#/mine");
    return;
  }
  const [incidents, views] = await Promise.allSettled([get("/incidents", { mine: "true", limit: 50 }), get("/me/views")]);
  fill(root, h("section", { class: "mine" },
    h("p", { class: "note" }, t("mine.note", { name: account.name })),
    h("h2", {}, t("mine.incidents")), part(incidents, ours),
    h("h2", {}, t("mine.views")), part(views, seen)));
}

function part(settled, draw) {
  return settled.status === "fulfilled" ? draw(settled.value) : problemBox(settled.reason, () => location.reload());
}

function ours({ items }) {
  if (items.length === 0) return h("p", { class: "empty" }, t("mine.empty"));
  return h("ul", { class: "mine-list" }, items.map((each) => h("li", {},
    h("a", { class: "mine-card", href: `#/mine/${encodeURIComponent(each.incident_id)}` },
      h("span", { class: "queue-top" }, h("strong", {}, each.rule_zh), badge("status", each.status),
        badge("confidence", each.confidence)),
      h("span", { class: "queue-headline" }, each.headline),
      h("span", { class: "queue-under" }, [span(each.starts_at, each.ends_at), each.recorder_id].filter(Boolean).join(" · ")),
      isToAnswer(each) && h("span", { class: "call" }, t("mine.answer"))))));
}

function isToAnswer(each) {
  return ["open", "acknowledged"].includes(each.status) && ["check", "transfer"].includes(each.weight)
    && each.confidence !== "suspected";
}

function seen(answer) {
  const views = answer.items;
  if (views.length === 0) return h("p", { class: "empty" }, t("mine.noViews"));
  return h("ul", { class: "history" }, views.map((each) => h("li", {}, h("time", {}, full(each.at)), " ",
    h("strong", {}, each.account_name ?? each.account), " ",
    word("auditAction", each.action), " ", each.target_id, each.why && h("p", { class: "reason" }, each.why))));
}
