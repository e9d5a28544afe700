// Duty today: shifts and enforcement activities, who is on, with what, and whether it is being recorded.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { get } from "../wire/api.js";
import { Turn } from "../wire/turn.js";
import { day, duration, span } from "../time.js";
import { badge } from "../parts/badge.js";
import { filter, table } from "../parts/list.js";
import { problemBox } from "../parts/problem.js";
import { unitFilter } from "../parts/units.js";

/**
 * Shows the page.
 * @param {Element} root
 * @param {Place} place
 */
export async function show(root, place) {
  /** @type {Kept} */
  const kept = { date: day(), ...place.query };
  const body = h("div", {});
  const turn = new Turn();
  /** @returns {Promise<void>} */
  const load = () => turn.show((signal) => get("/duty", kept, { signal }), (found) => fill(body, ...parts(found)),
    (problem) => fill(body, problemBox(problem, load)));
  /** @type {Spec[]} */
  const specs = [{ name: "date", label: t("duty.date"), kind: "date" }, ...await unitFilter(t("do.unit"))];
  fill(root, h("div", { class: "bar" }, specs.map((spec) => filter(spec, kept, load))), body);
  await load();
}

/** @param {Schemas["DutyDay"]} day */
function parts({ shifts, activities }) {
  return [
    h("h2", {}, t("duty.shifts", { n: shifts.length })),
    table([
      { title: t("do.officer"), of: (row) => row.officer_name },
      { title: t("do.unit"), of: (row) => row.unit_name ?? row.unit_id },
      { title: t("duty.when"), of: (row) => span(row.starts_at, row.ends_at) },
      { title: t("duty.kind"), of: (row) => word("shift", row.kind) },
      { title: t("do.recorder"), of: (row) => recorder(row.recorder_id) },
      { title: t("duty.state"), of: (row) => badge("dutyState", row.state) },
      { title: t("duty.online"), of: (row) => badge("yesNo", row.online ? "yes" : "no") },
      { title: t("duty.recorded"), of: (row) => recorded(row) },
    ], shifts, t("duty.noShifts")),
    h("h2", {}, t("duty.activities", { n: activities.length })),
    table([
      { title: t("duty.kind"), of: (row) => word("activity", row.kind) },
      { title: t("do.officer"), of: (row) => row.officer_names.join("、") },
      { title: t("do.unit"), of: (row) => row.unit_name ?? row.unit_id },
      { title: t("duty.when"), of: (row) => span(row.starts_at, row.ends_at) },
      { title: t("duty.case"), of: (row) => row.case_no },
      { title: t("do.recorder"), of: (row) => recorder(row.recorder_id) },
      { title: t("duty.recorded"), of: (row) => recorded(row) },
    ], activities, t("duty.noActivities")),
  ];
}

/** @param {Schemas["DutyDay"]["shifts" | "activities"][number]} row */
function recorded(row) {
  const isBare = row.recorded_s < 60 && row.state === "ended";
  return h("span", { class: isBare && "warn" }, duration(row.recorded_s));
}

/** @param {string | null} id */
function recorder(id) {
  return id && h("a", { href: `#/recorders/${encodeURIComponent(id)}` }, id);
}
