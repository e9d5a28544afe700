// Rules: what each one judges, under which clause, with which thresholds, and where these were set.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { get } from "../wire/api.js";
import { badge } from "../parts/badge.js";
import { table } from "../parts/list.js";

/**
 * Shows the page.
 * @param {Element} root
 */
export async function show(root) {
  const rules = await get("/rules");
  fill(root, h("p", { class: "note" }, t("rules.note")),
    rules.length === 0 && h("p", { class: "empty" }, t("rules.empty")),
    h("div", { class: "cards" }, rules.map(card)));
}

/** @param {Schemas["RuleInForce"]} rule */
function card(rule) {
  return h("section", { class: "panel" },
    h("h2", {}, rule.name_zh, " ", badge("weight", rule.weight)),
    h("p", { class: "under" }, h("code", {}, rule.rule), [rule.clause, rule.annex].filter(Boolean).map((each) => ` · ${each}`)),
    table([
      { title: t("rules.parameter"), of: (row) => row.name_zh },
      { title: t("rules.value"), of: (row) => h("strong", { class: "value" }, `${shown(row.value)}${row.unit ? ` ${row.unit}` : ""}`) },
      { title: t("rules.default"), of: (row) => shown(row.default) },
      { title: t("rules.set"), of: (row) => word("setIn", row.set_in) },
    ], rule.parameters, t(rule.by_hand ? "rules.byHand" : "rules.none")));
}

/** @param {Schemas["Threshold"]["default"]} value */
function shown(value) {
  return value === null ? "–" : String(value);
}
