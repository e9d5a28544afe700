// Parts, registers: entries that live step by step, each step offered to whom it belongs, with export.

import { fill, h } from "../dom.js";
import { choices, t } from "../words.js";
import { address, get, patch, post } from "../wire/api.js";
import { full } from "../time.js";
import { ask } from "./dialog.js";
import { list } from "./list.js";
import { say } from "./toast.js";
import { unitChoices, unitFilter } from "./units.js";

/** @typedef {Schemas["RegisterEntry"]} Entry */
/** @typedef {Partial<Schemas["RepairBody"] & Schemas["RequestBody"]>} Content */

/**
 * A register below `root`: `fields` for a new entry (its unit is asked as well), `columns` of an entry's `content`,
 * `states` the catalogue's group of its states.
 * @param {Element} root
 * @param {Place} place
 * @param {{
 *   path: "/repairs" | "/footage-requests", states: Group, fields: Spec[], columns: Column<Content>[],
 *   empty: string, add: string, note?: string,
 * }} page
 */
export async function register(root, place, { path, states, fields, columns, empty, note, add }) {
  const body = h("div", {});
  fill(root, body);
  const units = await get("/units");
  const begin = async () => {
    const done = await ask({ title: add, submit: t("do.save"), draft: path, fields: [
      { name: "unit_id", label: t("do.unit"), kind: "select", required: true, options: unitChoices(units) }, ...fields],
    send: (given) => post(path, given) });
    after(done);
  };
  /**
   * @param {Entry} row
   * @param {Schemas["EntryOffer"]} offer
   */
  const take = async (row, offer) => after(await ask({ title: offer.label_zh, submit: offer.label_zh, draft: `${path}/${row.entry_id}/${offer.step}`, fields: [
    { name: "note", label: t("register.note"), kind: "long", required: offer.needs_note }],
  send: ({ note: text }) => patch(`${path}/${encodeURIComponent(row.entry_id)}`,
    { step: offer.step, note: text ?? "", version: row.version }) }));
  /** @param {unknown} done */
  const after = (done) => {
    if (!done) return;
    say(t("do.saved"));
    listing.reload();
  };
  /** @param {string} format */
  const file = (format) => h("button", { class: "button", onclick: () => {
    location.assign(address(path, { ...listing.query, format }));
  } }, format.toUpperCase());
  const listing = list(body, {
    path, place, empty, note,
    filters: [{ name: "state", label: t("register.state"), kind: "select", options: choices(states) },
      ...await unitFilter(t("do.unit")), { name: "q", label: t("do.search"), kind: "text" }],
    tools: [file("csv"), file("xlsx"), h("button", { class: "button primary", onclick: begin }, add)],
    columns: [
      { title: t("do.unit"), of: (row) => row.unit_name },
      ...columns.map((column) => ({ ...column, of: (/** @type {Entry} */ row) => column.of(/** @type {Content} */ (row.content)) })),
      { title: t("register.begun"), of: (row) => `${full(row.begun_at)} ${row.begun_by}` },
      { title: t("register.state"), of: (row) => h("span", { class: "badge" }, row.state_zh) },
      { title: t("register.steps"), class: "wide", of: (row) => row.steps.map((step) => h("div", {},
        `${full(step.at)} ${step.step_zh} ${step.account} ${step.note}`)) },
      { title: t("do.actions"), of: (row) => h("div", { class: "row-buttons" }, row.offers.map((offer) => h("button",
        { class: "button", onclick: () => take(row, offer) }, offer.label_zh))) },
    ],
  });
  await listing.first;
}
