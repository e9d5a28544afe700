// Accounts: who may sign in, as what, for which unit.

import { fill, h } from "../dom.js";
import { choices, t, word } from "../words.js";
import { get, patch, post } from "../wire/api.js";
import { full } from "../time.js";
import { badge } from "../parts/badge.js";
import { ask, confirm } from "../parts/dialog.js";
import { list } from "../parts/list.js";
import { say } from "../parts/toast.js";
import { unitChoices } from "../parts/units.js";

/** Shows the page. */
export async function show(root, place) {
  const body = h("div", {});
  fill(root, body);
  const units = await get("/units");
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
      { name: "password", label: t("accounts.password"), kind: "password", hint: t("password.hint"),
        autocomplete: "new-password", required: true },
    ], send: (given) => post("/accounts", given) });
    after(done);
  };
  const change = async (row) => after(await ask({ title: t("accounts.change", { name: row.username }), fields: fields(row),
    send: (given) => patch(`/accounts/${encodeURIComponent(row.username)}`, given) }));
  const turn = async (row) => after(await confirm({
    title: t(isOn(row) ? "accounts.disable" : "accounts.enable"), text: `${row.username} ${row.name}`, isDangerous: isOn(row),
    send: () => patch(`/accounts/${encodeURIComponent(row.username)}`, { disabled: isOn(row) }) }));
  const after = (done) => {
    if (!done) return;
    say(t("do.saved"));
    listing.reload();
  };
  const listing = list(body, {
    path: "/accounts", place, empty: t("accounts.empty"), note: t("accounts.note"),
    tools: [h("button", { class: "button primary", onclick: add }, t("accounts.add"))],
    columns: [
      { title: t("login.username"), of: (row) => row.username },
      { title: t("accounts.name"), of: (row) => row.name },
      { title: t("accounts.roles"), of: (row) => row.roles.map((role) => word("role", role)).join("、") },
      { title: t("do.unit"), of: (row) => row.unit_name ?? row.unit_id ?? t("app.bureau") },
      { title: t("accounts.last"), of: (row) => (row.last_login_at ? full(row.last_login_at) : t("time.never")) },
      { title: t("accounts.state"), of: (row) => badge("accountState", isOn(row) ? "active" : "disabled") },
      { title: t("do.actions"), of: (row) => h("div", { class: "row-buttons" },
        h("button", { class: "button", onclick: () => change(row) }, t("do.change")),
        h("button", { class: "button", onclick: () => turn(row) }, t(isOn(row) ? "accounts.disable" : "accounts.enable"))) },
    ],
  });
  await listing.first;
}

function isOn(row) {
  return !(row.disabled || row.disabled_at);
}
