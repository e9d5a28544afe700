// Accounts: who may sign in, as what, for which unit.

import { fill, h } from "../dom.js";
import { choices, t, word } from "../words.js";
import { get, patch, post } from "../wire/api.js";
import { hasRole } from "../wire/session.js";
import { full } from "../time.js";
import { badge } from "../parts/badge.js";
import { ask } from "../parts/dialog.js";
import { list } from "../parts/list.js";
import { say } from "../parts/toast.js";
import { unitChoices } from "../parts/units.js";

/** @typedef {Schemas["AccountItem"]} Account */

/**
 * Shows the page.
 * @param {Element} root
 * @param {Place} place
 */
export async function show(root, place) {
  const body = h("div", {});
  fill(root, body);
  const units = await get("/units");
  const names = new Map(units.map((unit) => [unit.unit_id, unit.name]));
  /**
   * @param {Account | null} row
   * @returns {Spec[]}
   */
  const fields = (row) => [
    { name: "name", label: t("accounts.name"), required: true, value: row?.name },
    { name: "roles", label: t("accounts.roles"), kind: "checks", options: choices("role"), value: row?.roles ?? [] },
    { name: "unit_id", label: t("do.unit"), kind: "select", options: unitChoices(units), value: row?.unit_id,
      empty: t("map.allUnits") },
    { name: "officer_id", label: t("accounts.officer"), value: row?.officer_id, hint: t("accounts.officerHint") },
  ];
  const add = async () => {
    const done = await ask({ title: t("accounts.add"), fields: [
      { name: "username", label: t("login.username"), required: true, most: 64 }, ...fields(null),
      password,
    ], send: (given) => post("/accounts", given) });
    after(done);
  };
  /**
   * @param {Account} row
   * @returns {`/accounts/${string}`}
   */
  const path = (row) => `/accounts/${encodeURIComponent(row.username)}`;
  const why = { name: "reason", label: t("do.reason"), required: true, most: 500 };
  /** @type {Spec} */
  const password = { name: "password", label: t("accounts.password"), kind: "password", hint: t("password.hint"),
    autocomplete: "new-password", required: true };
  /** @param {Account} row */
  const change = async (row) => after(await ask({ title: t("accounts.change", { name: row.username }),
    fields: [...fields(row), why],
    send: (given) => patch(path(row), { ...given, version: row.version }) }));
  /** @param {Account} row */
  const turn = async (row) => after(await ask({
    title: t(row.disabled ? "accounts.enable" : "accounts.disable"), text: `${row.username} ${row.name}`,
    isDangerous: !row.disabled, fields: [why],
    send: (given) => patch(path(row), { ...given, disabled: !row.disabled, version: row.version }) }));
  /** @param {Account} row */
  const reset = async (row) => after(await ask({ title: t("accounts.reset"), text: `${row.username} ${row.name}`,
    fields: [password, why], send: (given) => post(`${path(row)}/password`, given) }));
  /** @param {Account} row */
  const unlock = async (row) => after(await ask({ title: t("accounts.unlock"), text: `${row.username} ${row.name}`,
    fields: [why], send: (given) => post(`${path(row)}/unlock`, given) }));
  /** @param {Account} row */
  const forget = async (row) => after(await ask({ title: t("accounts.factor"), text: `${row.username} ${row.name}`,
    fields: [why], isDangerous: true, send: (given) => post(`${path(row)}/factor`, given) }));
  /** @param {unknown} done */
  const after = (done) => {
    if (!done) return;
    const waits = typeof done === "object" && "grant_id" in done && done.grant_id !== null;
    say(t(waits ? "grants.waits" : "do.saved"));
    listing.reload();
  };
  const listing = list(body, {
    path: "/accounts", place, empty: t("accounts.empty"), note: t("accounts.note"),
    filters: [{ name: "q", label: t("do.search"), kind: "text" }],
    tools: [h("button", { class: "button primary", onclick: add }, t("accounts.add"))],
    columns: [
      { title: t("login.username"), of: (row) => row.username },
      { title: t("accounts.name"), of: (row) => row.name },
      { title: t("accounts.roles"), of: (row) => row.roles.map((role) => word("role", role)).join("、") },
      { title: t("do.unit"), of: (row) => row.unit_id === null ? t("app.bureau") : names.get(row.unit_id) ?? row.unit_id },
      { title: t("accounts.made"), of: (row) => full(row.created_at) },
      { title: t("accounts.state"), of: (row) => badge("accountState", row.disabled ? "disabled" : "active") },
      { title: t("do.actions"), of: (row) => h("div", { class: "row-buttons" },
        h("button", { class: "button", onclick: () => change(row) }, t("do.change")),
        h("button", { class: "button", onclick: () => turn(row) }, t(row.disabled ? "accounts.enable" : "accounts.disable")),
        h("button", { class: "button", onclick: () => reset(row) }, t("accounts.reset")),
        h("button", { class: "button", onclick: () => unlock(row) }, t("accounts.unlock")),
        hasRole("security") && h("button", { class: "button", onclick: () => forget(row) }, t("accounts.factor"))) },
    ],
  });
  await listing.first;
}
