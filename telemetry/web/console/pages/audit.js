// The audit log: who looked at what, when, and why; searched and exported, never changed.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { address } from "../wire/api.js";
import { full } from "../time.js";
import { list } from "../parts/list.js";

/** Shows the page. */
export async function show(root, place) {
  const body = h("div", {});
  fill(root, body);
  const fetchCsv = () => location.assign(address("/audit", { ...listing.query, format: "csv" }));
  const listing = list(body, {
    path: "/audit", place, empty: t("audit.empty"), note: t("audit.note"), fixed: { limit: 100 },
    filters: [
      { name: "account", label: t("audit.account"), kind: "text" },
      { name: "action", label: t("audit.action"), kind: "text" },
      { name: "subject", label: t("audit.subject"), kind: "text" },
      { name: "since", label: t("do.from"), kind: "time" },
      { name: "until", label: t("do.to"), kind: "time" },
    ],
    tools: [h("button", { class: "button", onclick: fetchCsv }, t("do.csv"))],
    columns: [
      { title: t("do.at"), of: (row) => full(row.at) },
      { title: t("audit.account"), of: (row) => [row.account ?? row.username, row.account_name && ` ${row.account_name}`] },
      { title: t("audit.action"), of: (row) => row.action_zh ?? word("auditAction", row.action) },
      { title: t("audit.subject"), of: (row) => row.subject ?? row.target },
      { title: t("audit.why"), class: "wide", of: (row) => row.why ?? row.reason },
      { title: t("audit.from"), of: (row) => row.address ?? row.ip ?? row.remote },
    ],
  });
  await listing.first;
}
