// Imports and their deadlines: what was recorded, what a docking station has taken in, and which clocks are running.

import { fill, h } from "../dom.js";
import { t } from "../words.js";
import { deadline, left, span } from "../time.js";
import { badge } from "../parts/badge.js";
import { list } from "../parts/list.js";
import { unitFilter } from "../parts/units.js";

/**
 * Shows the page.
 * @param {Element} root
 * @param {Place} place
 */
export async function show(root, place) {
  const units = await unitFilter(t("do.unit"));
  const body = h("div", {});
  fill(root, body);
  const { first } = list(body, {
    path: "/imports", place, empty: t("imports.empty"), note: t("imports.note"),
    rows: (answer) => answer.deadlines,
    filters: units,
    columns: [
      { title: t("do.recorder"), of: (row) => h("a", { href: `#/recorders/${encodeURIComponent(row.recorder_id)}` },
        row.recorder_id) },
      { title: t("do.officer"), of: (row) => row.officer_name ?? row.officer_id },
      { title: t("do.unit"), of: (row) => row.unit_name ?? row.unit_id },
      { title: t("imports.recorded"), of: (row) => span(row.recorded_from, row.recorded_to) },
      { title: t("imports.due"), of: (row) => deadline(row.due_at) },
      { title: t("imports.clock"), of: (row) => (row.state === "imported" ? "–" : left(row.due_at)) },
      { title: t("imports.state"), of: (row) => badge("importState", row.state) },
    ],
  });
  await first;
}
