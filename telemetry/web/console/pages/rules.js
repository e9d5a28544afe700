// Rules: what each one judges, under which clause, with which thresholds, and where these were set.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { get } from "../wire/api.js";
import { badge } from "../parts/badge.js";
import { table } from "../parts/list.js";

/** Shows the page. */
export async function show(root) {
  const answer = await get("/rules");
  const rules = answer.items ?? answer.rules ?? answer;
  fill(root, h("p", { class: "note" }, t("rules.note")),
    rules.length === 0 && h("p", { class: "empty" }, t("rules.empty")),
    h("div", { class: "cards" }, rules.map(card)));
}

function card(rule) {
  const id = rule.rule ?? rule.id;
  const parameters = Array.isArray(rule.parameters) ? rule.parameters
    : Object.entries(rule.parameters ?? {}).map(([name, value]) => ({ name, ...(typeof value === "object" ? value : { value }) }));
  return h("section", { class: "panel" },
    h("h2", {}, rule.rule_zh ?? word("rule", id), " ", badge("weight", rule.weight)),
    h("p", { class: "under" }, h("code", {}, id), rule.clause && ` · ${rule.clause}`),
    rule.summary && h("p", {}, rule.summary),
    table([
      { title: t("rules.parameter"), of: (row) => row.label_zh ?? row.name_zh ?? row.meaning ?? row.name },
      { title: t("rules.value"), of: (row) => h("strong", {}, `${shown(row.value)}${row.unit ? ` ${row.unit}` : ""}`) },
      { title: t("rules.default"), of: (row) => shown(row.default) },
      { title: t("rules.set"), of: (row) => word("setWhere", row.set ?? row.set_in ?? row.source ?? row.where) },
    ], parameters, t("rules.none")));
}

function shown(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
