// The audit log: who looked at what, when, and why; searched and exported, never changed.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { address } from "../wire/api.js";
import { full } from "../time.js";
import { ask } from "../parts/dialog.js";
import { list } from "../parts/list.js";

/**
 * Shows the page.
 * @param {Element} root
 * @param {Place} place
 */
export async function show(root, place) {
  const body = h("div", {});
  fill(root, body);
  const fetchCsv = () => ask({ title: t("do.csv"), text: t("audit.exportText"), submit: t("do.csv"),
    fields: [{ name: "why", label: t("audit.export"), required: true, most: 500 }],
    send: ({ why }) => {
      location.assign(address("/audit", { ...listing.query, why, format: "csv" }));
    } });
  const listing = list(body, {
    path: "/audit", place, empty: t("audit.empty"), note: t("audit.note"), fixed: { limit: 100 },
    filters: [
      { name: "account", label: t("audit.account"), kind: "text" },
      { name: "action", label: t("audit.action"), kind: "text" },
      { name: "target_kind", label: t("audit.subjectKind"), kind: "text" },
      { name: "target_id", label: t("audit.subject"), kind: "text" },
      { name: "from", label: t("do.from"), kind: "time" },
      { name: "to", label: t("do.to"), kind: "time" },
    ],
    tools: [h("button", { class: "button", onclick: fetchCsv }, t("do.csv"))],
    columns: [
      { title: t("do.at"), of: (row) => full(row.at) },
      { title: t("audit.account"), of: (row) => row.account },
      { title: t("audit.action"), of: (row) => word("auditAction", row.action) },
      { title: t("audit.subject"), of: (row) => `${word("auditSubject", row.target_kind)} ${row.target_id}` },
      { title: t("audit.why"), class: "wide", of: (row) => row.why },
      { title: t("audit.from"), of: (row) => row.address },
    ],
  });
  await listing.first;
}
