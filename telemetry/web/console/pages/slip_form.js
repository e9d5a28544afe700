// From an upheld incident to its slip: which annex and box, and what telemetry can't know.

import { choices, t } from "../words.js";
import { post } from "../wire/api.js";
import { ask } from "../parts/dialog.js";

const WANTS = { 2: "consequence", 5: "intent", 7: "phone_filming" };

/** Asks for what the slip still needs and makes it; the slip, or null. */
export async function fillSlip({ incident }) {
  const annex = /→ 1|annex 1/.test(incident.clause ?? "") ? "1" : "2";
  const box = /№(\d)/.exec(incident.clause ?? "")?.[1] ?? "";
  const wanted = WANTS[box];
  const fields = [
    { name: "annex", label: t("slip.annex"), kind: "select", required: true, value: annex, options: choices("annex") },
    { name: "box", label: t("slip.box"), kind: "select", value: box, options: choices("box"), hint: t("slip.boxHint") },
    ...(wanted ? [{ name: wanted, label: t(`slip.${wanted}`), kind: "long", required: true,
      hint: t("slip.unknowable") }] : []),
  ];
  return ask({ title: t("slip.make"), text: incident.headline, fields, submit: t("slip.make"),
    send: ({ box: chosen, annex: form, ...rest }) => post(`/incidents/${encodeURIComponent(incident.incident_id)}/slip`,
      { annex: Number(form), box: form === "1" || !chosen ? null : Number(chosen), ...rest }) });
}
