// Recorders: the register, and after an id one recorder with its picture of the last hours.

import { fill, h } from "../dom.js";
import { choices, t, word } from "../words.js";
import { ago } from "../time.js";
import { battery, signal } from "../map/card.js";
import { badge } from "../parts/badge.js";
import { list } from "../parts/list.js";
import { unitFilter } from "../parts/units.js";
import { showRecorder } from "./recorder.js";

/**
 * Shows the page.
 * @param {Element} root
 * @param {Place} place
 */
export async function show(root, place) {
  if (place.parts[0]) return showRecorder(root, place.parts[0], place.query);
  const units = await unitFilter(t("do.unit"));
  const body = h("div", {});
  fill(root, body);
  const { first } = list(body, {
    path: "/recorders", place, empty: t("recorders.empty"), fixed: { limit: 100 },
    filters: [...units, { name: "status", label: t("recorders.status"), kind: "select", options: choices("recorderStatus") },
      { name: "q", label: t("do.search"), kind: "text" }],
    open: (row) => `#/recorders/${encodeURIComponent(row.recorder_id)}`,
    columns: [
      { title: t("do.recorder"), of: (row) => row.recorder_id },
      { title: t("do.unit"), of: (row) => row.unit_name ?? row.unit_id },
      { title: t("recorders.holder"), of: (row) => row.officer_name ?? row.holder_name ?? row.holder_id },
      { title: t("recorders.status"), of: (row) => word("recorderStatus", row.status) },
      { title: t("recorders.state"), of: (row) => badge("state", row.state) },
      { title: t("recorders.last"), of: (row) => (row.last_at ? t("card.ago", { much: ago(row.last_at) }) : t("time.never")) },
      { title: t("card.battery"), of: battery },
      { title: t("card.signal"), of: signal },
      { title: t("recorders.model"), of: (row) => row.model },
    ],
  });
  await first;
  return undefined;
}

