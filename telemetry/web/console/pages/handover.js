// The command centre's hand-over log 交接班: what the next watch must know.

import { fill, h } from "../dom.js";
import { choices, t } from "../words.js";
import { post } from "../wire/api.js";
import { full } from "../time.js";
import { ask } from "../parts/dialog.js";
import { list } from "../parts/list.js";

/**
 * Shows the page.
 * @param {Element} root
 * @param {Place} place
 */
export function show(root, place) {
  const add = async () => {
    const done = await ask({ title: t("handover.add"), draft: "/handovers", fields: [
      { name: "shift", label: t("handover.shift"), kind: "select", required: true,
        options: choices("watch").map(([, name]) => [name, name]) },
      { name: "text", label: t("handover.text"), kind: "long", required: true },
      { name: "open_items", label: t("handover.open"), kind: "long", hint: t("handover.openHint") },
    ], send: ({ open_items: open, ...rest }) => post("/handovers",
      { ...rest, open_items: (open ?? "").split("\n").map((/** @type {string} */ line) => line.trim()).filter(Boolean) }) });
    if (done) listing.reload();
  };
  const body = h("div", {});
  fill(root, body);
  const listing = list(body, {
    path: "/handovers", place, empty: t("handover.empty"),
    tools: [h("button", { class: "button primary", onclick: add }, t("handover.add"))],
    columns: [
      { title: t("do.at"), of: (row) => full(row.at) },
      { title: t("handover.shift"), of: (row) => row.shift },
      { title: t("do.who"), of: (row) => row.account_name ?? row.account },
      { title: t("handover.text"), class: "wide pre", of: (row) => row.text },
      { title: t("handover.open"), class: "wide pre", of: (row) => items(row.open_items) },
    ],
  });
}

/** @param {string[]} open */
function items(open) {
  return open.length > 0 ? h("ul", {}, open.map((each) => h("li", {}, each))) : t("do.none");
}
