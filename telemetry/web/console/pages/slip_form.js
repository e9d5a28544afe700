// From an upheld incident to its slip: its annex and box, and what telemetry can't know.

import { choices, t, word } from "../words.js";
import { post } from "../wire/api.js";
import { ask } from "../parts/dialog.js";

/**
 * Asks for what the slip still needs and makes it; the slip, or null.
 * @param {Schemas["IncidentSummary"]} incident
 * @param {Schemas["OfferedSlip"]} offered
 */
export async function fillSlip(incident, offered) {
  const wanted = offered.text;
  /** @type {Spec[]} */
  const fields = [
    { name: "annex", label: t("slip.annex"), kind: "select", options: choices("annex"), empty: t("slip.byRule") },
    { name: "box", label: t("slip.box"), kind: "select", options: choices("box"), empty: t("slip.byRule"),
      hint: t("slip.boxHint") },
    { name: "department", label: t("slip.department"), hint: t("slip.departmentHint"), most: 100 },
  ];
  if (wanted) {
    fields.push({ name: wanted, label: word("slipText", wanted), kind: "long", required: true, hint: t("slip.unknowable") });
  }
  return ask({ title: t("slip.make"), text: incident.headline, fields, submit: t("slip.make"),
    draft: `/incidents/${incident.incident_id}/slip`,
    send: ({ box, annex, department, ...texts }) => post(`/incidents/${encodeURIComponent(incident.incident_id)}/slip`,
      { annex: annex && Number(annex), box: box && Number(box), department, ...texts }) });
}
