// The register of footage requests 调取审批: who wants to see what, for what, with whose approval, until when.

import { t } from "../words.js";
import { span } from "../time.js";
import { register } from "../parts/register.js";

/**
 * Shows the page.
 * @param {Element} root
 * @param {Place} place
 */
export function show(root, place) {
  return register(root, place, {
    path: "/footage-requests", states: "requestState", empty: t("requests.empty"), add: t("requests.add"),
    note: t("requests.note"),
    fields: [
      { name: "applicant", label: t("requests.applicant"), required: true, most: 200 },
      { name: "purpose", label: t("requests.purpose"), kind: "long", required: true, most: 1000 },
      { name: "recorder_id", label: t("do.recorder"), most: 32 },
      { name: "from_at", label: t("requests.from"), kind: "time", required: true },
      { name: "to_at", label: t("requests.to"), kind: "time", required: true },
      { name: "case_no", label: t("duty.case"), most: 100 },
    ],
    columns: [
      { title: t("requests.applicant"), of: (content) => content.applicant },
      { title: t("requests.purpose"), class: "wide", of: (content) => content.purpose },
      { title: t("do.recorder"), of: (content) => content.recorder_id },
      { title: t("requests.footage"), of: (content) => span(content.from_at, content.to_at) },
      { title: t("duty.case"), of: (content) => content.case_no },
    ],
  });
}
