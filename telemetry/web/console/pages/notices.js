// Notices: what was told to whom, by which channel, and how that went.

import { fill, h } from "../dom.js";
import { choices, t, word } from "../words.js";
import { post } from "../wire/api.js";
import { hasRole } from "../wire/session.js";
import { full } from "../time.js";
import { badge } from "../parts/badge.js";
import { confirm } from "../parts/dialog.js";
import { list } from "../parts/list.js";

/**
 * Shows the page.
 * @param {Element} root
 * @param {Place} place
 */
export async function show(root, place) {
  const body = h("div", {});
  fill(root, body);
  /** @param {Schemas["Notice"]} row */
  const again = async (row) => {
    const done = await confirm({ title: t("notices.again"), text: row.person_name,
      send: () => post(`/notices/${encodeURIComponent(row.notice_id)}/retry`, {}) });
    if (done) listing.reload();
  };
  const listing = list(body, {
    path: "/notices", place, empty: t("notices.empty"), fixed: { limit: 50 },
    filters: [{ name: "state", label: t("notices.state"), kind: "select", options: choices("noticeState") }],
    columns: [
      { title: t("do.at"), of: (row) => full(row.created_at) },
      { title: t("notices.to"), of: (row) => row.person_name },
      { title: t("notices.state"), of: (row) => badge("noticeState", row.state) },
      { title: t("notices.sent"), of: (row) => (row.sent_at
        ? `${full(row.sent_at)} ${word("channel", row.sent_by)}` : row.reason || (row.next_at && t("notices.next", { at: full(row.next_at) }))) },
      { title: t("notices.text"), class: "wide pre", of: (row) => {
        const text = [row.message.title, row.message.text].filter(Boolean).join("\n");
        return row.is_past ? t("incident.then", { what: text }) : text;
      } },
      { title: t("notices.attempts"), of: (row) => row.attempts.map((each) => h("div", {},
        [word("channel", each.channel), word("attempt", each.state), each.code, each.detail].filter(Boolean).join(" "))) },
      { title: t("notices.incidents"), of: (row) => (row.incident_ids ?? []).map((id) => h("div", {},
        h("a", { href: `#/incidents/${encodeURIComponent(id)}` }, id), " ",
        row.cleared_ids?.includes(id) && h("span", { class: "badge status-withdrawn" }, t("incidents.cleared")))) },
      { title: t("do.actions"), of: (row) => row.state === "dead" && hasRole("engineer", "command_centre")
        && h("button", { class: "button", onclick: () => again(row) }, t("notices.again")) },
    ],
  });
  await listing.first;
}
