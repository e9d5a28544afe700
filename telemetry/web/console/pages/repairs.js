// The register of repairs 维修台账.

import { t } from "../words.js";
import { register } from "../parts/register.js";

/**
 * Shows the page.
 * @param {Element} root
 * @param {Place} place
 */
export function show(root, place) {
  return register(root, place, {
    path: "/repairs", states: "repairState", empty: t("repairs.empty"), add: t("repairs.add"),
    fields: [
      { name: "recorder_id", label: t("do.recorder"), required: true, most: 32 },
      { name: "fault", label: t("repairs.fault"), kind: "long", required: true, most: 1000 },
      { name: "vendor", label: t("repairs.vendor"), most: 200 },
      { name: "fault_report_id", label: t("repairs.report"), most: 32 },
    ],
    columns: [
      { title: t("do.recorder"), of: (content) => content.recorder_id },
      { title: t("repairs.fault"), class: "wide", of: (content) => content.fault },
      { title: t("repairs.vendor"), of: (content) => content.vendor },
    ],
  });
}
