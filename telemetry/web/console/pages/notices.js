// Notices: what was told to whom, by which channel, and how that went.

import { fill, h } from "../dom.js";
import { choices, t, word } from "../words.js";
import { full } from "../time.js";
import { badge } from "../parts/badge.js";
import { list } from "../parts/list.js";

/** Shows the page. */
export async function show(root, place) {
  const body = h("div", {});
  fill(root, body);
  const { first } = list(body, {
    path: "/notices", place, empty: t("notices.empty"), fixed: { limit: 50 },
    filters: [{ name: "state", label: t("notices.state"), kind: "select", options: choices("noticeState") },
      { name: "channel", label: t("notices.channel"), kind: "select", options: choices("channel") },
      { name: "q", label: t("do.search"), kind: "text" }],
    columns: [
      { title: t("do.at"), of: (row) => full(row.created_at ?? row.at) },
      { title: t("notices.to"), of: (row) => row.recipient_name ?? row.officer_name ?? row.recipient ?? row.person },
      { title: t("notices.channel"), of: (row) => word("channel", row.channel) },
      { title: t("notices.state"), of: (row) => badge("noticeState", row.state ?? row.status) },
      { title: t("notices.sent"), of: (row) => row.sent_at && full(row.sent_at) },
      { title: t("notices.text"), class: "wide pre", of: (row) => row.text ?? row.title },
      { title: t("notices.incidents"), of: (row) => (row.incidents ?? row.incident_ids ?? []).map((each) => {
        const id = each.incident_id ?? each;
        return [h("a", { href: `#/incidents/${encodeURIComponent(id)}` }, id), " "];
      }) },
    ],
  });
  await first;
}
