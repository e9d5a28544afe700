// 授权会签: rights that were asked for, each until another role has countersigned it.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { post } from "../wire/api.js";
import { full } from "../time.js";
import { badge } from "../parts/badge.js";
import { ask } from "../parts/dialog.js";
import { list } from "../parts/list.js";
import { say } from "../parts/toast.js";

/** @type {Record<string, Group>} */
const GROUPS = { roles: "role", scopes: "scope" };

/**
 * Shows the page.
 * @param {Element} root
 * @param {Place} place
 */
export async function show(root, place) {
  const body = h("div", {});
  fill(root, body);
  /**
   * @param {Schemas["GrantItem"]} row
   * @param {Schemas["GrantVerdict"]["verdict"]} verdict
   */
  const decide = async (row, verdict) => {
    const done = await ask({ title: word("grantMove", verdict), text: `${word("grantKind", row.kind)} ${row.target}`,
      fields: [{ name: "reason", label: t("do.reason"), kind: "long", required: verdict === "refuse", most: 500 }],
      isDangerous: verdict !== "withdraw", submit: word("grantMove", verdict),
      send: ({ reason }) => post(`/grants/${row.grant_id}`, { verdict, reason: reason ?? "" }) });
    if (!done) return;
    say(t("grants.done"));
    listing.reload();
  };
  const listing = list(body, {
    path: "/grants", place, empty: t("grants.empty"), note: t("grants.note"),
    columns: [
      { title: t("grants.kind"), of: (row) => word("grantKind", row.kind) },
      { title: t("grants.target"), of: (row) => row.target },
      { title: t("grants.change"), class: "wide", of: (row) => change(row.change) },
      { title: t("grants.why"), class: "wide", of: (row) => row.why },
      { title: t("grants.askedBy"), of: (row) => row.asked_by },
      { title: t("grants.askedAt"), of: (row) => full(row.asked_at) },
      { title: t("grants.state"), of: (row) => badge("grantState", row.state) },
      { title: t("grants.decidedBy"), of: (row) => row.decided_by },
      { title: t("do.actions"), of: (row) => h("div", { class: "row-buttons" },
        row.offers.map((verdict) => h("button", { class: "button", onclick: () => decide(row, verdict) },
          word("grantMove", verdict)))) },
    ],
  });
  await listing.first;
}

/**
 * What is asked for, field by field: what it is, and what it is to be.
 * @param {Schemas["GrantItem"]["change"]} asked
 */
function change(asked) {
  return h("dl", { class: "change" }, Object.entries(asked).map(([name, [before, after]]) => [
    h("dt", {}, t(`grants.field.${name}`)),
    h("dd", {}, before === null ? shown(name, after) : `${shown(name, before)} → ${shown(name, after)}`)]));
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function shown(name, value) {
  if (value === null || (Array.isArray(value) && value.length === 0)) return t("do.none");
  if (Array.isArray(value)) return value.map((each) => word(GROUPS[name], each)).join("、");
  return name === "disabled" ? word("accountState", value ? "disabled" : "active") : String(value);
}
