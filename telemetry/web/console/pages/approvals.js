// 补录审批: facts that were entered after the fact wait here until somebody without a stake approves them.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { post } from "../wire/api.js";
import { full } from "../time.js";
import { ask } from "../parts/dialog.js";
import { list } from "../parts/list.js";
import { say } from "../parts/toast.js";

/**
 * Shows the page.
 * @param {Element} root
 * @param {Place} place
 */
export async function show(root, place) {
  const body = h("div", {});
  fill(root, body);
  /**
   * @param {Schemas["Awaiting"]} row
   * @param {Schemas["Verdict"]["verdict"]} verdict
   */
  const judge = async (row, verdict) => {
    const done = await ask({
      title: t(`approvals.${verdict}`), text: t("approvals.what", { collection: word("collection", row.collection), id: row.id }),
      fields: [{ name: "reason", label: t("do.reason"), kind: "long", required: true }],
      isDangerous: verdict === "reject", draft: `/approvals/${row.collection}/${row.id}/${verdict}`, submit: t(`approvals.${verdict}`),
      send: ({ reason }) => post(`/approvals/${encodeURIComponent(row.collection)}/${encodeURIComponent(row.id)}`,
        { version: row.version, verdict, reason }),
    });
    if (!done) return;
    say(t("approvals.done"));
    listing.reload();
  };
  const listing = list(body, {
    path: "/approvals", place, empty: t("approvals.empty"), note: t("approvals.note"),
    columns: [
      { title: t("approvals.collection"), of: (row) => word("collection", row.collection) },
      { title: t("approvals.id"), of: (row) => row.id },
      { title: t("do.officer"), of: (row) => row.officer_name ?? row.officer_id },
      { title: t("approvals.enteredAt"), of: (row) => full(row.entered_at) },
      { title: t("approvals.enteredBy"), of: (row) => row.entered_by },
      { title: t("approvals.change"), class: "wide", of: (row) => change(row.change) },
      { title: t("do.actions"), of: (row) => h("div", { class: "row-buttons" },
        row.offers.map((verdict) => h("button", { class: "button", onclick: () => judge(row, verdict) },
          t(`approvals.${verdict}`)))) },
    ],
  });
  await listing.first;
}

/**
 * A change, field by field: what was said before, and what is said now.
 * @param {Schemas["Awaiting"]["change"]} told
 */
function change(told) {
  return h("dl", { class: "change" }, Object.entries(told).map(([name, [before, now]]) => [
    h("dt", {}, word("fact", name)), h("dd", {}, before === null ? shown(now) : `${shown(before)} → ${shown(now)}`)]));
}

/** @param {unknown} value */
function shown(value) {
  if (value === null) return t("do.none");
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value)) return full(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
