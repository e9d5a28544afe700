// Planned maintenance: what is announced beforehand is told to nobody when it happens.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { get, post, remove } from "../wire/api.js";
import { hasRole } from "../wire/session.js";
import { span } from "../time.js";
import { badge } from "../parts/badge.js";
import { ask, confirm } from "../parts/dialog.js";
import { list } from "../parts/list.js";
import { unitChoices } from "../parts/units.js";

/** @typedef {RowOf<"/maintenance">} Row */

/**
 * Shows the page.
 * @param {Element} root
 * @param {Place} place
 */
export async function show(root, place) {
  const body = h("div", {});
  fill(root, body);
  const add = async () => {
    const units = await get("/units");
    const done = await ask({ title: t("maintenance.add"), draft: "/maintenance", fields: [
      { name: "starts_at", label: t("do.from"), kind: "time", required: true },
      { name: "ends_at", label: t("do.to"), kind: "time", required: true },
      { name: "unit_id", label: t("do.unit"), kind: "select", options: unitChoices(units), empty: t("map.allUnits") },
      { name: "reason", label: t("do.reason"), kind: "long", required: true },
    ], send: (given) => post("/maintenance", given) });
    if (done) listing.reload();
  };
  /** @param {Row} row */
  const drop = async (row) => {
    const done = await confirm({ title: word("planMove", "cancel"), text: row.reason, isDangerous: true,
      submit: word("planMove", "cancel"), send: () => remove(`/maintenance/${encodeURIComponent(row.maintenance_id)}`) });
    if (done) listing.reload();
  };
  /** @param {Row} row */
  const approve = async (row) => {
    const done = await confirm({ title: word("planMove", "confirm"), text: row.reason, submit: word("planMove", "confirm"),
      send: () => post(`/maintenance/${encodeURIComponent(row.maintenance_id)}/confirm`, {}) });
    if (done) listing.reload();
  };
  const listing = list(body, {
    path: "/maintenance", place, empty: t("maintenance.empty"), note: t("maintenance.note"),
    tools: hasRole("engineer", "command_centre", "leader", "head")
      ? [h("button", { class: "button primary", onclick: add }, t("maintenance.add"))] : [],
    columns: [
      { title: t("maintenance.when"), of: (row) => span(row.starts_at, row.ends_at) },
      { title: t("do.unit"), of: (row) => row.recorder_id ?? (row.unit_name || row.unit_id || t("map.allUnits")) },
      { title: t("maintenance.state"), of: (row) => badge("planState", row.state) },
      { title: t("do.reason"), class: "wide", of: (row) => row.reason },
      { title: t("do.who"), of: (row) => row.created_by_name },
      { title: t("do.actions"), of: (row) => [
        row.offers.includes("confirm") && h("button", { class: "button primary", onclick: () => approve(row) }, word("planMove", "confirm")),
        row.offers.includes("cancel") && h("button", { class: "button", onclick: () => drop(row) }, word("planMove", "cancel")),
      ] },
    ],
  });
  await listing.first;
}
