// The register of footage requests 调取审批: who wants to see what, for what, with whose approval, until when.

import { h } from "../dom.js";
import { choices, t } from "../words.js";
import { patch } from "../wire/api.js";
import { full, span } from "../time.js";
import { badge } from "../parts/badge.js";
import { confirm } from "../parts/dialog.js";
import { register } from "../parts/register.js";
import { hasRole } from "../wire/session.js";

const STEPS = { requested: ["approved", "refused"], approved: ["retrieved"], retrieved: ["returned"] };

/** Shows the page. */
export function show(root, place) {
  return register(root, place, {
    path: "/footage-requests", key: "request_id", empty: t("requests.empty"), add: t("requests.add"), note: t("requests.note"),
    filters: [{ name: "status", label: t("requests.status"), kind: "select", options: choices("requestStatus") }],
    fields: (row) => (row ? null : [
      { name: "applicant", label: t("requests.applicant"), required: true, most: 64 },
      { name: "applicant_unit", label: t("requests.applicantUnit"), required: true, most: 64 },
      { name: "purpose", label: t("requests.purpose"), kind: "long", required: true },
      { name: "recorder_id", label: t("do.recorder"), most: 32 },
      { name: "recorded_from", label: t("requests.from"), kind: "time" },
      { name: "recorded_to", label: t("requests.to"), kind: "time" },
    ]),
    more: (row, reload) => (STEPS[row.status] ?? []).filter((step) => step === "returned" || step === "retrieved"
      || hasRole("head")).map((step) => h("button", { class: "button", onclick: async () => {
      const done = await confirm({ title: t(`requests.${step}`), text: row.purpose, isDangerous: step === "refused",
        submit: t(`requests.${step}`), send: () => patch(`/footage-requests/${encodeURIComponent(row.request_id ?? row.id)}`,
          { status: step, version: row.version }) });
      if (done) reload();
    } }, t(`requests.${step}`))),
    columns: [
      { title: t("requests.applicant"), of: (row) => [row.applicant, row.applicant_unit && `（${row.applicant_unit}）`] },
      { title: t("requests.purpose"), class: "wide", of: (row) => row.purpose },
      { title: t("do.recorder"), of: (row) => row.recorder_id },
      { title: t("requests.footage"), of: (row) => row.recorded_from && span(row.recorded_from, row.recorded_to) },
      { title: t("requests.asked"), of: (row) => full(row.requested_at ?? row.created_at) },
      { title: t("requests.approvedBy"), of: (row) => row.approved_by },
      { title: t("requests.status"), of: (row) => badge("requestStatus", row.status) },
    ],
  });
}
