// The register of repairs 维修台账.

import { choices, t, word } from "../words.js";
import { full } from "../time.js";
import { badge } from "../parts/badge.js";
import { register } from "../parts/register.js";

/** Shows the page. */
export function show(root, place) {
  return register(root, place, {
    path: "/repairs", key: "repair_id", empty: t("repairs.empty"), add: t("repairs.add"),
    filters: [{ name: "status", label: t("repairs.status"), kind: "select", options: choices("repairStatus") }],
    fields: (row) => [
      ...(row ? [] : [{ name: "recorder_id", label: t("do.recorder"), required: true, most: 32 }]),
      { name: "fault", label: t("repairs.fault"), kind: "long", required: !row, value: row?.fault },
      { name: "sent_to", label: t("repairs.sentTo"), value: row?.sent_to },
      ...(row ? [{ name: "result", label: t("repairs.result"), kind: "long", value: row.result },
        { name: "finished_at", label: t("repairs.finished"), kind: "time" }] : []),
    ],
    columns: [
      { title: t("do.recorder"), of: (row) => row.recorder_id },
      { title: t("do.unit"), of: (row) => row.unit_name ?? row.unit_id },
      { title: t("repairs.fault"), class: "wide", of: (row) => row.fault },
      { title: t("repairs.received"), of: (row) => full(row.received_at ?? row.created_at ?? row.reported_at) },
      { title: t("repairs.sentTo"), of: (row) => row.sent_to },
      { title: t("repairs.finished"), of: (row) => row.finished_at && full(row.finished_at) },
      { title: t("repairs.result"), of: (row) => row.result },
      { title: t("repairs.status"), of: (row) => badge("repairStatus", row.status ?? (row.finished_at ? "finished" : "open"))
        ?? word("repairStatus", "open") },
    ],
  });
}
