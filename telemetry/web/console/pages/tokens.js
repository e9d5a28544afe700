// API tokens: other systems' keys, each for a few scopes; the secret is shown once, and works once it is countersigned.

import { fill, h } from "../dom.js";
import { choices, t, word } from "../words.js";
import { post, remove } from "../wire/api.js";
import { full } from "../time.js";
import { hasRole } from "../wire/session.js";
import { badge } from "../parts/badge.js";
import { ask, confirm } from "../parts/dialog.js";
import { list } from "../parts/list.js";

/**
 * Shows the page.
 * @param {Element} root
 * @param {Place} place
 */
export async function show(root, place) {
  const made = h("div", { "aria-live": "polite" });
  const body = h("div", {});
  fill(root, made, body);
  const add = async () => {
    const token = await ask({ title: t("tokens.add"), fields: [
      { name: "name", label: t("tokens.name"), required: true, most: 64 },
      { name: "purpose", label: t("tokens.purpose"), kind: "long", required: true, most: 300, hint: t("tokens.purposeHint") },
      { name: "scopes", label: t("tokens.scopes"), kind: "checks", options: choices("scope") },
      { name: "days", label: t("tokens.days"), kind: "number", hint: t("tokens.daysHint") },
    ], text: t("tokens.own"), send: (given) => post("/tokens", given) });
    if (!token) return;
    fill(made, h("div", { class: "note" }, h("p", {}, t("tokens.once")),
      h("code", { class: "secret" }, token.token)));
    listing.reload();
  };
  /** @param {Schemas["TokenItem"]} row */
  const drop = async (row) => {
    const done = await confirm({ title: t("tokens.drop"), text: row.name, isDangerous: true, submit: t("tokens.drop"),
      send: () => remove(`/tokens/${encodeURIComponent(row.token_id)}`) });
    if (done) listing.reload();
  };
  const listing = list(body, {
    path: "/tokens", place, empty: t("tokens.empty"),
    tools: hasRole("security") ? [] : [h("button", { class: "button primary", onclick: add }, t("tokens.add"))],
    columns: [
      { title: t("tokens.name"), of: (row) => row.name },
      { title: t("tokens.scopes"), of: (row) => row.scopes.map((scope) => word("scope", scope)).join("、") },
      { title: t("tokens.purpose"), class: "wide", of: (row) => row.purpose },
      { title: t("tokens.by"), of: (row) => row.created_by },
      { title: t("tokens.made"), of: (row) => full(row.created_at) },
      { title: t("grants.state"), of: (row) => badge("grantState", row.countersigned_at ? "granted" : "waiting") },
      { title: t("tokens.used"), of: (row) => (row.last_used_at ? full(row.last_used_at) : t("time.never")) },
      { title: t("tokens.expires"), of: (row) => full(row.expires_at) },
      { title: t("do.actions"), of: (row) => !row.revoked_at
        && h("button", { class: "button", onclick: () => drop(row) }, t("tokens.drop")) },
    ],
  });
  await listing.first;
}
